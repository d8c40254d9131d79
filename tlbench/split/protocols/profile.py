"""Profile: every shared user is judged on the same held-out part, with more and more of the history shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.registry import protocol
from tlbench.split.parts import DROPPED, TEST, TRAINING, VALIDATION, Assignment, Fractions, order_within_users
from tlbench.split.protocol import Rule, whole_number
from tlbench.split.protocols.cold_start import target_overlap

if TYPE_CHECKING:
    from tlbench.arrays import I64, Bool
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.scenario import Scenario

LEVELS = "0,1,2,3,5,10,20,all"
GROUPS = 4
_HELD = 0.2
_WANTED = "levels of history, ascending, and the number of groups (at least 3) behind a slash, as 0,1,5,all/4"


@dataclass(frozen=True)
class Level:
    """How many of their target interactions judged users show; None is all of them.

    Examples
    --------
    >>> [str(level) for level in map(Level.parse, "0,20,all".split(","))]
    ['0', '20', 'all']
    """

    shown: int | None

    @classmethod
    def parse(cls, text: str) -> Level:
        """Read a whole number or ``all``; raise `ValueError` for anything else."""
        return cls(None if text == "all" else whole_number(text, least=0, wanted=_WANTED))

    def __str__(self) -> str:
        return "all" if self.shown is None else str(self.shown)

    def reached_by(self, history: I64) -> Bool:
        """Tell which users have that much to show, given how many interactions each has before the held-out ones."""
        enough: Bool = history >= (1 if self.shown is None else self.shown)
        return enough

    def shows(self, age: I64) -> Bool:
        """Tell which interactions are shown, given how many of the user's lie between each and the held-out ones."""
        return np.full(len(age), True) if self.shown is None else age < self.shown


@dataclass(frozen=True, eq=False)
class _Histories:
    """How the target's interactions lie in their users' histories.

    Attributes
    ----------
    held
        Whether an interaction belongs to the last fifth of its user's, at least one; bool, shape (n,).
    age
        How many of the user's interactions lie between it and those; int64, shape (n,), negative where it is held.
    length
        Interactions of each user before those, int64, shape (n_users,).
    """

    held: Bool
    age: I64
    length: I64

    @classmethod
    def of(cls, target: Interactions, share: float, rng: np.random.Generator) -> _Histories:
        """Order each user's interactions in time or, without it, at random."""
        count = np.bincount(target.user, minlength=target.n_users)
        position = order_within_users(target, rng.random(len(target)), first_by=target.timestamp)
        n_held = np.maximum(1, np.round(share * count)).astype(np.int64)
        age = (count - 1 - n_held)[target.user] - position
        return cls(age < 0, age, count - np.minimum(n_held, count))


@protocol("profile", argument=f"LEVELS or LEVELS/GROUPS (default {LEVELS}/{GROUPS})")
@dataclass(frozen=True)
class ProfileRule(Rule):
    """Every shared user is judged on a fifth of the history, once for each level of what is shown of the rest.

    Held out are the user's last interactions (a random fifth without time, at least one), the same at all levels; shown
    are the level's number of interactions before them, the latest first, and those between are hidden from everybody.
    Users of one group test, those of the next one validate, all others train in full. Test part and sources of a group
    are the same at all levels, so that a profile compares a user with the same user who has shown less. At a level
    judged are the users with at least so many interactions to show, of those whom a source knows (of all, where none is
    known). With time, sources tell of each user only what is before the user's first held-out interaction.
    """

    levels: tuple[Level, ...]
    groups: int = GROUPS

    @classmethod
    def parse(cls, argument: str) -> Self:
        """Read the levels, and the number of groups behind a slash."""
        levels, slash, groups = (argument or LEVELS).partition("/")
        found = tuple(Level.parse(text) for text in levels.split(","))
        sizes = [np.inf if level.shown is None else level.shown for level in found]
        if sizes != sorted(set(sizes)):
            raise ValueError(_WANTED)
        return cls(found, whole_number(groups, least=3, wanted=_WANTED) if slash else GROUPS)

    @property
    def folds(self) -> tuple[int, ...]:
        """One fold for each group and level, the levels of a group side by side."""
        return tuple(range(1, self.groups * len(self.levels) + 1))

    def level_of(self, fold: int) -> Level:
        """Return what is shown in a fold."""
        return self.levels[(fold - 1) % len(self.levels)]

    def group_of(self, fold: int) -> int:
        """Return which group tests in a fold, from 1; it also names the random numbers of all its levels."""
        return (fold - 1) // len(self.levels) + 1

    def chooses(self, fold: int) -> bool:
        """Baselines are chosen for each level, on its first group."""
        return self.group_of(fold) == 1

    def assign(self, scenario: Scenario, fractions: Fractions, fold: int, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Hide what the users of a group and of the next one have beyond the level.

        Raises
        ------
        TlbenchError
            Where there are fewer users than groups.
        """
        target, level, group = scenario.target, self.level_of(fold), self.group_of(fold)
        users = rng.permutation(_users(scenario))
        if len(users) < self.groups:
            raise TlbenchError(
                f"`profile` finds {len(users)} users of `{scenario.name}` to judge in {self.groups} groups",
                hint="it needs users who are known in a source and in the target; use another scenario",
            )
        role = np.full(target.n_users, TRAINING, dtype=np.int8)
        role[users[group % self.groups :: self.groups]] = VALIDATION
        role[users[group - 1 :: self.groups]] = TEST
        own = _Histories.of(target, _HELD, rng)
        of_event = role[target.user]
        hidden = ~own.held & ~level.shows(own.age)
        part = np.where(own.held | (hidden & (of_event == VALIDATION)), of_event, TRAINING)
        part[hidden & (of_event == TEST)] = DROPPED
        return Assignment(
            part.astype(np.int8),
            by_user=True,
            judged=level.reached_by(own.length),
            aside=hidden & (of_event == VALIDATION),
        )


def _users(scenario: Scenario) -> I64:
    """Codes of the users who can be judged, int64, ascending."""
    known = target_overlap(scenario)
    return known if len(known) else np.arange(scenario.target.n_users)
