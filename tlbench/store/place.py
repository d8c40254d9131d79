"""Text -> where results are: a path of this machine, or an address that fsspec knows, used like a path."""

from __future__ import annotations

from pathlib import Path
from typing import cast
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tlbench.errors import TlbenchError


def place(text: str | Path) -> Path:
    """Return the folder that a path or an address like ``s3://bucket/results`` names; ``file:///x`` is a path.

    Raises
    ------
    TlbenchError
        For an address where universal_pathlib, or the library of its file system, is not installed.
    """
    if str(text).startswith("file:"):
        return Path(url2pathname(urlsplit(str(text)).path))
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
