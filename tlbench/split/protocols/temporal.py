"""Temporal: one moment cuts all domains; methods learn from what came before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.registry import protocol
from tlbench.split.parts import Assignment, Fractions
from tlbench.split.protocol import Rule
from tlbench.split.timeline import Timeline, Window

if TYPE_CHECKING:
    from tlbench.scenario.scenario import Scenario


@protocol("temporal")
@dataclass(frozen=True)
class Temporal(Rule):
    """One moment cuts all domains; methods learn from what came before it."""

    def assign(self, scenario: Scenario, fractions: Fractions, fold: int, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Cut the target's time line where the fractions of interactions are reached.

        Interactions with equal timestamps stay together (training <= first cut < validation <= second cut < test), so
        the cuts lie at the moments whose shares are nearest to the fractions.
        """
        return Timeline.of(scenario.target, "temporal").assign(Window.before_the_rest(fractions))
