"""SHA-256 of files, of bytes and of tables: the only digest in the house."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any


def sha256_of(content: bytes | str) -> str:
    """Return the sum of bytes, or of a text as UTF-8, hexadecimal.

    Examples
    --------
    >>> from tlbench.io.sums import sha256_of
    >>> sha256_of(b"abc")[:12]
    'ba7816bf8f01'
    """
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def sha256_of_file(path: Path) -> str:
    """Return the sum of a file, hexadecimal, read piece by piece.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_table(table: Any) -> str:
    """Return the sum of what JSON can hold; the order of keys does not matter."""
    return sha256_of(json.dumps(table, sort_keys=True))
