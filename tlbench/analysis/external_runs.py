"""Files of any system -> RunResult: judgements and a run, in TREC form or as tables, measured as our own are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.evaluate import Cell, RunResult
from tlbench.metrics.background import Background
from tlbench.metrics.base import MetricSpec, depths_of, measure, parse_metrics
from tlbench.metrics.judged import Judged
from tlbench.metrics.ranking import Ranking
from tlbench.rng import stream

if TYPE_CHECKING:
    import polars as pl
    from scipy import sparse

    from tlbench.arrays import I32

SCENARIO = "external"
_TABLES = {".csv", ".tsv", ".parquet"}


@dataclass(frozen=True, eq=False)
class Judgements:
    """Who found what relevant.

    Attributes
    ----------
    table
        Columns ``user``, ``item`` (String) and ``relevance`` (Float64, above 0), each pair once, sorted.
    users
        Users with something relevant, in the order of their ids.
    digest
        SHA-256 of the table: runs measured on unlike judgements are not comparable.
    """

    table: pl.DataFrame
    users: pl.Series
    digest: str


@dataclass(frozen=True, eq=False)
class Measured:
    """A run's values, and what was found on the way.

    `missing` judged users are not in the run and count as 0; `unjudged` users of the run have nothing relevant and are
    left out; `tied` rows have the score of another row of the same user and are ordered at random.
    """

    result: RunResult
    missing: int
    unjudged: int
    tied: int


def read_qrels(path: Path) -> Judgements:
    """Read judgements: TREC lines ``user 0 item relevance``, or a table with columns user, item and maybe relevance.

    Relevance of 0 and below is not relevant. CSV, TSV and Parquet are told by the file's ending; all else is TREC.
    """
    import polars as pl

    if path.suffix in _TABLES:
        table = _read_table(path)
        value = next((name for name in ("relevance", "rating") if name in table.columns), None)
        relevance = pl.lit(1.0) if value is None else pl.col(value).cast(pl.Float64, strict=False)
        table = table.select("user", "item", relevance=relevance)
    else:
        table = _read_trec(path, r"^\s*(\S+)\s+\S+\s+(\S+)\s+(\S+)\s*$", "relevance", "user 0 item relevance")
    table = _checked(table, "relevance", path).filter(pl.col("relevance") > 0).sort("user", "item")
    if table.is_empty():
        raise TlbenchError(f"`{path}` judges nothing relevant", hint="relevance must be above 0 somewhere")
    content = "\n".join("\x1f".join(map(str, row)) for row in table.iter_rows())
    return Judgements(table, table["user"].unique().sort(), hashlib.sha256(content.encode()).hexdigest())


def read_run(path: Path) -> pl.DataFrame:
    """Read a run: TREC lines ``user Q0 item rank score tag``, or a table with columns user, item and score or rank.

    Returns
    -------
    polars.DataFrame
        Columns ``user``, ``item`` (String) and ``score`` (Float64, higher is better), each pair once. As in trec_eval
        the score decides, and the rank counts only where a table has no score.
    """
    import polars as pl

    if path.suffix not in _TABLES:
        pattern = r"^\s*(\S+)\s+\S+\s+(\S+)\s+\S+\s+(\S+)(?:\s+\S+)?\s*$"
        return _checked(_read_trec(path, pattern, "score", "user Q0 item rank score tag"), "score", path)
    table = _read_table(path)
    if "score" in table.columns:
        value = pl.col("score").cast(pl.Float64, strict=False)
    elif "rank" in table.columns:
        value = -pl.col("rank").cast(pl.Float64, strict=False)
    else:
        raise TlbenchError(f"`{path}` has no column `score` or `rank`", hint="add one; the best item has rank 1")
    return _checked(table.select("user", "item", score=value), "score", path)


def measure_files(qrels: Judgements, run: Path, metrics: Sequence[str]) -> Measured:
    """Measure a run file.

    Raises
    ------
    TlbenchError
        For files that cannot be read, and for metrics that look at more than the lists and the judgements.
    """
    import pandas as pd
    import polars as pl

    specs = parse_metrics(metrics)
    _check_needs(specs)
    table = read_run(run)
    listed = table.filter(pl.col("user").is_in(qrels.users.implode()))
    _check_shared(qrels, table, listed, run)
    items = pl.concat([qrels.table["item"], listed["item"]]).unique().sort()
    ranking = Ranking(
        np.arange(len(qrels.users)),
        _lists(listed, qrels.users, items, depth=max(depths_of(specs))),
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
        tied=listed.height - listed.select("user", "score").n_unique(),
    )


def _check_shared(qrels: Judgements, table: pl.DataFrame, listed: pl.DataFrame, run: Path) -> None:
    """Refuse a run whose users or items are all strangers to the judgements: their ids are written otherwise."""
    import polars as pl

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


def _lists(listed: pl.DataFrame, users: pl.Series, items: pl.Series, *, depth: int) -> I32:
    """Order each user's rows by score, ties at random: int32, shape (n_users, depth), padded with -1."""
    user, item = _codes(listed["user"], users), _codes(listed["item"], items)
    place = stream(0, "ties").permutation(len(items))[item]
    order = np.lexsort((place, -listed["score"].to_numpy(), user))
    counts = np.bincount(user, minlength=len(users))
    position = np.arange(len(user)) - np.repeat(np.cumsum(counts) - counts, counts)
    out = np.full((len(users), depth), -1, dtype=np.int32)
    kept = position < depth
    out[user[order][kept], position[kept]] = item[order][kept]
    return out


def _relevant(qrels: Judgements, items: pl.Series) -> sparse.csr_matrix:
    from scipy import sparse

    user, item = _codes(qrels.table["user"], qrels.users), _codes(qrels.table["item"], items)
    order = np.lexsort((item, user))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(user, minlength=len(qrels.users)))])
    gains = qrels.table["relevance"].to_numpy()[order]
    return sparse.csr_matrix((gains, item[order].astype(np.int32), indptr), shape=(len(qrels.users), len(items)))


def _codes(values: pl.Series, known: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the position of each value among sorted known ones."""
    return known.search_sorted(values).to_numpy().astype(np.int64)


# --- reading -----------------------------------------------------------------------------------------------------


def _read_table(path: Path) -> pl.DataFrame:
    import polars as pl

    try:
        if path.suffix == ".parquet":
            table = pl.read_parquet(path)
        else:
            table = pl.read_csv(path, separator="\t" if path.suffix == ".tsv" else ",", infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TlbenchError(f"`{path}` cannot be read: {error}", hint="check the file") from error
    for name in ("user", "item"):
        if name not in table.columns:
            raise TlbenchError(
                f"`{path}` has no column `{name}`, only {', '.join(f'`{column}`' for column in table.columns)}",
                hint="its columns must be named `user`, `item` and `score`, `rank` or `relevance`",
            )
    return table.with_columns(pl.col("user", "item").cast(pl.String))


def _read_trec(path: Path, pattern: str, value: str, form: str) -> pl.DataFrame:
    """Take user, item and a value from lines whose parts are separated by blanks."""
    import polars as pl

    try:
        lines = pl.Series("line", path.read_text(encoding="utf-8").splitlines(), dtype=pl.String)
    except (OSError, UnicodeDecodeError) as error:
        raise TlbenchError(f"`{path}` cannot be read: {error}", hint="check the path") from error
    numbered = pl.DataFrame({"number": np.arange(1, len(lines) + 1), "line": lines})
    numbered = numbered.filter(pl.col("line").str.strip_chars() != "")
    parts = numbered.with_columns(pl.col("line").str.extract_groups(pattern).alias("parts"))
    parts = parts.with_columns(parts["parts"].struct.rename_fields(["user", "item", value]).struct.unnest())
    table = parts.with_columns(pl.col(value).cast(pl.Float64, strict=False))
    wrong = table.filter(pl.col(value).is_null())
    if not wrong.is_empty():
        raise TlbenchError(
            f"line {wrong['number'][0]} of `{path}` is not of the form `{form}`: `{wrong['line'][0]}`",
            hint="tables need the ending .csv, .tsv or .parquet",
        )
    return table.select("user", "item", value)


def _checked(table: pl.DataFrame, value: str, path: Path) -> pl.DataFrame:
    """Refuse values that are not numbers and pairs that are there twice."""
    import polars as pl

    wrong = table.filter(~pl.col(value).is_finite().fill_null(value=False))
    if not wrong.is_empty():
        user, item, _ = wrong.row(0)
        raise TlbenchError(
            f"`{path}` gives user `{user}` and item `{item}` a {value} that is not a number", hint="mend the file"
        )
    twice = table.filter(table.select("user", "item").is_duplicated())
    if not twice.is_empty():
        user, item, _ = twice.row(0)
        raise TlbenchError(f"`{path}` lists item `{item}` twice for user `{user}`", hint="list each item once a user")
    return table
