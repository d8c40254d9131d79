"""Files that are whole or absent: written beside and renamed; JSON with a schema number."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tlbench.errors import TlbenchError

SCHEMA = 1


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place and rename it there, so that no reader ever sees half of it.

    Raises
    ------
    TlbenchError
        Where the folder cannot be written or the disk is full.
    """
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise TlbenchError(
            f"cannot write `{path}`: {error.strerror}",
            hint="choose another folder with `--out`, or make room; finished cells are kept",
        ) from error


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
        raise TlbenchError(f"`{path}` cannot be read: {error}", hint="remove it and run again") from error
    if not isinstance(table, dict) or table.get("schema") != SCHEMA:
        found = table.get("schema") if isinstance(table, dict) else None
        raise TlbenchError(
            f"`{path}` has schema {found!r}, this tlbench reads {SCHEMA}",
            hint="it was written by another version: use that one, or run again into another folder with `--out`",
        )
    return table
