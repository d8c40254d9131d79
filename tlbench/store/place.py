"""Text -> where results are: a path of this machine, or an address that fsspec knows, used like a path."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

from tlbench.errors import TlbenchError

_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")


def place(text: str | Path) -> Path:
    """Return the folder that a path or an address like ``s3://bucket/results`` names; ``file:///x`` is a path.

    Raises
    ------
    TlbenchError
        For an address where universal_pathlib, or the library of its file system, is not installed.
    """
    if str(text).startswith("file:"):
        return _local(str(text))
    if "://" not in str(text):
        return Path(text)
    try:
        from upath import UPath

        found = UPath(text)
        found.exists()
    except ImportError as error:
        raise TlbenchError(
            f"`{text}` needs a library that is not installed: {error}",
            hint='`pip install "tlbench[cluster]"`, and the fsspec library of that address',
        ) from error
    except (ValueError, OSError) as error:
        raise TlbenchError(f"`{text}` cannot be reached: {error}", hint="check the address") from error
    return cast(Path, found)


def _local(address: str) -> Path:
    """Return the path that an address of a file names (RFC 8089): ``file:///C:/x`` is ``C:/x``."""
    rest = address.removeprefix("file:").removeprefix("//").removeprefix("localhost")
    path = _ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), rest.encode()).decode()
    return Path(re.sub("^/(?=[A-Za-z]:)", "", path))
