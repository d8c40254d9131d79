"""Forecasts -> lines on stdout: the cells, what is done, an estimate of time and memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from tlbench.execute.forecast import Forecast, ForecastRow


def print_forecasts(forecasts: Sequence[Forecast]) -> None:
    """Print what a run would do."""
    for forecast in forecasts:
        for line in _lines(forecast):
            typer.echo(line)
        typer.echo()
    seconds = sum(forecast.seconds_left for forecast in forecasts)
    most = sum(forecast.most_seconds_left for forecast in forecasts)
    peak = max((forecast.bytes for forecast in forecasts), default=0)
    left = _counted(
        sum(forecast.cells - forecast.done for forecast in forecasts),
        sum(forecast.trials - forecast.tried for forecast in forecasts),
    )
    placebos = f", {duration(most)} if every placebo is asked" if most > seconds else ""
    typer.echo(f"{left} to run: about {duration(seconds)}{placebos}")
    typer.echo(f"{peak / 2**20:,.0f} MiB at the peak; nothing was run")


def _lines(forecast: Forecast) -> Iterable[str]:
    folds = "1 fold" if forecast.folds == 1 else f"{forecast.folds} folds"
    yield f"{forecast.scenario}: {_counted(forecast.cells, forecast.trials)} over {folds}, {forecast.done} cells done"
    tuned = any(row.trials for row in forecast.rows)
    trials = f"{'trials':>8}" if tuned else ""
    yield f"{'method':<38}{'cells':>7}{trials}{'done':>6}{'failed':>8}{'a cell':>11}"
    for row in forecast.rows:
        most = "" if row.asked else "<="
        trials = f"{f'{most}{row.trials}':>8}" if tuned else ""
        yield f"{row.label:<38}{f'{most}{row.cells}':>7}{trials}{row.done:>6}{row.failed:>8}{_a_cell(row):>11}"
    for name, reason in forecast.not_applicable.items():
        yield f"not applicable: {name} ({reason})"
    if not all(row.asked for row in forecast.rows):
        yield "<= a placebo, run if its method beats its counterpart"
    if not all(row.measured for row in forecast.rows):
        yield "~ no cell of the method is finished here: a guess from the number of scores"


def _counted(cells: int, trials: int) -> str:
    counted = f"{cells} {'cell' if cells == 1 else 'cells'}"
    return f"{counted} and {trials} trials" if trials else counted


def _a_cell(row: ForecastRow) -> str:
    return f"{'' if row.measured else '~'}{duration(row.seconds)}"


def duration(seconds: float) -> str:
    """Write a time as people do: ``3.2 s``, ``4 min``, ``2.5 h``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
