"""What an option is: one definition beside the field that it fills, for suite files, the command line and the docs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from tlbench.suite.problems import Problem

Check = Callable[[str, Any], list[Problem]]


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Kind:
    """What an option takes.

    Attributes
    ----------
    types
        Types of the value in a suite file.
    wanted
        The same in words, behind "it must be".
    fine
        Whether a value of these types is in range.
    typed
        Type of the value on the command line.
    least
        Least value on the command line; None where there is none.
    read
        Turns what the command line gives into what a suite file holds.
    made
        Turns what a suite file holds into the value of the field.
    placed
        Lets a relative path of a suite file start at the file's folder.
    """

    types: tuple[type, ...]
    wanted: str
    fine: Callable[[Any], bool] = lambda value: value is not None
    typed: Any = str
    least: float | None = None
    read: Callable[[Any], Any] = _as_it_is
    made: Callable[[Any], Any] = _as_it_is
    placed: Callable[[Path, Any], Any] = lambda folder, value: value  # noqa: ARG005

    def takes(self, value: object) -> bool:
        """Whether a value is of a type that the option takes and in its range; true is no number."""
        is_number = isinstance(value, bool) and bool not in self.types
        return isinstance(value, self.types) and not is_number and self.fine(value)


@dataclass(frozen=True)
class Option:
    """One option of a suite or of its settings.

    Attributes
    ----------
    name
        The field, and the key of a suite file.
    kind
        What it takes.
    help
        What it says, without a full stop and without its default.
    default
        The default in words.
    flags
        Names on the command line; none is ``--name``, with ``-`` for ``_``. A name without dashes in front is the
        parameter of the command.
    metavar, envvar
        As Typer has them.
    check
        Finds what is wrong with a value that `kind` takes.
    """

    name: str
    kind: Kind
    help: str
    default: str
    flags: tuple[str, ...] = ()
    metavar: str | None = None
    envvar: str | None = None
    check: Check = lambda key, value: []  # noqa: ARG005

    @property
    def text(self) -> str:
        """What the command line and the docs print."""
        return f"{self.help}. Default: {self.default}."


def option(
    default: Any,
    kind: Kind,
    text: str,
    shown: str | None = None,
    *,
    flags: Sequence[str] = (),
    metavar: str | None = None,
    envvar: str | None = None,
    check: Check | None = None,
) -> Any:
    """Define a field of a frozen dataclass that is an option.

    Parameters
    ----------
    default
        Value where the option is not given; `dataclasses.MISSING` where it must be, a function where each needs one.
    kind, text, flags, metavar, envvar, check
        See `Option`; `text` is its `help`.
    shown
        The default in words; by default as Python prints it.
    """
    shown = str(default) if shown is None else shown
    made = Option("", kind, text, shown, tuple(flags), metavar, envvar, *([] if check is None else [check]))
    metadata = {"option": made}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


def options_of(*definitions: type) -> Iterator[Option]:
    """Go through the options of suite and settings, in the order of their fields."""
    for definition in definitions:
        for part in fields(definition):
            yield replace(part.metadata["option"], name=part.name)
