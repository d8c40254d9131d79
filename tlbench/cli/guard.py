"""One way out for every command: what goes wrong becomes a message, a hint and an exit code, never a traceback."""

from __future__ import annotations

import errno
import functools
import io
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

from tlbench.errors import NothingToCompare, TlbenchError, in_words

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


def guarded(command: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Turn whatever leaves a command into messages on stderr and an exit code; SIGTERM ends it as Ctrl-C does."""

    @functools.wraps(command)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            with _terminating():
                command(*args, **kwargs)
                if sys.stdout is not None:
                    sys.stdout.flush()
        except (typer.Exit, typer.Abort):
            raise
        except BaseException as error:  # `SystemExit` too: no code of ours raises it, so foreign code did
            raise typer.Exit(report_failure(error)) from None

    return run


def report_failure(error: BaseException) -> ExitCode:
    """Say on stderr what went wrong and what to do, and return the exit code that belongs to it."""
    match error:
        case TlbenchError():
            _say(error.message, error.hint)
            return ExitCode.NOTHING if isinstance(error, NothingToCompare) else ExitCode.MEND
        case Terminated():
            tell(f"terminated; {_KEPT}")
            return ExitCode.TERMINATED
        case KeyboardInterrupt():
            tell(f"interrupted; {_KEPT}")
            return ExitCode.INTERRUPTED
        case BrokenPipeError():
            # The reader of our output is gone (`| head`): nothing is wrong, and nothing more can be written.
            _silence()
            return ExitCode.FINE
        case MemoryError():
            _say(in_words(error), "use fewer `--jobs`, a smaller `--block-size`, or a machine with more memory")
            return ExitCode.MEND
        case OSError() if error.errno in _FULL:
            _say_full(error)
            return ExitCode.MEND
        case _:
            _say_defect(error)
            return ExitCode.DEFECT


def check_every_byte() -> None:
    """Put a buffer under an unbuffered stdout (``PYTHONUNBUFFERED``), which does not notice a write that is cut off."""
    raw = getattr(sys.stdout, "buffer", None)
    if isinstance(raw, io.RawIOBase):
        writer = io.BufferedWriter(raw)
        sys.stdout = io.TextIOWrapper(
            writer,
            sys.stdout.encoding,
            sys.stdout.errors,
            newline="" if os.linesep == "\n" else None,
            line_buffering=True,
        )


def tell(message: str) -> None:
    """Write one line of talk to stderr; where even that fails, nobody listens."""
    with suppress(OSError, ValueError):
        typer.echo(message, err=True)


def _say(message: str, hint: str | None) -> None:
    tell(f"error: {message}")
    if hint:
        tell(f"hint: {hint}")


def _say_full(error: OSError) -> None:
    """Tell of a full disk: of a file that is named, or else of standard output, which is cut off then."""
    if error.filename is None:
        _silence()
        _say(f"the output is cut off: {error.strerror}", "make room where it goes, and run the command again")
    else:
        _say(f"no space is left for `{error.filename}`", f"make room, or write elsewhere; {_KEPT}")


def _say_defect(error: BaseException) -> None:
    """Say in one line that we are wrong, and keep the trace in a file for whoever corrects it."""
    first_line = in_words(error).partition("\n")[0]
    try:
        descriptor, name = tempfile.mkstemp(prefix="tlbench-", suffix=".trace.txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.writelines([*traceback.format_exception(error), f"\ncommand: {sys.argv}\n"])
    except OSError:
        traceback.print_exception(error)
        name = "the lines above"
    tell(f"internal error: {first_line}; this is a defect of tlbench, please report it with {name}")


def _silence() -> None:
    """Let what is left in the buffer of stdout go nowhere, so that nothing complains at the end of the process."""
    with suppress(OSError, ValueError, AttributeError):
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
