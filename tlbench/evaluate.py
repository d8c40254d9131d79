"""Split x method x metrics -> RunResult: fit once, score block by block, rank, measure user by user."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.io.threads import one_blas_thread
from tlbench.methods.early_stopping import choose_epochs
from tlbench.methods.scorers import FactorScorer, ItemItemScorer, SameScorer
from tlbench.metrics import accuracy, aggregate, popularity, variety  # noqa: F401  (they register the metrics)
from tlbench.metrics.background import Background, background_of
from tlbench.metrics.base import MetricSpec, check_content, list_depth, need, parse_metrics
from tlbench.metrics.blocks import STEP, blocks, resolve_block_size
from tlbench.metrics.collect import Collector
from tlbench.metrics.ranking import Lists, Ranker, Ranking, tie_order
from tlbench.progress import SILENT, Progress
from tlbench.registry import PLACEBOS, MethodEntry
from tlbench.rng import stream
from tlbench.values import Variant

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.arrays import F32, I64
    from tlbench.methods.base import Scorer
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
    """

    scenario: str
    method: str
    parameters: Mapping[str, Any]
    seed: int
    placebo: str | None = None

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
        float64 DataFrame, a row a judged user (index: the user's id, name ``user``), a column a metric (``ndcg@10``).
    validation
        Mean of each metric over the users judged on validation, for choosing among methods and for tuning.
    cold_users
        Number of judged users whom the method knew nothing of, so that they were ranked by training popularity.
    timing
        Seconds of wall clock by stage: ``fit``, ``score``, ``rank``.
    aggregates
        Metrics of the whole run (``coverage@10``): float64 DataFrame, a column a metric, row 0 the value, row g the
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
    background = background_of(split)
    check_content(specs, background, split.scenario.target.name)
    _check_candidates(specs, split.candidates)
    timing = {"fit": 0.0, "score": 0.0, "rank": 0.0}
    with _timed(timing, "fit"):
        fitted = _fit(split, cell, entry, specs[:1], block_size, progress)
    scorer = fitted.scorer
    ranker = _ranker(training, cell, list_depth(specs, training.n_items), background)
    validation = Collector(split.validation_users, training.validation, background, specs)
    test = Collector(split.users, split.test, background, specs)
    dense = need(specs, "held-scores") or split.candidates is not None or _holds_scores(scorer)
    judged = np.union1d(split.validation_users, split.users)
    size = resolve_block_size(block_size, training.n_items, dense=dense)
    for block in progress.track(list(blocks(len(judged), size)), f"rank {cell.label}"):
        with _timed(timing, "score"):
            scores = _score(scorer, judged[block], training.n_items, cell.method) if dense else None
        with _timed(timing, "rank"):
            on_validation, on_test = _rankings(scorer, ranker, judged[block], scores, split.candidates)
            validation.add(on_validation, ranker, scores, without_validation=False)
            test.add(on_test, ranker, scores, without_validation=True)
    return RunResult(
        cell=cell,
        split_digest=split.digest,
        values=test.frame(_ids(split)),
        validation=validation.means(),
        cold_users=test.cold_users,
        timing=timing,
        aggregates=test.aggregates(rates=_predicts_ratings(scorer, training)),
        epochs=fitted.epochs,
    )


@contextmanager
def _timed(timing: dict[str, float], stage: str) -> Iterator[None]:
    """Add the seconds that the body takes to a stage's."""
    start = time.perf_counter()
    yield
    timing[stage] += time.perf_counter() - start


@dataclass(frozen=True)
class _FittedMethod:
    """A fitted model, and validation's marks of the epochs where it chose their number."""

    scorer: Scorer
    epochs: tuple[float, ...]


def _fit(
    split: Split,
    cell: Cell,
    entry: MethodEntry,
    primary: tuple[MetricSpec, ...],
    block_size: int | None,
    progress: Progress,
) -> _FittedMethod:
    """Fit the cell's method on the training, or on what its placebo makes of it."""
    training = split.training
    try:
        recommender = entry.build(**cell.parameters)
    except TypeError as error:
        raise TlbenchError(
            f"method `{cell.method}` cannot be built from {dict(cell.parameters)}: {error}",
            hint="`tlbench list methods` shows the parameters of every method",
        ) from error
    if cell.placebo is not None:
        training = PLACEBOS.get(cell.placebo).apply(training, stream(cell.seed, "placebo", cell.placebo, cell.scenario))

    def draws() -> np.random.Generator:
        return stream(cell.seed, "fit", cell.scenario)

    def mark(scorer: Scorer) -> float:
        return _on_validation(split, cell, scorer, primary, block_size)

    stopped = choose_epochs(recommender, training, draws(), mark, progress=progress)
    return _FittedMethod(stopped.recommender.fit(training, draws(), progress=progress), stopped.marks)


def _on_validation(
    split: Split, cell: Cell, scorer: Scorer, primary: tuple[MetricSpec, ...], block_size: int | None
) -> float:
    """Mean of the primary metric over the validation users, ranked among the whole catalogue."""
    training, background = split.training, background_of(split)
    ranker = _ranker(training, cell, list_depth(primary, training.n_items), background)
    collector = Collector(split.validation_users, training.validation, background, primary)
    dense = need(primary, "held-scores") or _holds_scores(scorer)
    for block in blocks(len(split.validation_users), resolve_block_size(block_size, training.n_items, dense=dense)):
        users = split.validation_users[block]
        scores = _score(scorer, users, training.n_items, cell.method) if dense else None
        collector.add(_lists(scorer, ranker, users, scores).plain, ranker, scores, without_validation=False)
    return collector.means()[primary[0].name]


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
    """Lists leave out the training part, and for test what is held out for validation as well."""
    return Ranker(
        n=depth,
        seen=training.target.matrix,
        validation=training.validation,
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


def _rankings(
    scorer: Scorer, ranker: Ranker, users: I64, scores: F32 | None, candidates: Candidates | None
) -> tuple[Ranking, Ranking]:
    """Rank some users for validation and for test, among candidates where the split has them."""
    if candidates is not None and scores is not None:
        return (
            ranker.among(users, scores, candidates.validation).plain,
            ranker.among(users, scores, candidates.test).without_validation,
        )
    lists = _lists(scorer, ranker, users, scores)
    return lists.plain, lists.without_validation


def _lists(scorer: Scorer, ranker: Ranker, users: I64, scores: F32 | None) -> Lists:
    """Rank some users by their scores, or without holding any, as their scorer allows."""
    if scores is not None:
        return ranker.dense(users, scores)
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
                hint="a scorer returns one float32 row a user, one column a target item",
            )
        scores[step] = part
    return scores
