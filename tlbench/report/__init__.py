"""Verdicts -> terminal, markdown and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlbench.io.atomic import write_whole
from tlbench.report.as_json import as_json
from tlbench.report.curve_text import curves_as_json, curves_as_markdown
from tlbench.report.markdown import as_markdown
from tlbench.report.profile_text import profiles_as_csv, profiles_as_json, profiles_as_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tlbench.analysis.learning_curve import Curve
    from tlbench.analysis.profile import Profile
    from tlbench.report.document import Report

__all__ = ["as_json", "as_markdown", "write_curves", "write_profiles", "write_reports"]


def write_reports(report: Report, folder: Path) -> None:
    """Write the report beside the results, as Markdown and as JSON."""
    write_whole(folder / "report.md", as_markdown(report).encode())
    write_whole(folder / "report.json", as_json(report).encode())


def write_curves(curves: Sequence[Curve], folder: Path) -> None:
    """Write ``curve.md``, ``curve.json`` and, where charts can be drawn, one drawing per curve."""
    from tlbench.report.charts.gallery import write_pictures
    from tlbench.report.charts.learning import learning_curves
    from tlbench.report.charts.library import has_chart_library

    if has_chart_library():
        write_pictures(learning_curves(curves), folder, formats=("svg",))
    write_whole(folder / "curve.md", curves_as_markdown(curves).encode())
    write_whole(folder / "curve.json", curves_as_json(curves).encode())


def write_profiles(profiles: Sequence[Profile], folder: Path) -> None:
    """Write ``profile.md``, ``.json``, ``.csv`` and, where charts can be drawn, one drawing per profile."""
    from tlbench.report.charts.gallery import write_pictures
    from tlbench.report.charts.library import has_chart_library
    from tlbench.report.charts.profile import profile_pictures

    if has_chart_library():
        write_pictures(profile_pictures(profiles), folder, formats=("svg",))
    write_whole(folder / "profile.md", profiles_as_markdown(profiles).encode())
    write_whole(folder / "profile.json", profiles_as_json(profiles).encode())
    write_whole(folder / "profile.csv", profiles_as_csv(profiles).encode())
