"""Tables as JSON with a schema number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tlbench.errors import TlbenchError
from tlbench.io.atomic import write_whole

SCHEMA = 2


class Damaged(TlbenchError):
    """A file that is there but is not what was written: cut short, or not JSON."""


def write_json(path: Path, table: Mapping[str, Any]) -> None:
    """Write a table as JSON with the schema number in front."""
    text = json.dumps({"schema": SCHEMA, **table}, indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, f"{text}\n")


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
