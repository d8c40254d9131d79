"""One way out for every command: what goes wrong becomes a message, a hint and an exit code, never a traceback."""

from __future__ import annotations

import errno
import functools
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from types import FrameType
from typing import NoReturn, ParamSpec

import typer

from tlbench.errors import NothingToCompare, TlbenchError

Arguments = ParamSpec("Arguments")

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_KEPT = "finished cells are kept, the same command goes on from there"


class ExitCode(IntEnum):
    """What the shell is told."""

    FINE = 0
    GATE = 1
    MEND = 2
    NOTHING = 3
    DEFECT = 70
    INTERRUPTED = 130
    TERMINATED = 143


class Terminated(KeyboardInterrupt):
    """SIGTERM came: whatever tidies up after Ctrl-C tidies up now."""


class _OutputLost(Exception):
    """Standard output cannot be written; the text is the reason."""


def guarded(command: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Turn whatever leaves a command into messages on stderr and an exit code."""

    @functools.wraps(command)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        with guard():
            command(*args, **kwargs)

    return run


@contextmanager
def guard() -> Iterator[None]:
    """Turn whatever leaves the block into messages on stderr and an exit code; SIGTERM ends it as Ctrl-C does."""
    try:
        with _terminating():
            yield
            _flush()
    except TlbenchError as error:
        tell(f"error: {error.message}")
        if error.hint:
            tell(f"hint: {error.hint}")
        _leave(ExitCode.NOTHING if isinstance(error, NothingToCompare) else ExitCode.MEND)
    except Terminated:
        tell(f"terminated; {_KEPT}")
        _leave(ExitCode.TERMINATED)
    except KeyboardInterrupt:
        tell(f"interrupted; {_KEPT}")
        _leave(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output is gone (`| head`): nothing is wrong, and nothing more can be written.
        _silence()
        _leave(ExitCode.FINE)
    except _OutputLost as error:
        _silence()
        tell(f"error: the output is cut off: {error}")
        tell("hint: make room where stdout goes, then run the command again")
        _leave(ExitCode.MEND)
    except MemoryError as error:
        tell(f"error: out of memory{f': {error}' if str(error) else ''}")
        tell("hint: use fewer `--jobs`, a smaller `--block-size`, or a machine with more memory")
        _leave(ExitCode.MEND)
    except OSError as error:
        if error.errno not in _FULL:
            _defect(error)
        where = f" for `{error.filename}`" if error.filename else ""
        tell(f"error: no space is left{where}: {error.strerror}")
        tell(f"hint: make room, or write elsewhere; {_KEPT}")
        _leave(ExitCode.MEND)
    except (typer.Exit, typer.Abort):
        raise
    except BaseException as error:  # `SystemExit` too: no code of ours raises it, so foreign code did
        _defect(error)


def tell(message: str) -> None:
    """Write one line of talk to stderr; where even that fails, nobody listens."""
    with suppress(OSError, ValueError):
        typer.echo(message, err=True)


def _leave(code: ExitCode) -> NoReturn:
    raise typer.Exit(code) from None


def _defect(error: BaseException) -> NoReturn:
    """Say in one line that we are wrong, and keep the trace in a file for whoever mends it."""
    tell(f"internal error: {type(error).__name__}: {str(error).partition(chr(10))[0]}")
    try:
        descriptor, name = tempfile.mkstemp(prefix="tlbench-", suffix=".trace.txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.writelines([*traceback.format_exception(error), f"\ncommand: {sys.argv}\n"])
        tell(f"hint: this is a defect of tlbench; please report it with `{name}`")
    except OSError:
        traceback.print_exception(error)
    _leave(ExitCode.DEFECT)


def _flush() -> None:
    """Bring all output to where it goes; what is lost must not look like success."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise _OutputLost(getattr(error, "strerror", None) or str(error)) from None


def _silence() -> None:
    """Let what is left in the buffer of stdout go nowhere, so that nothing complains at the end of the process."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _terminating() -> Iterator[None]:
    """Turn SIGTERM into `Terminated` inside the block, where this thread may handle signals."""

    def terminate(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
        raise Terminated

    try:
        before = signal.signal(signal.SIGTERM, terminate)
    except ValueError:  # not the main thread: whoever owns it decides
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
