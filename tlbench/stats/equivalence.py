"""Mean -> is it inside ±margin (TOST), is it above -margin (non-inferiority)?"""

from __future__ import annotations

from dataclasses import dataclass

from tlbench.errors import TlbenchError
from tlbench.stats.crossed import Mean


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests against ±margin.

    Attributes
    ----------
    margin
        Largest difference that does not matter, in units of the metric.
    above, below
        p-value of "the mean is at most -margin" and of "it is at least +margin"; the first alone is the
        non-inferiority test.
    pvalue
        The larger of the two: p-value of "the mean is not inside ±margin".
    """

    margin: float
    above: float
    below: float

    @property
    def pvalue(self) -> float:
        """The larger of the two one-sided p-values."""
        return max(self.above, self.below)


def tost(mean: Mean, margin: float) -> Equivalence:
    """Test that the mean difference is inside ±margin.

    Two one-sided t-tests (Schuirmann 1987, doi:10.1007/BF01068419): equivalence is shown at level alpha exactly when
    the 1 - 2 alpha interval lies inside ±margin. Where no user differs there is nothing to test and both p-values
    are 0.

    Parameters
    ----------
    mean
        The mean difference, from `tlbench.stats.crossed.mean_of`.
    margin
        Largest difference that does not matter, in units of the metric.

    Returns
    -------
    Equivalence
        Both one-sided p-values; the larger one is the test's.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.stats.crossed import mean_of
    >>> from tlbench.stats.equivalence import tost
    >>> mean = mean_of(np.array([[0.001], [-0.002], [0.002], [0.0], [-0.001]]))
    >>> tost(mean, 0.01).pvalue < 0.001
    True
    """
    if not margin >= 0:
        raise TlbenchError(f"the margin is {margin}", hint="give a margin of 0 or more, such as 0.01")
    if mean.variance == 0 and mean.value == 0:
        return Equivalence(margin, 0.0, 0.0)
    return Equivalence(margin, mean.pvalue_above(-margin), mean.pvalue_below(margin))
