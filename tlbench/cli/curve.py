"""`tlbench report` on the folder of a learning curve, which holds a results folder per fraction."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tlbench.cli.guard import tell
from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlbench.analysis.learning_curve import Sweep

FORMATS = ("terminal", "markdown", "json", "csv", "html")


def is_curve(results: Path) -> bool:
    """Whether a folder holds fractions of a run rather than one run."""
    from tlbench.store.fractions import fraction_folders

    return not (results / "suite.toml").exists() and bool(fraction_folders(results))


def report_curve(results: Path, form: str, *, charts: Path | None, one_run: bool) -> None:
    """Print the curves in a format, and draw them where `charts` says.

    Raises
    ------
    TlbenchError
        If the format, or what `one_run` stands for (one user, the tables of a paper), is of a single run.
    """
    from tlbench.pipeline import read_sweeps
    from tlbench.store.fractions import fraction_folders

    last = list(next(iter(fraction_folders(results).values())).values())[-1]
    if one_run or form not in FORMATS:
        raise TlbenchError(
            f"`{results}` is a learning curve, whose formats are {', '.join(FORMATS)}",
            hint=f"users, papers and the other formats are of one run: give `{last}`",
        )
    sweeps = read_sweeps(results)
    typer.echo(_text(sweeps, form, last), nl=False)
    if charts is not None:
        _write_charts(sweeps, charts)


def _text(sweeps: Sequence[Sweep], form: str, last: Path) -> str:
    from tlbench.report.curve_text import curves_as_csv, curves_as_json, curves_as_markdown, curves_as_text
    from tlbench.store.results import ResultsFolder

    if form == "html":
        from tlbench.report.page.learning_curves import curves_as_html

        return curves_as_html(sweeps, ResultsFolder(last).read_environment())
    writers = {"markdown": curves_as_markdown, "json": curves_as_json, "csv": curves_as_csv}
    return writers.get(form, curves_as_text)([curve for sweep in sweeps for curve in sweep.curves])


def _write_charts(sweeps: Sequence[Sweep], folder: Path) -> None:
    from tlbench.report.charts.gallery import write_pictures
    from tlbench.report.charts.learning import learning_curves, overviews

    curves = [curve for sweep in sweeps for curve in sweep.curves]
    paths = write_pictures([*overviews(curves), *learning_curves(curves)], folder)
    tell(f"{len(paths)} files are in `{folder}`")
