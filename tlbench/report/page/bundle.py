"""The JavaScript that draws charts, taken from vl-convert once and kept in the user's cache."""

from __future__ import annotations

from importlib.metadata import version

from tlbench.data.folders import cache_folder
from tlbench.io.atomic import write_whole
from tlbench.report.charts.library import chart_library


def vega_bundle(vegalite: str) -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script, which the file carries so that it needs no network."""
    vl_convert = chart_library()
    path = cache_folder() / "vega" / f"vl-convert-{version('vl-convert-python')}-vega-lite-{vegalite}.js"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    script: str = vl_convert.javascript_bundle(vl_version=vegalite)
    write_whole(path, script.encode())
    return script
