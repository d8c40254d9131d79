"""All charts of a report by name: which there are, and their pictures as PNG, SVG and PDF."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tlbench.io.atomic import write_whole
from tlbench.report.charts.atlas import atlas, atlas_rows
from tlbench.report.charts.gains import against_placebo, forest, gain_rows
from tlbench.report.charts.library import chart_library
from tlbench.report.charts.ranks import critical_differences
from tlbench.report.charts.tuning import tuning_courses
from tlbench.report.charts.users import segments, spread
from tlbench.scenario.grammar import parse_scenario

if TYPE_CHECKING:
    from pathlib import Path

    from tlbench.analysis.evidence import SuiteEvidence
    from tlbench.analysis.summary import Findings

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


def pictures(findings: Findings, evidence: SuiteEvidence) -> list[Picture]:
    """Make all charts that the results allow."""
    return [*_of_suite(findings, evidence), *_of_scenarios(findings, evidence)]


def _of_suite(findings: Findings, evidence: SuiteEvidence) -> Iterator[Picture]:
    metric = findings.suite.primary
    rows = gain_rows(findings.scenarios)
    several = len(findings.scenarios) > 1
    atlas_chart = atlas(atlas_rows(findings.scenarios, metric), metric=metric)
    yield from _picture(
        "atlas",
        "Atlas",
        "Gain of transfer over its counterpart for each source (rows) and target (columns), with the verdict's mark: "
        "+ helps, - hurts, = equivalent, ? inconclusive, ~ not shown to be the source's.",
        atlas_chart,
    )
    yield from _picture(
        "forest",
        "Gains with intervals",
        "Each method's gain over its counterpart, in per cent of its mean; shape and colour say the verdict. "
        "What leaves the picture is cut at its edge.",
        forest(rows, metric=metric, facet=several),
    )
    yield from _picture(
        "placebo",
        "Gain against placebo",
        "A gain is the source's where it is left over the placebo too: to the right and above zero. What leaves the "
        "picture is cut at its edge.",
        against_placebo(rows, metric=metric),
    )
    if evidence.ranks is not None:
        yield from _picture(
            "ranks",
            "Critical differences",
            f"Mean ranks of the methods that ran in all {evidence.ranks.scenarios} scenarios; a bar joins methods that "
            "these scenarios cannot tell apart (Friedman's test with Nemenyi's critical difference).",
            critical_differences(evidence.ranks, metric=metric),
        )


def _of_scenarios(findings: Findings, evidence: SuiteEvidence) -> Iterator[Picture]:
    metric = findings.suite.primary
    for found, one in zip(findings.scenarios, evidence.scenarios, strict=True):
        slug = parse_scenario(one.scenario).slug
        yield from _picture(
            f"users-{slug}",
            "Users who gain and who lose",
            "Users by how much their metric differs between a method and its counterpart, averaged over seeds.",
            spread(one, metric=metric),
            one.scenario,
        )
        yield from _picture(
            f"segments-{slug}",
            "For whom",
            "Difference by segment of users; + and - mark segments that differ from zero, corrected for their number.",
            segments(one, metric=metric),
            one.scenario,
        )
        yield from _picture(
            f"tuning-{slug}",
            "Course of the tuning",
            "Best value on validation so far (line) and each trial's (circle; cross: pruned), method and placebo.",
            tuning_courses(found.tunings, metric=metric),
            one.scenario,
        )


def _picture(name: str, title: str, summary: str, chart: Any, scenario: str | None = None) -> Iterator[Picture]:
    if chart is not None:
        yield Picture(name, title, summary, scenario, spec_of(chart))


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
