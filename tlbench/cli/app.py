"""The `tlbench` command: which commands there are."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tlbench.cli import (
    check,
    compare,
    data,
    evaluate,
    explain,
    history,
    inspect,
    link,
    listing,
    power,
    profile,
    report,
    run,
    split,
    twins,
    verify,
)
from tlbench.cli.guard import check_every_byte, report_failure
from tlbench.version import __version__

app = typer.Typer(
    name="tlbench",
    help="Does knowledge from a source domain make recommendations in a target domain better?",
    epilog='Start here: tlbench run "demo-movies->demo-books" --preset quick',
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tlbench {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


run.add_to(app)
profile.add_to(app)
compare.add_to(app)
check.add_to(app)
report.add_to(app)
explain.add_to(app)
power.add_to(app)
history.add_to(app)
verify.add_to(app)
listing.add_to(app)
data.add_to(app)
inspect.add_to(app)
link.add_to(app)
twins.add_to(app)
split.add_to(app)
evaluate.add_to(app)


def main() -> None:
    """Run the command line; what goes wrong outside a command, such as printing help, gets its exit code here."""
    check_every_byte()
    try:
        app()
    except SystemExit:
        raise
    except BaseException as error:
        sys.exit(report_failure(error))
