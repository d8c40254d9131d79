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


def _rebuild(kind: type[TlbenchError], message: str, hint: str | None) -> TlbenchError:
    """Unpickle an error, which crosses process borders with its keyword-only hint."""
    return kind(message, hint=hint)
