"""``NAME:ARGUMENT`` -> Protocol: a way to split a target, read once, at the door."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from tlbench.errors import TlbenchError
from tlbench.registry import PROTOCOLS

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from tlbench.data.interactions import Interactions
    from tlbench.scenario.scenario import Scenario
    from tlbench.split.parts import Assignment, Fractions


class Rule(ABC):
    """Assigns the target's interactions to parts, once for each fold; a frozen dataclass of its argument."""

    @classmethod
    def parse(cls, argument: str) -> Self:
        """Read the argument, empty where none was given; raise `ValueError` with what is wanted where it is wrong."""
        if argument:
            raise ValueError("nothing behind its name")
        return cls()

    @property
    def folds(self) -> tuple[int, ...]:
        """Numbers of the folds that are run, each a split of its own."""
        return (1,)

    @property
    def files(self) -> list[Path]:
        """Files that the rule reads; most read none."""
        return []

    @property
    def holds_out_of_sources(self) -> bool:
        """Whether it holds out interactions of sources too, for a reason other than their moment."""
        return False

    def chooses(self, fold: int) -> bool:  # noqa: ARG002
        """Say whether the best baseline is chosen on a fold; most rules choose on all of them."""
        return True

    def group_of(self, fold: int) -> int:
        """Number the random streams of a fold: folds of one number draw the same where what is drawn is the same."""
        return fold

    @abstractmethod
    def assign(self, scenario: Scenario, fractions: Fractions, fold: int, rng: np.random.Generator) -> Assignment:
        """Say in which part each interaction of the target falls; `rng` is the same for all folds."""


@dataclass(frozen=True)
class Protocol:
    """A way to split, as the user wrote it.

    Attributes
    ----------
    name, argument
        What stands before and after the colon.
    rule
        What it means; two protocols that are written alike are equal.
    """

    name: str
    argument: str
    rule: Rule = field(compare=False)

    @classmethod
    def parse(cls, text: str) -> Protocol:
        """Read ``NAME`` or ``NAME:ARGUMENT``.

        Raises
        ------
        TlbenchError
            For an unknown name (with the nearest one) and for a wrong, missing or unwanted argument.

        Examples
        --------
        >>> from tlbench.split.protocol import Protocol
        >>> Protocol.parse("k-fold:5").rule.folds
        (1, 2, 3, 4, 5)
        """
        name, _, argument = text.partition(":")
        return cls(name, argument, _rule(name, argument))

    def __str__(self) -> str:
        return f"{self.name}:{self.argument}" if self.argument else self.name


def _rule(name: str, argument: str) -> Rule:
    entry = PROTOCOLS.get(name)
    try:
        rule: Rule = entry.build.parse(argument)
    except ValueError as error:
        given = f"cannot take `{argument}`" if argument else "needs an argument"
        raise TlbenchError(f"protocol `{name}` {given}", hint=f"it takes {error}, as in `{entry.usage}`") from error
    return rule


def default_protocol(target: Interactions) -> Protocol:
    """Name the protocol of a target for which the user chose none: everybody is judged, and time is kept."""
    return Protocol.parse("k-fold:5" if target.timestamp is None else "rolling:3")


# --- arguments ---------------------------------------------------------------------------------------------------


def whole_number(text: str, *, least: int, wanted: str) -> int:
    """Read a whole number of at least so much; else say what is wanted.

    Parameters
    ----------
    text
        What the user wrote.
    least
        Smallest number allowed.
    wanted
        What the error says is wanted.

    Returns
    -------
    int
        The number.

    Raises
    ------
    ValueError
        If it is not such a number; its text is `wanted`.

    Examples
    --------
    >>> from tlbench.split.protocol import whole_number
    >>> whole_number("12", least=3, wanted="a number of folds")
    12
    """
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise ValueError(wanted)
    return int(text)


@dataclass(frozen=True)
class Folds:
    """How many folds there are, and which of them is run; None runs all."""

    number: int
    only: int | None = None

    @classmethod
    def parse(cls, text: str) -> Folds:
        """Read ``5`` (all of five folds) or ``2/5`` (the second of them)."""
        wanted = "the number of folds (at least 3), as 5, or one of them, as 1/5"
        fold, slash, number = text.rpartition("/")
        folds = whole_number(number, least=3, wanted=wanted)
        only = whole_number(fold, least=1, wanted=wanted) if slash else None
        if only is not None and only > folds:
            raise ValueError(wanted)
        return cls(folds, only)

    @property
    def run(self) -> tuple[int, ...]:
        """Numbers of the folds that are run."""
        return tuple(range(1, self.number + 1)) if self.only is None else (self.only,)
