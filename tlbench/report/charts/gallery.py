"""All charts of a report by name: which there are, and their pictures as PNG, SVG and PDF."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tlbench.io.atomic import write_whole
from tlbench.report.blocks import Chart
from tlbench.report.charts.library import chart_library
from tlbench.report.document import sections_of

if TYPE_CHECKING:
    from pathlib import Path

    from tlbench.report.document import InScenario, Report

PictureFormat = Literal["png", "svg", "pdf"]
FORMATS: tuple[PictureFormat, ...] = ("png", "svg", "pdf")
_WIDTH = 640


@dataclass(frozen=True)
class Picture:
    """A chart with its place in the report.

    Attributes
    ----------
    name
        File name without ending, and id on the page.
    title, summary
        Heading, and what the chart shows in a sentence.
    scenario
        The scenario that it belongs to; None for those of the whole suite.
    spec
        Vega-Lite specification.
    """

    name: str
    title: str
    summary: str
    scenario: str | None
    spec: dict[str, Any]


def pictures(report: Report) -> list[Picture]:
    """Make all charts that the results allow."""
    suite = [_picture(chart, None) for chart in _charts(report)]
    own = [_picture(chart, place.name) for place in report.scenarios for chart in _charts(place)]
    return [picture for picture in (*suite, *own) if picture is not None]


def _charts(place: Report | InScenario) -> Iterator[Chart]:
    for section in sections_of(place):
        yield from (block for block in section.blocks if isinstance(block, Chart))


def _picture(chart: Chart, scenario: str | None) -> Picture | None:
    drawn = chart.draw()
    return None if drawn is None else Picture(chart.name, chart.title, chart.summary, scenario, spec_of(drawn))


def spec_of(chart: Any) -> dict[str, Any]:
    """Return the specification with its data; tests hold it against Vega-Lite's schema, which takes seconds."""
    found: dict[str, Any] = json.loads(chart.to_json(indent=None, validate=False))
    return found


def write_pictures(made: list[Picture], folder: Path, *, formats: tuple[PictureFormat, ...] = FORMATS) -> list[Path]:
    """Write charts as files on a white ground, by vl-convert, from the very specifications that the page shows."""
    vl_convert = chart_library()
    version = vegalite_version()
    paths = []
    for picture in made:
        spec = static(picture.spec)
        for form in formats:
            path = folder / f"{picture.name}.{form}"
            match form:
                case "png":
                    content = vl_convert.vegalite_to_png(spec, vl_version=version, scale=2)
                case "svg":
                    content = vl_convert.vegalite_to_svg(spec, vl_version=version).encode()
                case "pdf":
                    content = vl_convert.vegalite_to_pdf(spec, vl_version=version)
            write_whole(path, content)
            paths.append(path)
    return paths


def static(spec: dict[str, Any]) -> dict[str, Any]:
    """Give a specification a width of its own and a white ground, for paper."""
    config = {**spec.get("config", {}), "background": "white"}
    width = {"width": _WIDTH} if spec.get("width") == "container" else {}
    return {**spec, **width, "config": config}


def vegalite_version() -> str:
    """Version of Vega-Lite that Altair writes for, as vl-convert names it: ``6.1``."""
    import altair as alt

    return ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
