"""Files of any system -> RunResult: judgements and a run, in TREC form or as tables, measured as our own are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.analysis.external_files import Judgements, Ties, read_run
from tlbench.errors import TlbenchError
from tlbench.evaluation import Cell, RunResult
from tlbench.metrics.background import Background
from tlbench.metrics.base import MetricSpec, depths_of, measure, parse_metrics
from tlbench.metrics.judged import Judged
from tlbench.metrics.ranking import Ranking
from tlbench.rng import stream

if TYPE_CHECKING:
    import polars as pl

    from tlbench.analysis.external_twins import Exposure
    from tlbench.arrays import I32

SCENARIO = "external"


@dataclass(frozen=True, eq=False)
class Measured:
    """A run's values, and what was found on the way.

    `missing` judged users are not in the run and count as 0; `unjudged` users of the run have nothing relevant and are
    left out; `tied` rows have the score of another row of the same user.
    """

    result: RunResult
    missing: int
    unjudged: int
    tied: int


def measure_files(qrels: Judgements, run: Path, metrics: Sequence[str], *, ties: Ties = Ties.RANDOM) -> Measured:
    """Measure a run file.

    Parameters
    ----------
    qrels
        What is relevant, from `tlbench.analysis.external_files.read_qrels`.
    run
        File of the run.
    metrics
        Names like ``ndcg@10``.
    ties
        How equal scores are ordered.

    Raises
    ------
    TlbenchError
        For files that cannot be read, and for metrics that look at more than the lists and the judgements.
    """
    table = read_run(run)
    _check_shared(qrels, table, run)
    return measure_table(qrels, table, run, metrics, ties=ties)


def measure_apart(
    exposure: Exposure, run: Path, metrics: Sequence[str], *, ties: Ties = Ties.RANDOM
) -> tuple[Measured | None, Measured | None]:
    """Measure a run on the events that a source tells, and on all others.

    Each is measured as if only its own events had been held out: the others are neither relevant nor in the lists, and
    users without such an event are left out.

    Returns
    -------
    tuple of Measured or None
        On exposed and on unexposed events; None where there are none.
    """
    table = read_run(run)

    def measured(part: Judgements | None, other: Judgements | None) -> Measured | None:
        if part is None:
            return None
        left = table if other is None else table.join(other.table, on=("user", "item"), how="anti")
        return measure_table(part, left, run, metrics, ties=ties)

    return measured(exposure.exposed, exposure.unexposed), measured(exposure.unexposed, exposure.exposed)


def measure_table(
    qrels: Judgements, table: pl.DataFrame, run: Path, metrics: Sequence[str], *, ties: Ties = Ties.RANDOM
) -> Measured:
    """Measure the lists of a run that has been read, as `read_run` returns them; else as `measure_files`."""
    import pandas as pd
    import polars as pl

    specs = parse_metrics(metrics)
    _check_needs(specs)
    listed = table.filter(pl.col("user").is_in(qrels.users.implode()))
    items = pl.concat([qrels.table["item"], listed["item"]]).unique().sort()
    ranking = Ranking(
        np.arange(len(qrels.users)),
        _lists(listed, qrels.users, items, depth=max(depths_of(specs)), ties=ties),
        np.zeros(len(qrels.users), dtype=np.bool_),
    )
    relevant = _relevant(qrels, items)
    values = measure(specs, Judged(ranking, relevant, Background(relevant), depths_of(specs)))
    index = pd.Index(qrels.users.to_list(), name="user", dtype=object)
    frame = pd.DataFrame(values, index=index, columns=[spec.name for spec in specs])
    return Measured(
        RunResult(Cell(SCENARIO, run.stem, {}, 0), qrels.digest, frame, {}, 0),
        missing=len(qrels.users) - listed["user"].n_unique(),
        unjudged=table["user"].n_unique() - listed["user"].n_unique(),
        tied=listed.height - listed.select("user", _score(ties)).n_unique(),
    )


def _check_shared(qrels: Judgements, table: pl.DataFrame, run: Path) -> None:
    """Refuse a run whose users or items are all strangers to the judgements: their ids are written otherwise."""
    import polars as pl

    listed = table.filter(pl.col("user").is_in(qrels.users.implode()))
    for name, rows in (("user", listed), ("item", listed.filter(pl.col("item").is_in(qrels.table["item"].implode())))):
        if rows.is_empty():
            run_id = "nobody" if table.is_empty() else table[name][0]
            raise TlbenchError(
                f"no {name} of `{run}` is judged: it has `{run_id}`, the judgements have `{qrels.table[name][0]}`",
                hint=f"write the ids of {name}s alike in both files",
            )


def _check_needs(specs: Sequence[MetricSpec]) -> None:
    for spec in specs:
        if spec.entry.needs or spec.entry.scope == "run":
            raise TlbenchError(
                f"metric `{spec.name}` looks at more than lists and judgements, which is all that files hold",
                hint="for instance `--metrics ndcg@10,recall@20,mrr@10`",
            )


def _score(ties: Ties) -> pl.Expr:
    """Return the score in the precision in which it is compared."""
    import polars as pl

    return pl.col("score").cast(pl.Float32 if ties is Ties.TREC else pl.Float64)


def _lists(listed: pl.DataFrame, users: pl.Series, items: pl.Series, *, depth: int, ties: Ties) -> I32:
    """Order each user's rows by score and ties: int32, shape (n_users, depth), padded with -1."""
    user, item = _codes(listed["user"], users), _codes(listed["item"], items)
    place = -item if ties is Ties.TREC else stream(0, "ties").permutation(len(items))[item]
    order = np.lexsort((place, -listed.select(_score(ties))["score"].to_numpy(), user))
    counts = np.bincount(user, minlength=len(users))
    position = np.arange(len(user)) - np.repeat(np.cumsum(counts) - counts, counts)
    out = np.full((len(users), depth), -1, dtype=np.int32)
    kept = position < depth
    out[user[order][kept], position[kept]] = item[order][kept]
    return out


def _relevant(qrels: Judgements, items: pl.Series) -> sparse.csr_matrix:
    user, item = _codes(qrels.table["user"], qrels.users), _codes(qrels.table["item"], items)
    order = np.lexsort((item, user))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(user, minlength=len(qrels.users)))])
    gains = qrels.table["relevance"].to_numpy()[order]
    return sparse.csr_matrix((gains, item[order].astype(np.int32), indptr), shape=(len(qrels.users), len(items)))


def _codes(values: pl.Series, known: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the position of each value among sorted known ones."""
    return known.search_sorted(values).to_numpy().astype(np.int64)
