"""Names of protocols, with their arguments, -> the function that assigns the target's interactions to parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tlbench.errors import TlbenchError
from tlbench.registry import unknown
from tlbench.split.cold_start import cold_start
from tlbench.split.given import given
from tlbench.split.k_fold import Fold, k_fold, user_fold
from tlbench.split.k_shot import k_shot
from tlbench.split.leave_last_out import leave_last_out
from tlbench.split.leave_n_out import leave_n_out
from tlbench.split.parts import Assignment, Fractions
from tlbench.split.ratio import ratio
from tlbench.split.temporal import temporal

if TYPE_CHECKING:
    import numpy as np

    from tlbench.scenario.scenario import Scenario

Assign = Callable[["Scenario", Fractions, "np.random.Generator"], Assignment]


@dataclass(frozen=True)
class ProtocolEntry:
    """A way to split a target.

    Attributes
    ----------
    name
        What the user types, before a colon and the argument.
    make
        Function from the argument (None where none was given) to the assignment; it refuses a wrong argument.
    argument
        How the argument looks, with its default; empty for none.
    summary
        One line.
    """

    name: str
    make: Callable[[str | None], Assign]
    argument: str
    summary: str

    @property
    def needs_argument(self) -> bool:
        """Whether the name alone is not enough."""
        return bool(self.argument) and "default" not in self.argument


def find_protocol(text: str) -> Assign:
    """Return what assigns the interactions under ``NAME`` or ``NAME:ARGUMENT``.

    Raises
    ------
    TlbenchError
        For an unknown name (with the nearest one) and for a wrong, missing or unwanted argument.
    """
    name, colon, argument = text.partition(":")
    if name not in PROTOCOLS:
        raise unknown("protocol", name, list(PROTOCOLS), "tlbench list protocols")
    entry = PROTOCOLS[name]
    if (colon and not entry.argument) or (entry.needs_argument and not argument):
        wanted = f"{name}:{entry.argument}" if entry.argument else name
        raise TlbenchError(f"protocol `{text}` is not complete or has too much", hint=f"write `{wanted}`")
    return entry.make(argument or None)


def _entry(name: str, make: Callable[[str | None], Assign], summary: str, argument: str = "") -> ProtocolEntry:
    return ProtocolEntry(name, make, argument, summary)


def _cold_start(argument: str | None) -> Assign:
    share = _number(argument or "0.2", "cold-start", "a share of the overlap users between 0 and 1, as 0.2")
    if not 0 < share <= 1:
        raise _wrong("cold-start", str(argument), "a share of the overlap users between 0 and 1, as 0.2")
    return lambda scenario, fractions, rng: cold_start(scenario, share, rng)  # noqa: ARG005


def _leave_n_out(argument: str | None) -> Assign:
    n = _count(argument or "1", "leave-n-out")
    return lambda scenario, fractions, rng: leave_n_out(scenario.target, n, rng)  # noqa: ARG005


def _k_shot(argument: str | None) -> Assign:
    k = _count(argument or "5", "k-shot")
    return lambda scenario, fractions, rng: k_shot(scenario, k, fractions, rng)


def _k_fold(argument: str | None) -> Assign:
    if folds_of(f"k-fold:{argument}"):
        return _all_folds("k-fold", str(argument))
    fold = _fold(argument or "1/5", "k-fold")
    return lambda scenario, fractions, rng: k_fold(scenario.target, fold, rng)  # noqa: ARG005


def _user_fold(argument: str | None) -> Assign:
    if folds_of(f"user-fold:{argument}"):
        return _all_folds("user-fold", str(argument))
    fold = _fold(argument or "1/5", "user-fold")
    return lambda scenario, fractions, rng: user_fold(scenario.target, fold, fractions, rng)


def _given(argument: str | None) -> Assign:
    folder = Path(argument or "")
    return lambda scenario, fractions, rng: given(scenario.target, folder, fractions, rng)


def folds_of(text: str | None) -> tuple[str, ...]:
    """Return the protocols of all folds under ``k-fold:5`` or ``user-fold:5``; nothing where one split is meant."""
    name, _, argument = (text or "").partition(":")
    if name not in ("k-fold", "user-fold") or not (argument.isascii() and argument.isdigit()) or int(argument) < 3:
        return ()
    return tuple(f"{name}:{number}/{argument}" for number in range(1, int(argument) + 1))


def _all_folds(name: str, folds: str) -> Assign:
    def refuse(scenario: Scenario, fractions: Fractions, rng: np.random.Generator) -> Assignment:  # noqa: ARG001
        raise TlbenchError(
            f"protocol `{name}:{folds}` is {folds} splits, and this looks at one",
            hint=f"`tlbench run` takes all folds; a single one is `{name}:1/{folds}`",
        )

    return refuse


def files_of(text: str | None) -> list[Path]:
    """Return the files that a protocol reads, in the order of their names; most read none."""
    name, _, argument = (text or "").partition(":")
    return sorted(path for path in Path(argument).glob("*") if path.is_file()) if name == "given" and argument else []


def _number(text: str, name: str, wanted: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise _wrong(name, text, wanted) from None


def _count(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise _wrong(name, text, "a whole number from 1")
    return int(text)


def _fold(text: str, name: str) -> Fold:
    number, slash, folds = text.partition("/")
    if not (slash and number.isdigit() and folds.isdigit() and 1 <= int(number) <= int(folds) and int(folds) >= 3):
        raise _wrong(name, text, "the number of folds (at least 3), as 5, or one of them, as 1/5")
    return int(number), int(folds)


def _wrong(name: str, text: str, wanted: str) -> TlbenchError:
    return TlbenchError(f"protocol `{name}` cannot take `{text}`", hint=f"it takes {wanted}")


PROTOCOLS: dict[str, ProtocolEntry] = {
    entry.name: entry
    for entry in (
        _entry(
            "temporal",
            lambda _: lambda scenario, fractions, rng: temporal(scenario.target, fractions, rng),
            "one moment cuts all domains; methods learn from what came before it",
        ),
        _entry(
            "leave-last-out",
            lambda _: lambda scenario, fractions, rng: leave_last_out(scenario.target, fractions, rng),
            "each user's last interaction tests, the one before it validates",
        ),
        _entry(
            "leave-n-out", _leave_n_out, "n random interactions of each user test, n others validate", "N (default 1)"
        ),
        _entry(
            "ratio",
            lambda _: lambda scenario, fractions, rng: ratio(scenario.target, fractions, rng),
            "each user's interactions are dealt to the parts at random",
        ),
        _entry(
            "cold-start",
            _cold_start,
            "a share of the overlap users loses all target interactions and is judged on them",
            "SHARE (default 0.2)",
        ),
        _entry("k-shot", _k_shot, "judged users keep k target interactions", "K (default 5)"),
        _entry(
            "k-fold",
            _k_fold,
            "one fold of the interactions tests, the next validates; FOLDS alone runs and pools all",
            "FOLDS or FOLD/FOLDS (default 1/5)",
        ),
        _entry(
            "user-fold",
            _user_fold,
            "users of one fold test, of the next validate; FOLDS alone runs and pools all",
            "FOLDS or FOLD/FOLDS (default 1/5)",
        ),
        _entry("given", _given, "files say which interaction trains, validates and tests", "FOLDER"),
    )
}
