"""`tlbench link`: which items of a scenario's domains carry the same title, as a table to be corrected by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tlbench.cli.arrow import scenarios_meant
from tlbench.cli.from_options import Given, with_options
from tlbench.cli.guard import guarded, tell
from tlbench.cli.progress import shown_progress
from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    from tlbench.scenario.scenario import Scenario
    from tlbench.scenario.titles import TitleLinks


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    epilog = (
        'Example: tlbench link "movielens->amazon-books" --out links.csv   '
        '(correct column `kept`, then: tlbench run "movielens->amazon-books" --links links.csv)'
    )
    app.command("link", epilog=epilog)(link)


@guarded
@with_options(("k_core", "filter_users", "min_rating", "catalogue", "offline", "quiet"))
def link(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="`source[+source...]->target`.")],
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Where to write the table. Default: it is not written.")
    ] = None,
    threshold: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Least similarity of titles, 0 to 1; 1 takes equal ones only.")
    ] = 0.9,
    ambiguous: Annotated[
        Literal["popular", "drop"],
        typer.Option(help="Of several pairs of one item: the most popular one, or none."),
    ] = "popular",
    given: Given,
) -> None:
    """Link items of domains without common ids by their titles, and show how many and which are doubtful."""
    from tlbench.data import load
    from tlbench.plugins import register_all
    from tlbench.report.title_links import title_link_lines
    from tlbench.scenario.build import build_scenario
    from tlbench.suite import read_request

    if out is not None and out.suffix.lower() != ".csv":
        raise TlbenchError(f"`{out}` does not end in `.csv`", hint="name a file like links.csv")
    register_all()
    named = scenarios_meant([scenario], quiet=given.get("quiet", False))
    request = read_request(None, {**given, "name": "link", "scenarios": named})
    suite, settings, quiet = request.suite, request.settings, request.settings.quiet
    with shown_progress(quiet=quiet) as progress:
        built = build_scenario(
            suite.scenarios[0],
            suite.filters,
            lambda text: load(text, catalogue=settings.catalogue, offline=settings.offline, progress=progress),
        )
    found = _linked(built, threshold=threshold, ambiguous=ambiguous)
    sources = {source.name: source for source in built.sources}
    for source, links in found.items():
        for line in title_link_lines(links, sources[source], built.target):
            typer.echo(line)
    if out is not None:
        _write(out, found, built, quiet=quiet)


def _linked(built: Scenario, *, threshold: float, ambiguous: Literal["popular", "drop"]) -> dict[str, TitleLinks]:
    """Link every source that can be linked by title; say why others cannot, and raise where none can."""
    from tlbench.scenario.alignment import why_no_titles
    from tlbench.scenario.titles import link_titles

    reasons = {source.name: why_no_titles(source, built.target) for source in built.sources}
    if all(reasons.values()):
        listed = "; ".join(dict.fromkeys(str(reason) for reason in reasons.values()))
        raise TlbenchError(
            f"no source of `{built.name}` can be linked by title: {listed}",
            hint="titles link domains whose item ids are of different families, where both have titles",
        )
    for reason in filter(None, reasons.values()):
        tell(f"not linked by title: {reason}")
    return {
        source.name: link_titles(source, built.target, threshold=threshold, ambiguous=ambiguous)
        for source in built.sources
        if reasons[source.name] is None
    }


def _write(out: Path, found: dict[str, TitleLinks], built: Scenario, *, quiet: bool) -> None:
    from tlbench.scenario.link_table import write_link_table

    write_link_table(out, found, built.target.name)
    if not quiet:
        tell(f'the table is in `{out}`; correct its column `kept`, then: tlbench run "{built.name}" --links {out}')
