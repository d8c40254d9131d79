"""`tlbench evaluate`: measure a run that another system made."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tlbench.analysis.external_files import Ties
from tlbench.cli.guard import guarded, tell
from tlbench.cli.options import Catalogue, Plugin, Quiet, TiesOption, names

if TYPE_CHECKING:
    from tlbench.analysis.external_runs import Measured
    from tlbench.analysis.external_twins import Exposure

    Parts = tuple[Measured | None, Measured | None]


class TableFormat(StrEnum):
    """How values can be printed."""

    TERMINAL = "terminal"
    JSON = "json"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    epilog = (
        "Example: tlbench evaluate --qrels test.qrels --run bm25.run --metrics ndcg@10,recall@20   "
        "(are two runs different? tlbench compare OLD NEW --qrels QRELS)"
    )
    app.command("evaluate", epilog=epilog)(evaluate)


@guarded
def evaluate(
    qrels: Annotated[Path, typer.Option(help="What is relevant: TREC qrels, or .csv, .tsv, .parquet (user, item).")],
    run: Annotated[
        list[Path], typer.Option(help="Ranked lists: a TREC run, or a table (user, item, score or rank). Repeatable.")
    ],
    metrics: Annotated[
        str, typer.Option(help="Metrics, separated by commas. Default: those of `run`.")
    ] = "ndcg@10,recall@20,mrr@10",
    ties: TiesOption = Ties.RANDOM,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|NAME",
            help="What the run learnt from besides the target: events that it tells are measured apart. Default: none.",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|NAME",
            help="What it learnt of the target; finds more of what `--source` tells. Default: none.",
        ),
    ] = None,
    catalogue: Catalogue = None,
    users: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Also write every user's values. Default: none.")
    ] = None,
    form: Annotated[TableFormat, typer.Option("--format", help="How to print. Default: terminal.")] = (
        TableFormat.TERMINAL
    ),
    plugin: Plugin = None,
    quiet: Quiet = False,
) -> None:
    """Measure ranked lists from files, user by user, with the same metrics as our own runs."""
    from tlbench.api import evaluate as ask

    found = ask(
        qrels,
        run,
        metrics=names(metrics),
        ties=ties.value,
        source=source,
        target=target,
        catalogue=catalogue,
        plugins=plugin or (),
    )
    measured, exposure, parts = found.by_run, found.exposure, found.parts
    if users is not None:
        _write(measured, users)
    typer.echo(_as_json(measured, exposure, parts) if form is TableFormat.JSON else _as_table(measured, parts))
    if exposure is not None:
        from tlbench.report.twin_text import exposure_line

        tell(exposure_line(exposure))
    if not quiet:
        for path, values in measured.items():
            _explain(values, "" if len(measured) == 1 else f"{path.name}: ", ties)


def _as_table(measured: Mapping[Path, Measured], parts: Mapping[Path, Parts]) -> str:
    """One row per run and metric; with a source, also of exposed and of other events."""
    heads = ("run", "metric", "mean", "users", *(("exposed", "users", "unexposed", "users") if parts else ()))
    rows = [
        (path.name, name, *_cells(found, name), *(cell for part in parts.get(path, ()) for cell in _cells(part, name)))
        for path, found in measured.items()
        for name in found.result.values.columns
    ]
    widths = [max(len(row[k]) for row in (heads, *rows)) for k in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) if place < 2 else cell.rjust(width) for place, (cell, width) in enumerate(aligned))
        for aligned in (list(zip(row, widths, strict=True)) for row in (heads, *rows))
    )


def _cells(measured: Measured | None, name: str) -> tuple[str, str]:
    """Mean of a metric and number of users."""
    if measured is None:
        return "none", "0"
    values = measured.result.values[name]
    return f"{values.mean():.4f}", f"{len(values):,}"


def _as_json(measured: Mapping[Path, Measured], exposure: Exposure | None, parts: Mapping[Path, Parts]) -> str:
    import json

    runs = [
        {
            "run": str(path),
            **_means(found),
            "missing": found.missing,
            "unjudged": found.unjudged,
            "tied": found.tied,
            **{key: _means(part) for key, part in zip(("exposed", "unexposed"), parts.get(path, ()), strict=False)},
        }
        for path, found in measured.items()
    ]
    told = {} if exposure is None else {"source": _told(exposure)}
    return json.dumps({"schema": 2, **told, "runs": runs}, indent=2)


def _means(measured: Measured | None) -> dict[str, Any]:
    """Number of users, and the mean of each metric."""
    values = None if measured is None else measured.result.values
    if values is None:
        return {"users": 0, "means": {}}
    return {"users": len(values), "means": {name: float(column.mean()) for name, column in values.items()}}


def _told(exposure: Exposure) -> dict[str, int | float]:
    """What the source tells, in numbers."""
    twins = exposure.twins
    return {
        "items": twins.of_items,
        "twins": twins.items,
        "events": twins.of_events,
        "twin_events": twins.events,
        "judged_events": exposure.of_events,
        "exposed_events": exposure.events,
    }


def _explain(measured: Measured, name: str, ties: Ties) -> None:
    if measured.missing:
        users = "1 judged user is" if measured.missing == 1 else f"{measured.missing:,} judged users are"
        tell(f"{name}{users} not in the run and count as 0")
    if measured.unjudged:
        users = "1 user of the run has" if measured.unjudged == 1 else f"{measured.unjudged:,} users of the run have"
        tell(f"{name}{users} nothing relevant; left out")
    if measured.tied:
        rows = "1 row has" if measured.tied == 1 else f"{measured.tied:,} rows have"
        order = "is random" if ties is Ties.RANDOM else "is by id, as in trec_eval"
        tell(f"{name}{rows} the score of another row of the same user; the order of equal scores {order}")


def _write(measured: Mapping[Path, Measured], path: Path) -> None:
    """One row per run and user."""
    import pandas as pd

    from tlbench.io.atomic import write_whole

    table = pd.concat({run.stem: found.result.values for run, found in measured.items()}, names=["run"])
    write_whole(path, table.to_csv().encode())
