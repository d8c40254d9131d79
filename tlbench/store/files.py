"""Files that are whole or absent: written beside and renamed; JSON with a schema number."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tlbench.errors import TlbenchError
from tlbench.store.place import is_local

SCHEMA = 2
_PART = ".part"


class Damaged(TlbenchError):
    """A file that is there but is not what was written: cut short, or not JSON."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place and rename it there, so that no reader ever sees half of it.

    The content reaches the disk before the new name does: after a power failure the file is whole or absent, too.

    Raises
    ------
    TlbenchError
        Where the folder cannot be written or the disk is full.
    """
    beside = path.with_name(f"{path.name}.{_writer()}{_PART}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_through(beside, content)
        _move(beside, path)
    except OSError as error:
        _drop(beside)
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


def _drop(path: Path) -> None:
    with suppress(OSError):  # the folder may be what cannot be written; the error that led here says so
        path.unlink(missing_ok=True)


def _writer() -> str:
    """Who writes: two processes, on one machine or on several, never share a file beside."""
    host = hashlib.sha256(platform.node().encode()).hexdigest()[:6]
    return f"{host}-{os.getpid()}"


def sweep(root: Path) -> None:
    """Remove what killed processes of this machine left half written below a folder."""
    if not is_local(root):
        return
    host, _, _ = _writer().partition("-")
    for path in root.rglob(f"*.{host}-*{_PART}"):
        owner = path.name.removesuffix(_PART).rpartition("-")[2]
        if owner.isdecimal() and not _alive(int(owner)):
            _drop(path)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def write_json(path: Path, table: Mapping[str, Any]) -> None:
    """Write a table as JSON with the schema number in front."""
    text = json.dumps({"schema": SCHEMA, **table}, indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, (text + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read what `write_json` wrote.

    Raises
    ------
    TlbenchError
        Where the file is missing, is not JSON, or has an unknown schema.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TlbenchError(f"`{path}` does not exist", hint="give a folder that `tlbench run` wrote") from error
    except (OSError, ValueError) as error:
        raise Damaged(f"`{path}` cannot be read: {error}", hint="remove it and run again") from error
    if not isinstance(table, dict) or table.get("schema") != SCHEMA:
        found = table.get("schema") if isinstance(table, dict) else None
        raise TlbenchError(
            f"`{path}` has schema {found!r}, this tlbench reads {SCHEMA}",
            hint="it was written by another version: use that one, or run again into another folder with `--out`",
        )
    return table
