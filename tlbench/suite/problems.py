"""What is wrong with a suite: all of it at once, each with its key and its line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tlbench.errors import TlbenchError


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes
    ----------
    key
        Path of the key, ``("parameters", "ease", "l2")``; a number is the place in a list.
    message, hint
        As those of `TlbenchError`.
    """

    key: tuple[str | int, ...]
    message: str
    hint: str | None = None

    @property
    def name(self) -> str:
        """The key as TOML writes it: ``parameters.ease.l2``, ``scenarios[2]``."""
        text = ""
        for part in self.key:
            text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
        return text


class SuiteError(TlbenchError):
    """A suite that cannot be run, with everything that is wrong with it."""

    problems: tuple[Problem, ...] = ()


LineOf = Callable[[tuple[str | int, ...]], int | None]


def collected(problems: Sequence[Problem], origin: str, line_of: LineOf) -> SuiteError:
    """Make one error of all problems, in the order of their lines."""
    lines = {problem: line_of(problem.key) for problem in problems}
    ordered = sorted(problems, key=lambda problem: lines[problem] or 0)
    if len(ordered) == 1 and lines[ordered[0]] is None:
        error = SuiteError(ordered[0].message, hint=ordered[0].hint)
    else:
        texts = [_text(problem, lines[problem]) for problem in ordered]
        count = "1 error" if len(texts) == 1 else f"{len(texts)} errors"
        error = SuiteError(f"`{origin}` has {count}\n" + "\n".join(texts), hint="fix all of them; nothing has run yet")
    error.problems = tuple(ordered)
    return error


def _text(problem: Problem, line: int | None) -> str:
    place = "command line" if line is None else f"line {line}"
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"  {place}, `{problem.name}`: {problem.message}{hint}"


def attempt(problems: list[Problem], key: tuple[str | int, ...], job: Callable[[], Any]) -> Any:
    """Do a job; where it gives an error that the user can mend, note it and return None."""
    try:
        return job()
    except TlbenchError as error:
        problems.append(Problem(key, error.message, error.hint))
        return None
