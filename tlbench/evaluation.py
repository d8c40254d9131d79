"""Split x method x metrics -> RunResult: fit, score block by block, rank, measure user by user."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.io.threads import one_blas_thread
from tlbench.kernels import compile_seconds
from tlbench.methods.checkpoints import checkpoints_of
from tlbench.methods.early_stopping import Stopped, choose_epochs, is_open
from tlbench.methods.scorers import FactorScorer, ItemItemScorer, SameScorer
from tlbench.metrics import accuracy, aggregate, popularity, variety  # noqa: F401  (they register the metrics)
from tlbench.metrics.background import Background, background_of
from tlbench.metrics.base import MetricSpec, check_content, list_depth, need, parse_metrics
from tlbench.metrics.blocks import STEP, blocks, resolve_block_size
from tlbench.metrics.collect import Collector
from tlbench.metrics.ranking import Ranker, Ranking, tie_order
from tlbench.progress import SILENT, Progress
from tlbench.registry import PLACEBOS, MethodEntry
from tlbench.rng import stream
from tlbench.split.withheld import fitting
from tlbench.values import Variant

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.arrays import F32, I64
    from tlbench.methods.base import Recommender, Scorer
    from tlbench.split.training import Candidates, Split, Training


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
    fold
        Which fold of the protocol it runs on, from 1.
    """

    scenario: str
    method: str
    parameters: Mapping[str, Any]
    seed: int
    placebo: str | None = None
    fold: int = 1

    @property
    def label(self) -> str:
        """Method, with the placebo's name where there is one: ``pooled-ease`` or ``pooled-ease~shuffled-bridge``."""
        return str(Variant(self.method, self.placebo))


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
        float64 DataFrame, a row per judged user (index: the user's id, name ``user``), a column per metric
        (``ndcg@10``).
    validation
        Mean of each metric over the users of the validation part, of the same method fitted to the training part
        alone; for choosing the best baseline. Only the first seed of a baseline has it.
    cold_users
        Number of judged users of whom the method knew nothing; they were ranked by training popularity.
    timing
        Seconds of wall clock by stage: ``fit``, ``score``, ``rank``, and ``compile`` for what this machine compiled for
        the first time, which is in no stage.
    aggregates
        Metrics of the whole run (``coverage@10``): float64 DataFrame, a column per metric, row 0 the value, row g the
        value without group g of the users, who are the same in every run on the split; None without any.
    epochs
        The primary metric on validation after each epoch, where validation chose their number; else empty.
    """

    cell: Cell
    split_digest: str
    values: pd.DataFrame
    validation: Mapping[str, float]
    cold_users: int
    timing: Mapping[str, float] = field(default_factory=dict)
    aggregates: pd.DataFrame | None = None
    epochs: tuple[float, ...] = ()

    @property
    def seconds(self) -> float:
        """Wall clock of all stages without compiling."""
        return sum(seconds for stage, seconds in self.timing.items() if stage != "compile")


def evaluate(
    split: Split,
    cell: Cell,
    *,
    entry: MethodEntry,
    metrics: Sequence[str],
    block_size: int | None = None,
    progress: Progress = SILENT,
) -> RunResult:
    """Fit a method to what a split lets it know and measure its rankings on what is held out.

    The first seed of a baseline is also fitted to the training part alone and measured on the validation part, where
    the best baseline is chosen. Nothing is chosen among transfer methods, so they are fitted once.

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
        number of threads changes no bit of the result.
    progress
        Told of every block.

    Raises
    ------
    TlbenchError
        For an unknown metric or placebo, parameters that the method does not have, scores that are not numbers.
    """
    specs = parse_metrics(metrics)
    check_content(specs, background_of(split), split.scenario.target.name)
    _check_candidates(specs, split.candidates)
    timing = {"compile": 0.0, "fit": 0.0, "score": 0.0, "rank": 0.0}
    stopped = _with_epochs(split, cell, entry, specs[:1], block_size, timing, progress)
    validation = _validation(split, cell, stopped, specs, block_size, timing) if chooses(split, cell, entry) else {}
    with _timed(timing, "fit"), checkpoints_of("judging"):
        scorer = _fit(stopped.recommender, split, cell, progress)
    test = measure(split, scorer, cell, specs, block_size=block_size, progress=progress, timing=timing)
    return RunResult(
        cell=cell,
        split_digest=split.digest,
        values=test.frame(_ids(split)),
        validation=validation,
        cold_users=test.cold_users,
        timing=timing,
        aggregates=test.aggregates(rates=_predicts_ratings(scorer, split.training)),
        epochs=stopped.marks,
    )


def chooses(split: Split, cell: Cell, entry: MethodEntry) -> bool:
    """Say whether something is chosen by what a cell gives on validation: the best baseline, by the first seed."""
    return entry.family == "baseline" and cell.seed == 0 and split.chooses


def measure(
    split: Split,
    scorer: Scorer,
    cell: Cell,
    specs: tuple[MetricSpec, ...],
    *,
    block_size: int | None = None,
    progress: Progress = SILENT,
    timing: dict[str, float] | None = None,
) -> Collector:
    """Rank what is not in a split's training for each judged user, and measure the rankings on what is held out.

    Parameters
    ----------
    split
        Says who is judged, on what, and what they have seen.
    scorer
        Fitted to the split's training.
    cell
        Names the method in errors, and its seed settles ties.
    specs
        Metrics.
    block_size, progress
        As for `evaluate`.
    timing
        Gets the seconds of ``score`` and ``rank`` added.
    """
    timing = {"compile": 0.0, "score": 0.0, "rank": 0.0} if timing is None else timing
    training, background = split.training, background_of(split)
    ranker = _ranker(training, cell, list_depth(specs, training.n_items), background)
    collector = Collector(split.users, split.test, background, specs)
    dense = need(specs, "held-scores") or split.candidates is not None or _holds_scores(scorer)
    size = resolve_block_size(block_size, training.n_items, dense=dense)
    for block in progress.track(list(blocks(len(split.users), size)), f"rank {cell.label}"):
        users = split.users[block]
        with _timed(timing, "score"):
            scores = _score(scorer, users, training.n_items, cell.method) if dense else None
        with _timed(timing, "rank"):
            collector.add(_ranking(scorer, ranker, users, scores, split.candidates), ranker, scores)
    return collector


def _with_epochs(
    split: Split,
    cell: Cell,
    entry: MethodEntry,
    primary: tuple[MetricSpec, ...],
    block_size: int | None,
    timing: dict[str, float],
    progress: Progress,
) -> Stopped:
    """Build the cell's method; where it leaves its number of epochs open, choose it on the validation part."""
    recommender, chosen_on = _build(cell, entry), split.selection
    if chosen_on is None:
        return Stopped(recommender)

    def mark(scorer: Scorer) -> float:
        return measure(chosen_on, scorer, cell, primary, block_size=block_size).means()[primary[0].name]

    with _timed(timing, "fit"), checkpoints_of("selection"):
        training = _shown(chosen_on, cell) if is_open(recommender) else chosen_on.training
        return choose_epochs(recommender, training, fit_stream(split, cell), mark, progress=progress)


def _validation(
    split: Split,
    cell: Cell,
    stopped: Stopped,
    specs: tuple[MetricSpec, ...],
    block_size: int | None,
    timing: dict[str, float],
) -> dict[str, float]:
    """Return the mean of each metric of one user over the validation users; empty without a validation part.

    A method whose epochs were chosen has been marked already, in the primary metric.
    """
    if split.selection is None or not len(split.selection.users):
        return {}
    if stopped.marks:
        return {specs[0].name: max(stopped.marks)}
    each = tuple(spec for spec in specs if spec.entry.scope == "user")
    with _timed(timing, "fit"), checkpoints_of("validation"):
        scorer = _fit(stopped.recommender, split.selection, cell, SILENT)
    return measure(split.selection, scorer, cell, each, block_size=block_size, timing=timing).means()


@contextmanager
def _timed(timing: dict[str, float], stage: str) -> Iterator[None]:
    """Add the seconds that the body takes to a stage's, those that went into compiling apart."""
    start, before = time.perf_counter(), compile_seconds()
    yield
    compiled = compile_seconds() - before
    timing["compile"] += compiled
    timing[stage] += time.perf_counter() - start - compiled


def _build(cell: Cell, entry: MethodEntry) -> Recommender:
    """Make the method of the cell's parameters."""
    try:
        recommender: Recommender = entry.build(**cell.parameters)
    except TypeError as error:
        raise TlbenchError(
            f"method `{cell.method}` cannot be built from {dict(cell.parameters)}: {error}",
            hint="`tlbench list methods` shows the parameters of every method",
        ) from error
    return recommender


def _fit(recommender: Recommender, split: Split, cell: Cell, progress: Progress) -> Scorer:
    """Fit a method to the training of a split, or to what its placebo makes of it."""
    with fitting():
        return recommender.fit(_shown(split, cell), fit_stream(split, cell), progress=progress)


def _shown(split: Split, cell: Cell) -> Training:
    """Return what the cell's method is shown of a split's training: with a placebo, other sources."""
    if cell.placebo is None:
        return split.training
    shown: Training = PLACEBOS.get(cell.placebo).apply(split.training, placebo_stream(split, cell))
    return shown


def fit_stream(split: Split, cell: Cell) -> np.random.Generator:
    """Make the generator that a method is fitted with, the same for its counterpart and its placebos."""
    return stream(cell.seed, "fit", fold=str(split.group))


def placebo_stream(split: Split, cell: Cell) -> np.random.Generator:
    """Make the generator that a placebo destroys the sources with, the same for all methods."""
    return stream(cell.seed, "placebo", str(cell.placebo), split.group)


# --- ranking -----------------------------------------------------------------------------------------------------


def _holds_scores(scorer: Scorer) -> bool:
    """Whether scores of a block are held in memory at once; models of factors or sparse weights need not."""
    if isinstance(scorer, ItemItemScorer):
        return isinstance(scorer.weights, np.ndarray)
    return not isinstance(scorer, FactorScorer | SameScorer)


def _predicts_ratings(scorer: Scorer, training: Training) -> bool:
    return training.target.rating_scale is not None and bool(getattr(scorer, "predicts_ratings", False))


def _ids(split: Split) -> pd.Index[str]:
    """Ids of the users who are judged on test."""
    import pandas as pd

    ids: pd.Index[str] = pd.Index(split.scenario.target.users.gather(split.users).to_list(), name="user", dtype=object)
    return ids


def _ranker(training: Training, cell: Cell, depth: int, background: Background) -> Ranker:
    """Lists leave out what the training holds."""
    return Ranker(
        n=depth,
        seen=training.target.matrix,
        tie_rank=tie_order(cell.seed, training.n_items),
        fallback=background.popularity.astype(np.float32),
        method=cell.method,
    )


def _check_candidates(specs: Sequence[MetricSpec], candidates: Candidates | None) -> None:
    if candidates is not None and need(specs, "held-scores"):
        name = next(spec.name for spec in specs if "held-scores" in spec.entry.needs)
        raise TlbenchError(
            f"metric `{name}` looks at all items, but held-out items are ranked among candidates",
            hint="leave out the metric or `--candidates`",
        )


def _ranking(scorer: Scorer, ranker: Ranker, users: I64, scores: F32 | None, candidates: Candidates | None) -> Ranking:
    """Rank some users by their scores, or without holding any, as their scorer allows."""
    if scores is not None:
        return ranker.dense(users, scores) if candidates is None else ranker.among(users, scores, candidates.items)
    if isinstance(scorer, SameScorer):
        return ranker.same(users, scorer.scores)
    if isinstance(scorer, FactorScorer):
        return ranker.factors(users, scorer.users, scorer.items, scorer.item_bias)
    if isinstance(scorer, ItemItemScorer) and not isinstance(scorer.weights, np.ndarray):
        return ranker.weighted(users, scorer.rows, scorer.weights)
    raise TypeError(f"{type(scorer).__name__} cannot be ranked without its scores")


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
                hint="a scorer returns one float32 row per user, one column per target item",
            )
        scores[step] = part
    return scores
