"""Measures of a whole run rather than of one user, and the same without each of some groups of users, for intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tlbench.metrics.base import MetricSpec, impossible, within_bounds
from tlbench.registry import metric
from tlbench.rng import stream

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.arrays import F32, F64, I32, I64
    from tlbench.metrics.judged import Judged

N_GROUPS = 200
"""Groups of users that are left out in turn; where a scenario has fewer users each is a group."""


@dataclass(frozen=True, eq=False)
class Gathered:
    """What metrics of a whole run look at.

    Attributes
    ----------
    items
        int32, shape (n, depth): the list of every judged user, padded with -1.
    n_items
        Number of items of the catalogue.
    absolute_error, squared_error
        float64, shape (n,): sums over a user's held-out ratings; 0 where the method does not predict ratings.
    n_rated
        int64, shape (n,): held-out ratings of each user.
    """

    items: I32
    n_items: int
    absolute_error: F64
    squared_error: F64
    n_rated: I64

    def times_listed(self, weights: F64, k: int) -> F64:
        """Count how often each item is among the first k, float64, shape (n_items,)."""
        items = self.items[:, :k]
        listed = items >= 0
        repeated = np.broadcast_to(weights[:, None], items.shape)[listed]
        return np.bincount(items[listed], weights=repeated, minlength=self.n_items).astype(np.float64)


@metric("coverage", reference="Ge et al. 2010, doi:10.1145/1864708.1864761", scope="run")
def coverage(gathered: Gathered, weights: F64, k: int) -> float:
    """Share of the catalogue that is among the first k of at least one user."""
    return float(np.count_nonzero(gathered.times_listed(weights, k)) / gathered.n_items)


@metric("gini", reference="Fleder and Hosanagar 2009, doi:10.1287/mnsc.1080.0974", scope="run", better="lower")
def gini(gathered: Gathered, weights: F64, k: int) -> float:
    """Inequality of how often items are listed: 0 where all are alike often, near 1 where a few take all.

    With the counts x_1 <= ... <= x_n of all n items of the catalogue: sum (2 i - n - 1) x_i / (n sum x_i).
    """
    counts = np.sort(gathered.times_listed(weights, k))
    n, total = len(counts), counts.sum()
    return float(((2 * np.arange(1, n + 1) - n - 1) * counts).sum() / (n * total)) if total else 0.0


@metric("entropy", reference="Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x", scope="run", bounds=(0.0, np.inf))
def entropy(gathered: Gathered, weights: F64, k: int) -> float:
    """Shannon entropy in bits of the item that a random position of a random list shows."""
    counts = gathered.times_listed(weights, k)
    shares = counts[counts > 0] / max(counts.sum(), 1.0)
    return float(max(0.0, -(shares * np.log2(shares)).sum()))


@metric(
    "mae",
    reference="Herlocker et al. 2004, doi:10.1145/963770.963772",
    scope="run",
    better="lower",
    cut=False,
    bounds=(0.0, np.inf),
    needs=("held-scores", "ratings"),
)
def mae(gathered: Gathered, weights: F64) -> float:
    """Mean absolute error of predicted ratings over all held-out ratings.

    Of methods that predict ratings only. Users of whom such a method knows nothing get the mean training rating, for
    every method alike.
    """
    return float((weights * gathered.absolute_error).sum() / max((weights * gathered.n_rated).sum(), 1.0))


@metric(
    "rmse",
    reference="Herlocker et al. 2004, doi:10.1145/963770.963772",
    scope="run",
    better="lower",
    cut=False,
    bounds=(0.0, np.inf),
    needs=("held-scores", "ratings"),
)
def rmse(gathered: Gathered, weights: F64) -> float:
    """Root of the mean squared error of predicted ratings over all held-out ratings."""
    return float(np.sqrt((weights * gathered.squared_error).sum() / max((weights * gathered.n_rated).sum(), 1.0)))


# --- gathering and drawing ---------------------------------------------------------------------------------------


@dataclass(eq=False)
class Gatherer:
    """Collects blocks of judged users; filled while blocks pass by, then asked once."""

    n_items: int
    items: list[I32] = field(default_factory=list)
    absolute_error: list[F64] = field(default_factory=list)
    squared_error: list[F64] = field(default_factory=list)
    n_rated: list[I64] = field(default_factory=list)

    def add(self, judged: Judged) -> None:
        """Take a block in."""
        self.items.append(judged.ranking.items)
        self.n_rated.append(judged.n_relevant)
        none = np.zeros(len(judged.n_relevant))
        error = None if judged.holdout is None else _predictions(judged, judged.holdout.score) - judged.relevant.data
        self.absolute_error.append(none if error is None else judged.sum_holdout(np.abs(error)))
        self.squared_error.append(none if error is None else judged.sum_holdout(error**2))

    def together(self) -> Gathered:
        """Return all blocks as one."""
        return Gathered(
            np.concatenate(self.items),
            self.n_items,
            np.concatenate(self.absolute_error),
            np.concatenate(self.squared_error),
            np.concatenate(self.n_rated),
        )


def _predictions(judged: Judged, scores: F32) -> F64:
    """Return the scores of held-out items, the mean training rating for users of whom the method knew nothing."""
    cold = np.repeat(judged.ranking.cold, judged.n_relevant)
    return np.where(cold, judged.background.mean_rating, scores.astype(np.float64))


def measure_run(specs: Sequence[MetricSpec], gathered: Gathered, groups: Groups | None = None) -> pd.DataFrame:
    """Measure a run: float64 DataFrame, a column per metric; row 0 is the value, row g that without group g of users.

    Row g of two runs whose groups were made alike leaves out the same users; without groups all users are dealt to
    groups of equal size.
    """
    import pandas as pd

    if groups is None:
        n = len(gathered.items)
        groups = Groups.deal(np.arange(n), n)
    everybody = np.ones(len(gathered.items))
    weights = [everybody, *((groups.of != left_out).astype(np.float64) for left_out in range(groups.number))]
    columns = {spec.name: np.array([_one(spec, gathered, weight) for weight in weights]) for spec in specs}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(weights), name="without"), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Groups:
    """The group of each judged user, int64, shape (n,), and how many groups there are."""

    of: I64
    number: int

    @classmethod
    def deal(cls, users: I64, n_rows: int) -> Groups:
        """Deal all users of a scenario to groups at random and look the judged ones up.

        A user is in the same group whoever else is judged, so that the folds of one scenario can be averaged row by
        row. Groups differ in size by chance, and some of few users are empty; the jackknife allows for both.

        Parameters
        ----------
        users
            int64 rows of the judged users, shape (n,).
        n_rows
            Number of users of the scenario.
        """
        number = min(n_rows, N_GROUPS)
        return cls(stream(n_rows, "users").permutation(n_rows)[users] % number, number)


def _one(spec: MetricSpec, gathered: Gathered, weights: F64) -> float:
    arguments = (gathered, weights) if spec.k is None else (gathered, weights, spec.k)
    value = float(spec.entry.compute(*arguments))
    if not within_bounds(spec, np.array([value])).all():
        raise impossible(spec, value, "for the run")
    return value


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % jackknife interval."""

    value: float
    low: float
    high: float


def jackknife_variance(measured: F64) -> float:
    r"""Variance of a column of `measure_run`, or of the difference of two, over other users.

    With the values T_g without group g of G the delete-a-group jackknife is :math:`(G - 1) / G \sum_g (T_g - T.)^2`.
    On average it errs on the safe side (Efron and Stein 1981, doi:10.1214/aos/1176345462). The bootstrap does not: a
    resample repeats lists, so that items which one list alone shows are lost, and where most items are listed seldom
    its intervals of coverage and Gini are about half as wide as they must be.
    """
    without = measured[1:]
    groups = len(without)
    return float((groups - 1) / groups * ((without - without.mean()) ** 2).sum()) if groups > 1 else float("nan")


def interval_of(measured: F64) -> Interval:
    """Make an interval of a column of `measure_run` by Student's t, a degree of freedom less than there are groups."""
    from scipy.special import stdtrit

    value, groups = float(measured[0]), len(measured) - 1
    half = float(stdtrit(max(groups - 1, 1), 0.975)) * float(np.sqrt(jackknife_variance(measured)))
    return Interval(value, value - half, value + half)
