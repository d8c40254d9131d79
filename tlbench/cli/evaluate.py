"""`tlbench evaluate`: measure a run that another system made."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tlbench.cli.guard import guarded, tell
from tlbench.cli.options import Plugin, Quiet, names

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
        "(two runs: tlbench compare OLD NEW --qrels QRELS)"
    )
    app.command("evaluate", epilog=epilog)(evaluate)


@guarded
def evaluate(
    qrels: Annotated[Path, typer.Option(help="What is relevant: TREC qrels, or .csv, .tsv, .parquet (user, item).")],
    run: Annotated[Path, typer.Option(help="Ranked lists: a TREC run, or a table (user, item, score or rank).")],
    metrics: Annotated[
        str, typer.Option(help="Metrics, separated by commas. Default: as of `run`.")
    ] = "ndcg@10,recall@20,mrr@10",
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
    from tlbench.plugins import register_all

    register_all(plugin or ())
    from tlbench.analysis.external_runs import measure_files, read_qrels

    measured = measure_files(read_qrels(qrels), run, names(metrics))
    if users is not None:
        _write(measured, users)
    typer.echo(_as_json(measured) if form is TableFormat.JSON else _as_table(measured))
    if not quiet:
        _explain(measured)


def _as_table(measured: Measured) -> str:
    values = measured.result.values
    width = max(len(name) for name in ("metric", *values.columns))
    lines = [f"{'metric':<{width}}    mean   users"]
    lines.extend(f"{name:<{width}}  {values[name].mean():.4f}  {len(values):>6,}" for name in values.columns)
    return "\n".join(lines)


def _as_json(measured: Measured) -> str:
    import json

    values = measured.result.values
    means = {name: float(values[name].mean()) for name in values.columns}
    counts = {"missing": measured.missing, "unjudged": measured.unjudged, "tied": measured.tied}
    return json.dumps({"schema": 1, "users": len(values), "means": means, **counts}, indent=2)


def _explain(measured: Measured) -> None:
    if measured.missing:
        users = "1 judged user is" if measured.missing == 1 else f"{measured.missing:,} judged users are"
        tell(f"{users} not in the run and count as 0")
    if measured.unjudged:
        users = "1 user of the run has" if measured.unjudged == 1 else f"{measured.unjudged:,} users of the run have"
        tell(f"{users} nothing relevant; left out")
    if measured.tied:
        rows = "1 row has" if measured.tied == 1 else f"{measured.tied:,} rows have"
        tell(f"{rows} the score of another row of the same user; the order of equal scores is random")


def _write(measured: Measured, path: Path) -> None:
    from tlbench.store.files import write_whole

    write_whole(path, measured.result.values.to_csv().encode())
