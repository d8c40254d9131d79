"""The user's cache folder."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "TLBENCH_CACHE"


def cache_folder() -> Path:
    """Return the folder for everything that can be made again: the user's cache, or what ``TLBENCH_CACHE`` names."""
    value = os.environ.get(VARIABLE)
    if value:
        return Path(value)
    from platformdirs import user_cache_path

    return user_cache_path("tlbench")
