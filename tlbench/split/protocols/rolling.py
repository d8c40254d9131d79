"""Rolling: several moments, each of which cuts all domains; methods learn anew from what came before each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.registry import protocol
from tlbench.split.parts import Assignment, Fractions
from tlbench.split.protocol import Rule, whole_number
from tlbench.split.timeline import Timeline, Window

if TYPE_CHECKING:
    from tlbench.scenario.scenario import Scenario

_TINY = 1e-9


@protocol("rolling", argument="WINDOWS (default 3)")
@dataclass(frozen=True)
class Rolling(Rule):
    """Several moments cut all domains one after the other; what follows each up to the next is predicted.

    A window holds the fraction of interactions that is for test, and the last one ends with the data: ``rolling:1`` is
    `temporal`. Before each window lies its validation part, and before that its training part, which grow from window
    to window; what comes after a window is in no part. References: Hyndman and Athanasopoulos 2021, Forecasting,
    section 5.10 (rolling forecasting origin); Campos, Diez and Cantador 2014, doi:10.1007/s11257-012-9136-x.
    """

    windows: int = 3

    @classmethod
    def parse(cls, argument: str) -> Self:
        """Read the number of windows."""
        return cls(whole_number(argument or "3", least=1, wanted="the number of windows, as 3"))

    @property
    def folds(self) -> tuple[int, ...]:
        """One fold for each window, the earliest first."""
        return tuple(range(1, self.windows + 1))

    def assign(self, scenario: Scenario, fractions: Fractions, fold: int, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Place window number `fold` on the target's time line."""
        width = 1.0 - fractions.training - fractions.validation
        later = (self.windows - fold) * width
        most = int(np.ceil(fractions.training / width - _TINY))
        if self.windows > most:
            raise TlbenchError(
                f"`rolling:{self.windows}` leaves nothing to learn from before the first window",
                hint=f"use at most `rolling:{most}`",
            )
        line = Timeline.of(scenario.target, f"rolling:{self.windows}")
        window = Window.before_the_rest(fractions)
        return line.assign(Window(window.training - later, window.validation - later, 1.0 - later))
