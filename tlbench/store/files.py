"""Files of results with a seal: what was edited, cut short or damaged since it was written is refused on reading."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tlbench.errors import TlbenchError
from tlbench.io.atomic import write_whole
from tlbench.io.sums import sha256_of, sha256_of_table

SCHEMA = 3
SEAL = "sha256"


class Damaged(TlbenchError):
    """A file that is there but is not what was written."""


def write_json(path: Path, table: Mapping[str, Any]) -> None:
    """Write a table as JSON, with the schema number in front and the SHA-256 of all of it at the end."""
    content = {"schema": SCHEMA, **table}
    # What JSON makes of the table is sealed, so that it can be sealed again when it is read: tuples become lists.
    seal = _seal_of(json.loads(json.dumps(content)))
    text = json.dumps({**content, SEAL: seal}, indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, f"{text}\n")


def read_json(path: Path, *, sealed: bool = True) -> dict[str, Any]:
    """Read what `write_json` wrote, without its seal.

    Parameters
    ----------
    path
        The file.
    sealed
        Whether it must have a seal; a file that people merge, such as a baseline, may have none.

    Raises
    ------
    Damaged
        If the file is not JSON, or not what was written.
    TlbenchError
        If it is missing, or has an unknown schema.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TlbenchError(f"`{path}` does not exist", hint="give a folder that `tlbench run` wrote") from error
    except (OSError, ValueError, RecursionError) as error:
        raise damaged(path, str(error)) from error
    if not isinstance(table, dict):
        raise damaged(path, "it is not a JSON object")
    if table.get("schema") != SCHEMA:
        raise TlbenchError(
            f"`{path}` has schema {table.get('schema')!r}, this tlbench reads {SCHEMA}",
            hint="it was written by another version: use that one, or run again into another folder with `--out`",
        )
    seal = table.pop(SEAL, None)
    if (sealed or seal is not None) and seal != _seal_of(table):
        raise damaged(path, "it is not what was written: its content and its sha256 disagree")
    return table


def write_sealed(path: Path, content: bytes) -> None:
    """Write a file and, beside it, its SHA-256 in the form that ``sha256sum --check`` reads."""
    write_whole(path, content)
    write_whole(_sum_file(path), f"{sha256_of(content)}  {path.name}\n")


def read_sealed(path: Path, *, sha256: str | None = None) -> bytes:
    """Read a file whose sum is known or lies beside it.

    Raises
    ------
    Damaged
        If it cannot be read or has another sum.
    """
    try:
        content = path.read_bytes()
        expected = sha256 or _sum_file(path).read_text(encoding="utf-8").partition(" ")[0]
    except (OSError, ValueError) as error:
        raise damaged(path, str(error)) from error
    if sha256_of(content) != expected:
        raise damaged(path, "it is not what was written: its content and its sha256 disagree")
    return content


def is_whole(path: Path) -> bool:
    """Whether a sealed file, JSON or with a sum beside it, is missing or as it was written."""
    try:
        if path.exists():
            read_json(path) if path.suffix == ".json" else read_sealed(path)
    except TlbenchError:
        return False
    return True


def damaged(path: Path, reason: str) -> Damaged:
    """Make the error that names the file and the command that heals it."""
    return Damaged(f"`{path}` is damaged: {reason}", hint=_healing(path))


def _healing(path: Path) -> str:
    root = next((folder for folder in path.parents if (folder / "suite.toml").is_file()), None)
    if root is None:
        return "restore it, or write it again with the command that made it: a baseline by `tlbench check --update`"
    return f"compute it again: `tlbench run {root / 'suite.toml'} --out {root}`; what is whole is kept"


def _seal_of(table: Mapping[str, Any]) -> str:
    return sha256_of_table(table)


def _sum_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")
