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
    left = sum(forecast.cells - forecast.done for forecast in forecasts)
    seconds = sum(forecast.seconds_left for forecast in forecasts)
    peak = max((forecast.bytes for forecast in forecasts), default=0)
    typer.echo(f"{left} cells to run: about {duration(seconds)}, {peak / 2**20:,.0f} MiB at the peak; nothing was run")


def _lines(forecast: Forecast) -> Iterable[str]:
    yield f"{forecast.scenario}: {forecast.cells} cells, {forecast.done} done"
    yield f"{'method':<40}{'cells':>6}{'done':>6}{'failed':>8}{'a cell':>11}"
    for row in forecast.rows:
        yield f"{row.label:<40}{row.cells:>6}{row.done:>6}{row.failed:>8}{_a_cell(row):>11}"
    for name, reason in forecast.not_applicable.items():
        yield f"not applicable: {name} ({reason})"
    if not all(row.measured for row in forecast.rows):
        yield "~ no cell of the method is finished here: a guess from the number of scores"


def _a_cell(row: ForecastRow) -> str:
    return f"{'' if row.measured else '~'}{duration(row.seconds)}"


def duration(seconds: float) -> str:
    """Write a time as people do: ``3.2 s``, ``4 min``, ``2.5 h``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
