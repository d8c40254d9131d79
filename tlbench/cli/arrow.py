"""What the user typed -> scenarios: arrows that a shell cut are mended, files become data sets with names.

An unquoted arrow, `tlbench run a->b`, reaches us as `a-` with stdout sent to a file `b`.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

from tlbench.cli.guard import tell
from tlbench.cli.progress import shown_progress
from tlbench.errors import TlbenchError

_STDOUT = 1


def scenarios_meant(typed: Sequence[str], *, quiet: bool) -> list[str]:
    """Return the scenarios that were typed, in names of data sets; files in them are imported.

    Raises
    ------
    TlbenchError
        If an arrow was cut and cannot be mended, or a file cannot be made out.
    """
    from tlbench.data import adopt_files, is_path

    mended = mend_arrows(typed)
    if not any(is_path(part) for text in mended for part in re.split(r"->|→|[:+]", text)):
        return mended
    with shown_progress(quiet=quiet) as progress:
        return [adopt_files(text, progress=progress) for text in mended]


def mend_arrows(scenarios: Sequence[str]) -> list[str]:
    """Return the scenarios that were meant.

    A shell takes the ``>`` of an unquoted arrow for itself: it leaves us the text up to the dash and sends stdout to a
    file with the target's name. Where that is what happened, the file's name completes the scenario.

    Raises
    ------
    TlbenchError
        If the arrow was cut but the file's name cannot be found out.
    """
    cut = [text for text in scenarios if text.endswith("-")]
    if not cut:
        return list(scenarios)
    target = _stdout_file()
    if len(cut) > 1 or target is None:
        raise TlbenchError(
            f"`{cut[0]}` lost its arrow: the shell took `>` for a redirection",
            hint=f'put the scenario in quotes: `tlbench run "{cut[0]}>TARGET"`, or write `{cut[0][:-1]}:TARGET`',
        )
    _refuse_emptied(target)
    meant = f"{cut[0]}>{target}"
    tell(
        f"the shell took the `>` of `{meant}` for a redirection; running `{meant}`, the report goes to file `{target}`"
    )
    tell(f'hint: next time put the scenario in quotes: `tlbench run "{meant}"`')
    return [meant if text == cut[0] else text for text in scenarios]


def _refuse_emptied(target: str) -> None:
    """Stop where the target is a file of data: the shell has emptied it before we ran, and nothing brings it back."""
    from tlbench.data import is_path

    if is_path(target):
        raise TlbenchError(
            f"the shell took the `>` before `{target}` for a redirection and emptied that file",
            hint=f"restore `{target}` from a copy, and put scenarios in quotes from now on",
        )


def _stdout_file() -> str | None:
    """Name of the file that stdout is sent to, as the user typed it below the current folder; None for no file."""
    try:
        if not stat.S_ISREG(os.fstat(_STDOUT).st_mode):
            return None
        path = Path(_path_of_stdout())
        return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else path.name
    except (OSError, ValueError):
        return None


def _path_of_stdout() -> str:
    if sys.platform == "darwin":
        import fcntl

        found = fcntl.fcntl(_STDOUT, fcntl.F_GETPATH, b"\0" * 1024)
        return found.rstrip(b"\0").decode()
    return str(Path(f"/proc/self/fd/{_STDOUT}").readlink())
