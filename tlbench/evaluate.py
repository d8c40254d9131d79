"""Split x method x metrics -> RunResult: fit once, score block by block, rank, measure user by user."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.methods.scorers import FactorScorer, ItemItemScorer
from tlbench.metrics import accuracy  # noqa: F401  (registers the metrics)
from tlbench.metrics.base import Background, MetricSpec, list_depth, measure, parse_metrics
from tlbench.metrics.blocks import STEP, blocks, resolve_block_size
from tlbench.metrics.ranking import Lists, Ranker, Ranking, tie_order
from tlbench.progress import SILENT, Progress
from tlbench.registry import PLACEBOS, MethodEntry
from tlbench.rng import stream
from tlbench.threads import one_blas_thread

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from scipy import sparse

    from tlbench.arrays import F32, F64, I64
    from tlbench.methods.base import Scorer
    from tlbench.split.training import Split, Training


@dataclass(frozen=True)
class Cell:
    """The unit of work, of storage and of resuming.

    Attributes
    ----------
    scenario
        Name of the scenario, ``source[+source...]->target``.
    method
        Registered name.
    parameters
        Hyper-parameters of the method, complete (defaults filled in), JSON values.
    seed
        The user's seed; the method's and the placebo's random streams come from it.
    placebo
        Name of the placebo that was applied to the sources, or None for the true sources.
    """

    scenario: str
    method: str
    parameters: Mapping[str, Any]
    seed: int
    placebo: str | None = None

    @property
    def label(self) -> str:
        """Method, with the placebo's name where there is one: ``pooled-ease`` or ``pooled-ease~shuffled-bridge``."""
        return self.method if self.placebo is None else f"{self.method}~{self.placebo}"


@dataclass(frozen=True, eq=False)
class RunResult:
    """What one cell gave.

    Attributes
    ----------
    cell
        What was run.
    split_digest
        Digest of the split: results of unlike digests are not comparable.
    values
        float64 DataFrame, a row a judged user (index: the user's id, name ``user``), a column a metric (``ndcg@10``).
    validation
        Mean of each metric over the users judged on validation, for choosing among methods and for tuning.
    cold_users
        Number of judged users whom the method knew nothing of, so that they were ranked by training popularity.
    timing
        Seconds of wall clock by stage: ``fit``, ``score``, ``rank``.
    """

    cell: Cell
    split_digest: str
    values: pd.DataFrame
    validation: Mapping[str, float]
    cold_users: int
    timing: Mapping[str, float] = field(default_factory=dict)


def evaluate(
    split: Split,
    cell: Cell,
    *,
    entry: MethodEntry,
    metrics: Sequence[str],
    block_size: int | None = None,
    progress: Progress = SILENT,
) -> RunResult:
    """Fit a method on a split's training part and measure its rankings on validation and test.

    Parameters
    ----------
    split
        What is learnt from and judged on.
    cell
        What to run: the method's parameters, the seed, the placebo.
    entry
        The registered method that `cell` names.
    metrics
        Names like ``ndcg@10``.
    block_size
        Users scored at once, which bounds the memory; by default chosen from the available memory. Neither it nor the
        number of threads moves a bit of the result.
    progress
        Told of every block.

    Raises
    ------
    TlbenchError
        For an unknown metric or placebo, parameters that the method does not have, scores that are not numbers.
    """
    specs = parse_metrics(metrics)
    training = split.training
    timing = {"fit": 0.0, "score": 0.0, "rank": 0.0}
    with _timed(timing, "fit"):
        scorer = _fit(training, cell, entry, progress)
    background = Background(training.target.matrix)
    ranker = _ranker(split, cell, specs, background)
    validation = _Results(split.validation_users, training.validation, background, specs)
    test = _Results(split.users, split.test, background, specs)
    judged = np.union1d(split.validation_users, split.users)
    size = resolve_block_size(block_size, training.n_items, dense=_holds_scores(scorer))
    for block in progress.track(list(blocks(len(judged), size)), f"rank {cell.label}"):
        lists = _lists(scorer, ranker, judged[block], timing)
        with _timed(timing, "rank"):
            validation.add(lists.plain)
            test.add(lists.without_later)
    return RunResult(
        cell=cell,
        split_digest=split.digest,
        values=test.frame(split.scenario.target.users),
        validation=validation.means(),
        cold_users=test.cold_users,
        timing=timing,
    )


@contextmanager
def _timed(timing: dict[str, float], stage: str) -> Iterator[None]:
    """Add the seconds that the body takes to a stage's."""
    start = time.perf_counter()
    yield
    timing[stage] += time.perf_counter() - start


def _fit(training: Training, cell: Cell, entry: MethodEntry, progress: Progress) -> Scorer:
    """Fit the cell's method on the training, or on what its placebo makes of it."""
    try:
        recommender = entry.build(**cell.parameters)
    except TypeError as error:
        raise TlbenchError(
            f"method `{cell.method}` cannot be built from {dict(cell.parameters)}: {error}",
            hint="`tlbench list methods` shows the parameters of every method",
        ) from error
    if cell.placebo is not None:
        training = PLACEBOS.get(cell.placebo).apply(training, stream(cell.seed, "placebo", cell.placebo))
    scorer: Scorer = recommender.fit(training, stream(cell.seed, "fit", cell.method), progress=progress)
    return scorer


# --- ranking -----------------------------------------------------------------------------------------------------


def _holds_scores(scorer: Scorer) -> bool:
    """Whether scores of a block are held in memory at once; models of factors or sparse weights need not."""
    if isinstance(scorer, ItemItemScorer):
        return isinstance(scorer.weights, np.ndarray)
    return not isinstance(scorer, FactorScorer)


def _ranker(split: Split, cell: Cell, specs: tuple[MetricSpec, ...], background: Background) -> Ranker:
    """Lists leave out the training part, and for test what is held out for validation as well."""
    return Ranker(
        n=list_depth(specs, split.training.n_items),
        seen=split.training.target.matrix,
        later=split.training.validation,
        tie_rank=tie_order(cell.seed, split.training.n_items),
        fallback=background.popularity.astype(np.float32),
        method=cell.method,
    )


def _lists(scorer: Scorer, ranker: Ranker, users: I64, timing: dict[str, float]) -> Lists:
    """Rank some users in the cheapest way that their scorer allows."""
    if isinstance(scorer, FactorScorer):
        with _timed(timing, "rank"):
            return ranker.factors(users, scorer.users, scorer.items, scorer.item_bias)
    if isinstance(scorer, ItemItemScorer) and not isinstance(scorer.weights, np.ndarray):
        with _timed(timing, "rank"):
            return ranker.sparse(users, scorer.rows, scorer.weights)
    with _timed(timing, "score"):
        scores = _score(scorer, users, len(ranker.tie_rank), ranker.method)
    with _timed(timing, "rank"):
        return ranker.dense(users, scores)


def _score(scorer: Scorer, users: I64, n_items: int, method: str) -> F32:
    """Score a block of users, always asking for the same `STEP` users together; float32, shape (b, n_items)."""
    scores = np.empty((len(users), n_items), dtype=np.float32)
    for step in blocks(len(users), STEP):
        with one_blas_thread():
            part = scorer(users[step])
        if part.shape != scores[step].shape or part.dtype != np.float32:
            raise TlbenchError(
                f"method `{method}` returned scores of shape {part.shape} and type {part.dtype} for"
                f" {len(users[step])} users and {n_items} items",
                hint="a scorer returns one float32 row a user, one column a target item",
            )
        scores[step] = part
    return scores


# --- judging -----------------------------------------------------------------------------------------------------


class _Results:
    """Collects the values of one held-out part: `users` (int64, ascending) are judged on `relevant`."""

    def __init__(
        self, users: I64, relevant: sparse.csr_matrix, background: Background, specs: tuple[MetricSpec, ...]
    ) -> None:
        self.users = users
        self.relevant = relevant
        self.background = background
        self.specs = specs
        self.values: list[F64] = [np.empty((0, len(specs)))]
        self.cold_users = 0

    def add(self, ranking: Ranking) -> None:
        """Measure those of the ranked users (ascending) who are judged on this part."""
        mine = ranking.take(np.flatnonzero(np.isin(ranking.users, self.users, assume_unique=True)))
        self.values.append(measure(self.specs, mine, self.relevant[mine.users], self.background))
        self.cold_users += int(mine.cold.sum())

    def frame(self, ids: pl.Series) -> pd.DataFrame:
        """Return the values with the users' ids as index."""
        import pandas as pd

        index = pd.Index(ids.gather(self.users).to_list(), name="user", dtype=object)
        columns = [spec.name for spec in self.specs]
        return pd.DataFrame(np.concatenate(self.values), index=index, columns=columns)

    def means(self) -> dict[str, float]:
        """Return the mean of every metric; empty where nobody is judged on this part."""
        values = np.concatenate(self.values)
        if not len(values):
            return {}
        return {spec.name: float(mean) for spec, mean in zip(self.specs, values.mean(axis=0), strict=True)}
