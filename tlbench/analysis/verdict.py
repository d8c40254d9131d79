"""What is judged and what can be said of it: questions, verdicts of one comparison, judgements of a transfer method."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tlbench.arrays import F64
from tlbench.errors import NotComparable
from tlbench.stats.comparison import Comparison
from tlbench.stats.paired import Paired


class Outcome(StrEnum):
    """What one comparison says."""

    HELPS = "helps"
    HURTS = "hurts"
    EQUIVALENT = "equivalent"
    INCONCLUSIVE = "inconclusive"
    NOT_COMPARABLE = "not comparable"
    NOTHING = "nothing to transfer"
    NOT_ASKED = "not asked"
    LEAKS = "source leaks the test"


class Finding(StrEnum):
    """What the comparisons with counterpart and placebo say together of a transfer method."""

    HELPS = "helps"
    HURTS = "hurts"
    EQUIVALENT = "equivalent"
    INCONCLUSIVE = "inconclusive"
    NOT_THE_SOURCE = "gain is not the source's"
    UNATTRIBUTED = "gain not attributed"
    LEAKS = "source leaks the test"
    NOT_COMPARABLE = "not comparable"
    NOTHING = "nothing to transfer"


class Advice(StrEnum):
    """What the comparison with the best baseline says: whether to use the method."""

    USE = "use it"
    DO_NOT_USE = "use the baseline"
    EITHER = "either will do"
    CANNOT_TELL = "cannot tell"
    NOT_ASKED = "not asked"


@dataclass(frozen=True)
class Verdict:
    """A comparison, judged.

    Attributes
    ----------
    comparison
        What was judged, with the intervals of its family; None where the two sides are not comparable.
    outcome
        helps, hurts, equivalent, inconclusive, not comparable; *nothing to transfer* where no user's value differs
        from the counterpart's; *not asked* where the question before it has not been passed; *source leaks the test*
        in place of *helps* where a source tells what the test asks.
    margin
        Largest difference that does not matter, as a share of `comparison.base_mean` (0.01 is 1 %).
    alpha
        Level of the judgement.
    reason
        Why, in one sentence without a full stop.
    equivalence
        p-value of TOST inside ±margin, corrected like the comparison's; None where not comparable.
    users_needed
        For `inconclusive`: users with whom it would be settled with a chance of 80 %; None where no number would do.
    """

    comparison: Comparison | None
    outcome: Outcome
    margin: float
    alpha: float
    reason: str
    equivalence: float | None = None
    users_needed: int | None = None


@dataclass(frozen=True)
class Questions:
    """The three comparisons of one transfer method in one scenario, each from `tlbench.stats.comparison.compare`.

    `placebo` is None where no placebo was run. A comparison that could not be made is given as the error that said so.
    `values` are the pairs that the three came from, and `base` the counterpart's values, float64, shape (U, S), of
    whose mean the gain over the placebo is a share; None where it is a share of the placebo's own. `leak` is the share
    of test events that the source tells under another id, None where it tells none.
    """

    scenario: str
    method: str
    counterpart: Comparison | NotComparable
    best_baseline: Comparison | NotComparable
    placebo: Comparison | NotComparable | None = None
    values: tuple[Paired | None, Paired | None, Paired | None] = field(default=(None, None, None), repr=False)
    leak: float | None = None
    base: F64 | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Judgement:
    """What the three questions say of one transfer method in one scenario.

    Attributes
    ----------
    scenario, method
        What was judged.
    counterpart, best_baseline, placebo
        The three verdicts; `placebo` is None where none was run.
    outcome
        Whether transfer helps: what the first and the third say together.
    advice
        Whether to use the method: what the second says.
    sentence
        All of it in plain words, one or two sentences.
    primary
        Whether the method was declared before the run and judged alone.
    """

    scenario: str
    method: str
    counterpart: Verdict
    best_baseline: Verdict
    placebo: Verdict | None
    outcome: Finding
    advice: Advice
    sentence: str
    primary: bool = False
