"""vl-convert, which draws charts without a browser: 84 MB that not everybody installs."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

from tlbench.errors import TlbenchError


def has_chart_library() -> bool:
    """Tell whether charts can be drawn."""
    return find_spec("vl_convert") is not None


def chart_library() -> Any:
    """Return the module `vl_convert`.

    Raises
    ------
    TlbenchError
        If it is not installed.
    """
    if not has_chart_library():
        raise TlbenchError("charts need vl-convert, which is not installed", hint='`pip install "tlbench[pictures]"`')
    return importlib.import_module("vl_convert")
