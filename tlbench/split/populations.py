"""Which questions a run asks: of users known in the target, of users new to it, or of whomever a protocol judges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.split.protocol import Protocol, default_protocol
from tlbench.split.protocols.cold_start import target_overlap
from tlbench.values import COLD, WARM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlbench.scenario.scenario import Scenario
    from tlbench.values import Population, Users

LEAST = 30
"""Fewest shared users of whom a run asks, unasked, how they fare while they are new to the target."""
COLD_PROTOCOL = "cold-start:4"


@dataclass(frozen=True)
class PopulationProtocol:
    """Who is judged, and by which protocol; `population` is None where the protocol alone says who."""

    population: Population | None
    protocol: Protocol


@dataclass(frozen=True)
class PopulationProtocols:
    """What a run asks of a scenario.

    Attributes
    ----------
    asked
        The questions; their folds are numbered one after the other, from 1.
    unasked
        What cannot be asked and why, in one line; None where nothing is left out.
    """

    asked: tuple[PopulationProtocol, ...]
    unasked: str | None = None

    @property
    def folds(self) -> tuple[int, ...]:
        """Numbers of all folds. A single question keeps the numbers that its protocol gives."""
        if len(self.asked) == 1:
            return self.asked[0].protocol.rule.folds
        return tuple(range(1, sum(len(one.protocol.rule.folds) for one in self.asked) + 1))

    @property
    def latest(self) -> int:
        """Number of the last fold of the first question: where moments cut, it knows most."""
        return self.folds[len(self.asked[0].protocol.rule.folds) - 1]

    def of(self, fold: int) -> tuple[PopulationProtocol, int]:
        """Return whose fold a number is, and which one of the protocol's."""
        if len(self.asked) == 1:
            return self.asked[0], fold
        place = fold - 1
        for one in self.asked:
            own = one.protocol.rule.folds
            if place < len(own):
                return one, own[place]
            place -= len(own)
        raise ValueError(f"there is no fold {fold}")


def questions_of(scenario: Scenario, protocol: Protocol | None, users: Users) -> PopulationProtocols:
    """Say what is asked of a scenario: what the user's protocol judges, or users known in the target and new to it."""
    if protocol is not None:
        return PopulationProtocols((PopulationProtocol(None, protocol),))
    warm = PopulationProtocol(WARM, default_protocol(scenario.target))
    cold = PopulationProtocol(COLD, Protocol.parse(COLD_PROTOCOL))
    shared = len(target_overlap(scenario))
    if users == "warm":
        return PopulationProtocols((warm,))
    if shared < LEAST:
        return PopulationProtocols((warm,), _too_few(scenario, shared))
    return PopulationProtocols((cold,) if users == "cold" else (warm, cold))


def _too_few(scenario: Scenario, shared: int) -> str:
    who = "nobody is" if not shared else f"only {shared} users are"
    return f"users new to {scenario.target.name} are not judged: {who} shared with a source"


def in_order(populations: Sequence[Population | None]) -> list[Population | None]:
    """Return each population once, users known in the target first."""
    return sorted(set(populations), key=lambda population: population == COLD)
