"""What `compare` and `check` share: options, margins, formats, exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tlbench.cli.guard import ExitCode
from tlbench.errors import NothingToCompare, TlbenchError

if TYPE_CHECKING:
    from tlbench.analysis.regression import Gate


class GateFormat(StrEnum):
    """How a gate can be printed."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    JSON = "json"


class FailOnOption(StrEnum):
    """What fails a gate."""

    REGRESSED = "regressed"
    INCONCLUSIVE = "inconclusive"


_FORMAT_OF_SUFFIX = {".md": GateFormat.MARKDOWN, ".xml": GateFormat.JUNIT, ".json": GateFormat.JSON}

Metrics = Annotated[
    str | None, typer.Option(help="What to compare, separated by commas. Default: the control's primary metric.")
]
Margins = Annotated[
    list[str] | None,
    typer.Option(
        "--margin",
        metavar="SHARE | METRIC=SHARE",
        help="Largest loss that does not matter, as a share of the control's mean; may be repeated. Default: 1%.",
    ),
]
Alpha = Annotated[float, typer.Option(min=0.0001, max=0.4999, help="Level of every test. Default: 0.05.")]
FailOnChoice = Annotated[
    FailOnOption,
    typer.Option(help="Fail where a loss is shown, or already where one cannot be excluded. Default: regressed."),
]
Form = Annotated[GateFormat, typer.Option("--format", help="How to print it. Default: terminal.")]
Save = Annotated[
    list[Path] | None,
    typer.Option(help="Also write it to a file, as .md, .xml (JUnit) or .json; may be repeated. Default: none."),
]
Verbose = Annotated[bool, typer.Option("--verbose", help="The reason of every outcome (terminal). Default: off.")]


def show_gate(gate: Gate, form: GateFormat, *, title: str, save: Sequence[Path], verbose: bool) -> None:
    """Print a gate to stdout and write it to files."""
    from tlbench.io.atomic import write_whole
    from tlbench.report.terminal import print_gate

    for path in save:
        write_whole(path, _text(gate, _format_of(path), title).encode())
    if form is GateFormat.TERMINAL:
        print_gate(gate, verbose=verbose)
    else:
        typer.echo(_text(gate, form, title), nl=False)


def check_files(paths: Sequence[Path]) -> None:
    """Refuse files of unknown kinds before the work begins."""
    for path in paths:
        _format_of(path)


def _format_of(path: Path) -> GateFormat:
    if path.suffix not in _FORMAT_OF_SUFFIX:
        raise TlbenchError(f"`{path}` has no known ending", hint=f"it is one of {', '.join(_FORMAT_OF_SUFFIX)}")
    return _FORMAT_OF_SUFFIX[path.suffix]


def _text(gate: Gate, form: GateFormat, title: str) -> str:
    from tlbench.report.changes import gate_as_json, gate_as_markdown
    from tlbench.report.junit import gate_as_junit

    writers: dict[GateFormat, Callable[[], str]] = {
        GateFormat.MARKDOWN: lambda: gate_as_markdown(gate, title=title),
        GateFormat.JUNIT: lambda: gate_as_junit(gate, title=title),
        GateFormat.JSON: lambda: gate_as_json(gate),
    }
    return writers[form]()


def leave(gate: Gate) -> None:
    """Exit with code 1 where the gate failed, and with 3 where it judged nothing: such a gate must not look open."""
    if not gate.passed:
        raise typer.Exit(ExitCode.GATE)
    if not gate.judged:
        raise NothingToCompare(
            "there is not a single comparison to judge",
            hint="check that both sides hold the same scenarios and methods: `tlbench report FOLDER`",
        )
