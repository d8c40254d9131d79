"""`tlbench evaluate`: measure a run that another system made."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tlbench.analysis.external_files import Ties
from tlbench.cli.guard import guarded, tell
from tlbench.cli.options import Plugin, Quiet, TiesOption, names

if TYPE_CHECKING:
    from tlbench.analysis.external_runs import Measured


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

    measured = ask(qrels, run, metrics=names(metrics), ties=ties.value, plugins=plugin or ()).by_run
    if users is not None:
        _write(measured, users)
    typer.echo(_as_json(measured) if form is TableFormat.JSON else _as_table(measured))
    if not quiet:
        for path, values in measured.items():
            _explain(values, "" if len(measured) == 1 else f"{path.name}: ", ties)


def _as_table(measured: Mapping[Path, Measured]) -> str:
    """One row per run and metric."""
    rows = [
        (path.name, name, f"{values[name].mean():.4f}", f"{len(values):,}")
        for path, values in ((path, found.result.values) for path, found in measured.items())
        for name in values.columns
    ]
    heads = ("run", "metric", "mean", "users")
    widths = [max(len(row[k]) for row in (heads, *rows)) for k in range(len(heads))]
    lines = [
        f"{run:<{widths[0]}}  {name:<{widths[1]}}  {mean:>{widths[2]}}  {users:>{widths[3]}}"
        for run, name, mean, users in (heads, *rows)
    ]
    return "\n".join(lines)


def _as_json(measured: Mapping[Path, Measured]) -> str:
    import json

    runs = [
        {
            "run": str(path),
            "users": len(found.result.values),
            "means": {name: float(values.mean()) for name, values in found.result.values.items()},
            "missing": found.missing,
            "unjudged": found.unjudged,
            "tied": found.tied,
        }
        for path, found in measured.items()
    ]
    return json.dumps({"schema": 2, "runs": runs}, indent=2)


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
