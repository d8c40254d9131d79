"""One way out for every command: what the user can mend becomes a message, a hint and an exit code."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from enum import IntEnum
from typing import ParamSpec

import typer

from tlbench.errors import TlbenchError

Arguments = ParamSpec("Arguments")


class ExitCode(IntEnum):
    """What the shell is told; any other code comes with a traceback and is a bug."""

    FINE = 0
    GATE = 1
    MEND = 2
    INTERRUPTED = 130


def guarded(command: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Turn a command's errors into messages on stderr and exit codes."""

    @functools.wraps(command)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except TlbenchError as error:
            tell(f"error: {error.message}")
            if error.hint:
                tell(f"hint: {error.hint}")
            raise typer.Exit(ExitCode.MEND) from None
        except KeyboardInterrupt:
            tell("interrupted; finished cells are kept, the same command goes on from there")
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of our output is gone (`| head`): nothing is wrong, and nothing more can be written.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(ExitCode.FINE) from None

    return run


def tell(message: str) -> None:
    """Write one line of talk to stderr."""
    typer.echo(message, err=True)
