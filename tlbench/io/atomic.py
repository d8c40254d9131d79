"""Files that are whole or absent: written beside their place, brought to the disk, and renamed."""

from __future__ import annotations

import os
import platform
import re
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path

from tlbench.errors import TlbenchError
from tlbench.io.sums import sha256_of

_PART = re.compile(r"\.(?P<host>[0-9a-f]{6})-(?P<process>\d+)-[0-9a-f]{8}\.part$")


def is_local(folder: Path) -> bool:
    """Whether a folder is a path of this machine, where files can be locked and mapped into memory."""
    return isinstance(folder, Path)


def beside(path: Path) -> Path:
    """Return a name beside a path that no other writer uses, on this machine or another."""
    return path.with_name(f".{path.name}.{_host()}-{os.getpid()}-{uuid.uuid4().hex[:8]}.part")


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write a file so that no reader ever sees half of it; its folder is made where missing.

    The content reaches the disk before the new name does: after a power failure the file is whole or absent, too.

    Parameters
    ----------
    path
        Where it goes; a file that is there is replaced.
    content
        Bytes, or text that is written as UTF-8 with line ends as they are.

    Raises
    ------
    OSError
        If the folder cannot be written or the disk is full; what was there before is as it was.
    """
    part = beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_through(part, content.encode() if isinstance(content, str) else content)
        _move(part, path)
    except BaseException:
        with suppress(OSError):  # the folder may be what cannot be written; the error that led here says so
            part.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file as `write_atomic` does, for a place that the user named.

    Raises
    ------
    TlbenchError
        If the folder cannot be written or the disk is full.
    """
    try:
        write_atomic(path, content)
    except OSError as error:
        raise TlbenchError(
            f"cannot write `{path}`: {error.strerror or error}",
            hint="choose another folder with `--out`, or make room; finished cells are kept",
        ) from error


def _write_through(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        if is_local(path):
            file.flush()
            os.fsync(file.fileno())


def _move(path: Path, target: Path) -> None:
    if is_local(path):
        path.replace(target)
    else:
        path.fs.mv(path.path, target.path)  # type: ignore[attr-defined]  # a path of fsspec


def sweep(root: Path) -> None:
    """Remove what killed processes of this machine left half written below a folder."""
    if not is_local(root):
        return
    for path in root.rglob("*.part"):
        owner = _PART.search(path.name)
        if owner and owner["host"] == _host() and not is_alive(int(owner["process"])):
            with suppress(OSError):
                path.unlink(missing_ok=True)


def is_alive(pid: int) -> bool:
    """Whether a process of this machine has that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@cache
def _host() -> str:
    return sha256_of(platform.node())[:6]
