"""`tlbench profile`: for whom transfer pays, by the number of target interactions that a user shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tlbench.cli.arrow import mend_arrows
from tlbench.cli.from_options import Given, with_options
from tlbench.cli.guard import ExitCode, guarded, tell
from tlbench.cli.progress import shown_progress
from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlbench.analysis.profile import Profile

ProfileFormat = Literal["terminal", "markdown", "html", "json", "csv"]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("profile", epilog='Example: tlbench profile "demo-movies->demo-books" --levels 0,1,5,all')(profile)


@guarded
@with_options(without=("scenarios", "protocol", "target_fraction", "source_fraction", "candidates"))
def profile(
    scenarios: Annotated[
        list[str],
        typer.Argument(
            metavar="SCENARIO... | SUITE", help="`source[+source...]->target` of names or files, or a suite."
        ),
    ],
    *,
    given: Given,
    levels: Annotated[
        str | None,
        typer.Option(metavar="0,1,5,all", help="Target interactions that users show. Default: 0,1,2,3,5,10,20,all."),
    ] = None,
    groups: Annotated[
        int | None, typer.Option(min=3, help="Groups of users, of which one is judged at a time. Default: 4.")
    ] = None,
    form: Annotated[ProfileFormat, typer.Option("--format", help="How to print it. Default: terminal.")] = "terminal",
    every: Annotated[bool, typer.Option("--all", help="Every method (terminal). Default: the first 12.")] = False,
    retry_failed: Annotated[
        bool,
        typer.Option("--retry-failed", help="Run only the cells that failed before. Default: all missing cells."),
    ] = False,
) -> None:
    """Say for whom transfer pays: gain over counterpart, best baseline and placebo at each level of target history."""
    from tlbench.api.profiling import run_profiles
    from tlbench.suite.settings import cores

    quiet, as_json = given.get("quiet", False), given.get("json_progress", False)
    with shown_progress(quiet=quiet, as_json=as_json, jobs=given.get("jobs") or cores()) as progress:
        found = run_profiles(
            mend_arrows(scenarios), given, levels=levels, groups=groups, retry_failed=retry_failed, progress=progress
        )
    typer.echo(_text(found.profiles, found.folder, form, every=every), nl=False)
    if not (quiet or as_json):
        tell(f"results are in `{found.folder}`; `tlbench report {found.folder} --format html` makes a page of them")
    if any(one.failed for one in found.profiles):
        raise typer.Exit(ExitCode.GATE)


def is_profile_folder(results: Path) -> bool:
    """Whether a folder holds a profile."""
    from tlbench.analysis.profile import is_profile
    from tlbench.store.results import ResultsFolder

    return (results / "suite.toml").is_file() and is_profile(ResultsFolder(results).read_suite())


def report_profile(results: Path, form: str, *, charts: Path | None, every: bool, one_run: bool) -> None:
    """Print the profiles of a folder in a format, and draw them where `charts` says.

    Raises
    ------
    TlbenchError
        Where the format, or what `one_run` stands for (one user, the tables of a paper), is of a run at one level.
    """
    from tlbench.pipeline import read_profiles
    from tlbench.report.charts.gallery import write_pictures
    from tlbench.report.charts.profile import profile_pictures

    match form:
        case "terminal" | "markdown" | "html" | "json" | "csv" if not one_run:
            found = read_profiles(results)
            typer.echo(_text(found, results, form, every=every), nl=False)
        case _:
            raise TlbenchError(
                f"`{results}` is a profile, whose formats are terminal, markdown, html, json, csv",
                hint="users, papers and the other formats are of one run: `tlbench run SCENARIO`",
            )
    if charts is not None:
        paths = write_pictures(profile_pictures(found), charts)
        tell(f"{len(paths)} files are in `{charts}`")


def _text(profiles: Sequence[Profile], folder: Path, form: ProfileFormat, *, every: bool) -> str:
    from tlbench.report.profile_text import (
        profiles_as_csv,
        profiles_as_json,
        profiles_as_markdown,
        profiles_as_text,
    )

    match form:
        case "terminal":
            return profiles_as_text(profiles, every=every)
        case "markdown":
            return profiles_as_markdown(profiles)
        case "json":
            return profiles_as_json(profiles)
        case "csv":
            return profiles_as_csv(profiles)
        case "html":
            from tlbench.report.page.profile import profiles_as_html
            from tlbench.store.results import ResultsFolder

            results = ResultsFolder(folder)
            return profiles_as_html(profiles, results.read_suite(), results.read_environment())
