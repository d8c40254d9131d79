"""What goes wrong for a reason that the user can mend: one root error with a hint, and few children."""

from __future__ import annotations


class TlbenchError(Exception):
    """Something that the user can mend; the message names the value, the hint the next step.

    Parameters
    ----------
    message
        What is wrong with which value, one sentence without a full stop.
    hint
        What to do next, or None where nothing useful can be said.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.message, self.hint)


class NotComparable(TlbenchError):
    """Two results cannot be paired: other users, other splits or other metrics."""


class NothingToCompare(TlbenchError):
    """Everything is in order, but there is not a single comparison to judge."""


def foreign_failure(what: str, error: BaseException, *, hint: str) -> TlbenchError:
    """Make the error for code that is not ours and failed, whatever it raised; an interrupt passes on.

    Raises
    ------
    KeyboardInterrupt
        If that is what came.
    """
    if isinstance(error, KeyboardInterrupt):
        raise error
    if isinstance(error, TlbenchError):
        return error
    return TlbenchError(f"{what} failed: {in_words(error)}", hint=hint)


def in_words(error: BaseException) -> str:
    """Say in one line what an error of any kind was."""
    if isinstance(error, TlbenchError):
        return error.message
    if isinstance(error, MemoryError):
        return f"out of memory: {error}" if str(error) else "out of memory"
    if isinstance(error, SystemExit):
        return f"it called sys.exit({'' if error.code is None else repr(error.code)})"
    return f"{type(error).__name__}: {error}"


def _rebuild(kind: type[TlbenchError], message: str, hint: str | None) -> TlbenchError:
    """Unpickle an error, which crosses process borders with its keyword-only hint."""
    return kind(message, hint=hint)
