"""SHA-256 sums of files, remembered by path, size and time of change, so that a large file is summed once."""

from __future__ import annotations

import json
from pathlib import Path

from tlbench.data.folders import cache_folder
from tlbench.errors import TlbenchError
from tlbench.io.atomic import write_atomic
from tlbench.io.sums import sha256_of, sha256_of_file

SCHEMA = 1


def sha256(path: Path) -> str:
    """Return the sum of a file, hexadecimal; a remembered one where path, size and time of change are the same.

    Raises
    ------
    OSError
        If the file cannot be read. That the sum cannot be remembered is no error.
    """
    state = path.stat()
    known = {"schema": SCHEMA, "path": str(path.absolute()), "size": state.st_size, "mtime_ns": state.st_mtime_ns}
    record = _record(known["path"])
    remembered = _read(record)
    if remembered and {**remembered, "sha256": None} == {**known, "sha256": None}:
        return str(remembered["sha256"])
    total = sha256_of_file(path)
    try:
        write_atomic(record, json.dumps({**known, "sha256": total}))
    except OSError:
        return total  # an unwritable cache costs time, nothing else
    return total


def check_file(path: Path, expected: str | None, *, name: str, key: str) -> str:
    """Return the sum of a data set's file after comparing it with the catalogue's.

    Parameters
    ----------
    path
        The file.
    expected
        The catalogue's sum, or None where it gives none.
    name, key
        Data set and catalogue key (``file`` or ``items_file``), for messages.

    Raises
    ------
    TlbenchError
        If the file is missing, cannot be read or has another sum.
    """
    try:
        total = sha256(path)
    except FileNotFoundError:
        raise TlbenchError(
            f"file `{path}` of data set `{name}` does not exist",
            hint=f"put it there, or correct `{key}` in the catalogue; `tlbench data path {name}` shows what is used",
        ) from None
    except OSError as error:
        raise TlbenchError(
            f"file `{path}` of data set `{name}` cannot be read: {error.strerror}",
            hint=f"check its permissions, or correct `{key}` in the catalogue",
        ) from None
    if expected is not None and total != expected:
        raise TlbenchError(
            f"file `{path}` of data set `{name}` has sha256 {total[:12]}..., the catalogue says {expected[:12]}...",
            hint="it is truncated, damaged or another version: get it again, or correct "
            f"`{'sha256' if key == 'file' else 'items_sha256'}` in the catalogue",
        )
    return total


def _record(path: object) -> Path:
    return cache_folder() / "sums" / f"{sha256_of(str(path))[:32]}.json"


def _read(record: Path) -> dict[str, object] | None:
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # not remembered, or not readable: summed again
    return content if isinstance(content, dict) else None
