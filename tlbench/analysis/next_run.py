"""Judgements of a scenario -> what the run could have seen, and what the next one should do to see more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tlbench.analysis.verdict import Judgement, Outcome
from tlbench.analysis.wording import about
from tlbench.stats.settling import Lever, Sight, levers, sight_of

if TYPE_CHECKING:
    from tlbench.suite import Suite

ONE_PART = {"ratio": "k-fold:5", "temporal": "rolling:8", "leave-last-out": "rolling:8"}
"""Protocols that judge one part of the data, and what judges more of it in the same way."""

WINDOWS = 8
"""Windows of time beyond which nothing was measured (`benchmarks/windows.py`)."""


@dataclass(frozen=True)
class ScenarioSight:
    """What a scenario's run could have seen of its methods, as shares of their counterparts' means.

    Attributes
    ----------
    methods
        Those of which something could have been seen.
    smallest, typical, largest
        Smallest true difference that is found with a chance of 80 %: of the method that is seen best, of the median
        one, and of the one that is seen worst.
    equality
        Median of the smallest margins within which two equal methods are shown equivalent with that chance.
    """

    methods: int
    smallest: float
    typical: float
    largest: float
    equality: float


@dataclass(frozen=True)
class NextStep:
    """One way to settle what is open: what to do, what is then seen (None where it is not known), how to do it."""

    what: str
    sight: Sight | None
    command: str | None


def sight_of_scenario(judgements: Sequence[Judgement]) -> ScenarioSight | None:
    """Sum up what could have been seen; None where nothing was compared."""
    compared = [one.counterpart.comparison for one in judgements if one.counterpart.outcome is not Outcome.NOTHING]
    sights = [sight for one in compared if one is not None and (sight := sight_of(one)) is not None]
    if not sights:
        return None
    effects = [sight.effect for sight in sights]
    equality = median(sight.margin for sight in sights)
    return ScenarioSight(len(sights), min(effects), median(effects), max(effects), equality)


def next_steps(judgement: Judgement, suite: Suite, *, windows: int = 0) -> tuple[NextStep, ...]:
    """Say what would settle an inconclusive comparison with the counterpart, the cheapest first.

    Parameters
    ----------
    judgement
        What is open.
    suite
        How it was run.
    windows
        Moments at which all domains were cut, 0 where none was.
    """
    verdict = judgement.counterpart
    if verdict.outcome is not Outcome.INCONCLUSIVE or verdict.comparison is None:
        return ()
    found = levers(verdict.comparison, margin=verdict.margin, alpha=verdict.alpha)
    return (*_folds(judgement, suite, windows), *(_step(lever, judgement, suite) for lever in found))


def _folds(judgement: Judgement, suite: Suite, windows: int) -> tuple[NextStep, ...]:
    """More folds or windows, which cost runs and no data; how much they gain is known from other pairs only."""
    name = None if suite.protocol is None else suite.protocol.name
    if name in ONE_PART:
        what = "judge more of what there is, as good as 2 to 4 times the users on the pairs tried"
        return (NextStep(what, None, f"{_command(judgement)} --protocol {ONE_PART[name]}"),)
    if 0 < windows < WINDOWS and name in (None, "rolling"):
        what = f"{WINDOWS} windows of time (on the pairs tried, intervals were 30 % narrower with 8 than with 3)"
        return (NextStep(what, None, f"{_command(judgement)} --protocol rolling:{WINDOWS}"),)
    return ()


def _step(lever: Lever, judgement: Judgement, suite: Suite) -> NextStep:
    match lever.name:
        case "seeds":
            return NextStep(f"{lever.amount} seeds", lever.sight, f"{_command(judgement)} --seeds {lever.amount}")
        case "primary":
            fresh = f"--primary {judgement.method} --split-seed {suite.split_seed + 1}"
            what = "declare it the primary method, before a run on another split or other data"
            return NextStep(what, lever.sight, f'tlbench run "{judgement.scenario}" {fresh}')
        case _:
            return NextStep(f"about {about(lever.amount or 0)} users", lever.sight, None)


def _command(judgement: Judgement) -> str:
    return f'tlbench run "{judgement.scenario}" --methods {judgement.method}'
