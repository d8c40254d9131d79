"""Fold-level differences -> an interval for other training parts than the ones that were drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.stats.crossed import t_quantile


@dataclass(frozen=True)
class OtherParts:
    """What the folds say of a difference had other training parts of this size been drawn.

    Attributes
    ----------
    difference, low, high
        Mean over the folds and its interval at `level`, in units of the metric.
    standard_error
        Of the mean, with the correction for training parts that overlap.
    n_folds
        Number of folds; the interval has one degree of freedom less.
    level
        Confidence level.
    """

    difference: float
    low: float
    high: float
    standard_error: float
    n_folds: int
    level: float


def other_training_parts(
    differences: Sequence[float], *, n_train: float, n_test: float, level: float = 0.95
) -> OtherParts:
    r"""Estimate the mean difference over training parts, from folds whose training parts overlap.

    The users' interval speaks of other users and of models fitted on *these* training parts. This one speaks of models
    fitted on others of the same size. Folds share most of their training data, so their spread :math:`s^2` is too
    small for the variance of a mean over k of them; Nadeau and Bengio correct it to

    .. math:: \left(\frac{1}{k} + \frac{n_{test}}{n_{train}}\right) s^2

    with k - 1 degrees of freedom.

    Parameters
    ----------
    differences
        Mean difference of each fold, at least two.
    n_train, n_test
        Interactions in the training and in the test part of a fold, on average.

    References
    ----------
    Nadeau and Bengio (2003), "Inference for the generalization error", Machine Learning 52(3),
    doi:10.1023/A:1024068626366.
    """
    folds = np.asarray(differences, dtype=np.float64)
    if len(folds) < 2:
        raise TlbenchError("one fold says nothing of other training parts", hint="run a protocol with several folds")
    if not (n_train > 0 and n_test > 0):
        raise TlbenchError(f"{n_train:g} training and {n_test:g} test interactions", hint="give numbers above 0")
    error = math.sqrt((1 / len(folds) + n_test / n_train) * float(folds.var(ddof=1)))
    half = t_quantile((1 + level) / 2, len(folds) - 1) * error
    mean = float(folds.mean())
    return OtherParts(mean, mean - half, mean + half, error, len(folds), level)
