"""Moments of a target -> parts: a window of its time line is tested on, what lies before it is learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.split.parts import DROPPED, TEST, TRAINING, VALIDATION, Assignment, Fractions

if TYPE_CHECKING:
    from tlbench.arrays import F64, I64
    from tlbench.data.interactions import Interactions

_LEAST_MOMENTS = 3


@dataclass(frozen=True)
class Window:
    """Where training, validation and test end, as shares of the target's interactions in the order of time."""

    training: float
    validation: float
    test: float = 1.0

    @classmethod
    def before_the_rest(cls, fractions: Fractions) -> Window:
        """Test on all that comes after the fractions of training and validation."""
        return cls(fractions.training, fractions.training + fractions.validation)


@dataclass(frozen=True, eq=False)
class Timeline:
    """When a target's interactions were, its different moments ascending, and the share of interactions up to each.

    `time` and `moments` are int64 seconds UTC, shapes (n,) and (n_moments,); `share` is float64, shape (n_moments,).
    """

    time: I64
    moments: I64
    share: F64

    @classmethod
    def of(cls, target: Interactions, protocol: str) -> Timeline:
        """Order the target's moments; `protocol` is named in errors.

        Raises
        ------
        TlbenchError
            If the target has no timestamps, or too few different ones for three parts.
        """
        if target.timestamp is None:
            raise TlbenchError(
                f"`{target.name}` has no timestamps, which protocol `{protocol}` needs", hint="use `--protocol k-fold`"
            )
        moments, counts = np.unique(target.timestamp, return_counts=True)
        if len(moments) < _LEAST_MOMENTS:
            raise TlbenchError(
                f"`{target.name}` has {len(moments)} different moments; three parts need at least {_LEAST_MOMENTS}",
                hint="use `--protocol k-fold`",
            )
        return cls(target.timestamp, moments, np.cumsum(counts) / counts.sum())

    def assign(self, window: Window) -> Assignment:
        """Cut at the moments whose shares are nearest to the window's; every part keeps at least one moment."""
        last = len(self.moments) - 1
        end = last if window.test >= 1.0 else max(self._nearest(window.test), 2)
        first = min(self._nearest(window.training), end - 2)
        second = min(max(self._nearest(window.validation), first + 1), end - 1)
        part = np.full(len(self.time), DROPPED, dtype=np.int8)
        for code, until in ((TEST, end), (VALIDATION, second), (TRAINING, first)):
            part[self.time <= self.moments[until]] = code
        return Assignment(part, cut=(int(self.moments[first]), int(self.moments[second])))

    def _nearest(self, share: float) -> int:
        return int(np.argmin(np.abs(self.share - share)))
