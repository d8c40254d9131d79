"""Split x method x metrics -> RunResult: fit once, score block by block, rank, measure user by user."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.metrics import accuracy  # noqa: F401  (registers the metrics)
from tlbench.metrics.base import Background, MetricSpec, list_depth, measure, parse_metrics
from tlbench.metrics.blocks import STEP, blocks, resolve_block_size
from tlbench.metrics.ranking import rank, tie_order
from tlbench.progress import SILENT, Progress
from tlbench.registry import PLACEBOS, MethodEntry
from tlbench.rng import stream

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from scipy import sparse

    from tlbench.arrays import F32, F64, I32, I64
    from tlbench.methods.base import Scorer
    from tlbench.metrics.ranking import Ranking
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
    timing = {"fit": 0.0, "score": 0.0, "rank": 0.0}
    with _timed(timing, "fit"):
        scorer = _fit(split.training, cell, entry, progress)
    bench = _Bench(cell, specs, Background(split.training.target.matrix), tie_order(cell.seed, split.training.n_items))
    validation, test = (_Results(part) for part in _parts(split))
    judged = np.union1d(split.validation_users, split.users)
    size = resolve_block_size(block_size, split.training.n_items)
    for block in progress.track(list(blocks(len(judged), size)), f"rank {cell.label}"):
        users = judged[block]
        with _timed(timing, "score"):
            scores = _score(scorer, users, split.training.n_items, cell.method)
        with _timed(timing, "rank"):
            validation.add(bench, scores, users)
            test.add(bench, scores, users)
    return RunResult(
        cell=cell,
        split_digest=split.digest,
        values=test.frame(specs, split.scenario.target.users),
        validation=validation.means(specs),
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


def _score(scorer: Scorer, users: I64, n_items: int, method: str) -> F32:
    """Score a block of users, always asking for the same `STEP` users together; float32, shape (b, n_items)."""
    scores = np.empty((len(users), n_items), dtype=np.float32)
    for step in blocks(len(users), STEP):
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


@dataclass(frozen=True, eq=False)
class _Part:
    """A held-out part: `users` (int64, ascending) are judged on `relevant`, with `seen` left out of their lists."""

    users: I64
    seen: sparse.csr_matrix
    relevant: sparse.csr_matrix


def _parts(split: Split) -> tuple[_Part, _Part]:
    """Return validation, where training is seen, and test, where training and validation are."""
    from scipy import sparse

    training, validation = split.training.target.binary, split.training.validation
    seen = sparse.csr_matrix(training + _pattern(validation))
    seen.sort_indices()
    return _Part(split.validation_users, training, validation), _Part(split.users, seen, split.test)


def _pattern(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return ones where something is stored: a sum would drop a stored rating of 0."""
    from scipy import sparse

    ones = np.ones(len(matrix.data), dtype=np.float32)
    return sparse.csr_matrix((ones, matrix.indices, matrix.indptr), shape=matrix.shape)


@dataclass(frozen=True, eq=False)
class _Bench:
    """What every block of a cell is measured with."""

    cell: Cell
    specs: tuple[MetricSpec, ...]
    background: Background
    tie_rank: I32

    def rank(self, part: _Part, scores: F32, users: I64, rows: I64) -> Ranking:
        """Rank the part's users whose scores are in those rows."""
        return rank(
            scores,
            users,
            rows=rows,
            seen=part.seen,
            n=list_depth(self.specs, len(self.tie_rank)),
            tie_rank=self.tie_rank,
            fallback=self.background.popularity.astype(np.float32),
            method=self.cell.method,
        )


class _Results:
    """Collects the values of one held-out part, block after block."""

    def __init__(self, part: _Part) -> None:
        self.part = part
        self.values: list[F64] = []
        self.cold_users = 0

    def add(self, bench: _Bench, scores: F32, users: I64) -> None:
        """Measure those of the block's users (ascending) who are judged on this part."""
        start, stop = np.searchsorted(self.part.users, [users[0], users[-1] + 1])
        mine = self.part.users[start:stop]
        ranking = bench.rank(self.part, scores, mine, np.searchsorted(users, mine))
        self.values.append(measure(bench.specs, ranking, self.part.relevant[mine], bench.background))
        self.cold_users += int(ranking.cold.sum())

    def frame(self, specs: tuple[MetricSpec, ...], ids: pl.Series) -> pd.DataFrame:
        """Return the values with the users' ids as index."""
        import pandas as pd

        index = pd.Index(ids.gather(self.part.users).to_list(), name="user", dtype=object)
        return pd.DataFrame(self._together(specs), index=index, columns=[spec.name for spec in specs])

    def means(self, specs: tuple[MetricSpec, ...]) -> dict[str, float]:
        """Return the mean of every metric; empty where nobody is judged on this part."""
        values = self._together(specs)
        if not len(values):
            return {}
        return {spec.name: float(mean) for spec, mean in zip(specs, values.mean(axis=0), strict=True)}

    def _together(self, specs: tuple[MetricSpec, ...]) -> F64:
        return np.concatenate([np.empty((0, len(specs))), *self.values])
