"""The user's cache folder, and writing into it so that nothing half-written is ever taken for whole."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

VARIABLE = "TLBENCH_CACHE"


def cache_folder() -> Path:
    """Return the folder for everything that can be made again: the user's cache, or what ``TLBENCH_CACHE`` names."""
    value = os.environ.get(VARIABLE)
    if value:
        return Path(value)
    from platformdirs import user_cache_path

    return user_cache_path("tlbench")


def beside(path: Path) -> Path:
    """Return a name beside a path that no other process uses, for writing before renaming."""
    return path.with_name(f".{path.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}.part")


def write_text(path: Path, text: str) -> None:
    """Write a small file beside and rename it; its folder is made where missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = beside(path)
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
