"""Tunings to one table of all their trials, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from tlbench.tune import Budget, Trial, Tuning


def trial_table(tunings: Sequence[Tuning]) -> bytes:
    """Return a Parquet file with a row per trial; seconds are not in it, because they differ from run to run."""
    import polars as pl

    rows = [
        {
            "method": tuning.method,
            "placebo": tuning.placebo,
            "fold": tuning.fold,
            "trial": trial.number,
            "state": trial.state,
            "value": trial.value,
            "best": trial is tuning.best,
            "parameters": json.dumps(dict(trial.parameters), sort_keys=True),
            "drawn": json.dumps(dict(trial.drawn), sort_keys=True),
            "epochs": list(trial.epochs),
            "reason": trial.reason,
        }
        for tuning in tunings
        for trial in tuning.trials
    ]
    text, number = pl.String, pl.Float64
    schema: dict[str, Any] = {
        "method": text,
        "placebo": text,
        "fold": pl.Int64,
        "trial": pl.Int64,
        "state": text,
        "value": number,
        "best": pl.Boolean,
    }
    schema |= {"parameters": text, "drawn": text, "epochs": pl.List(number), "reason": text}
    target = BytesIO()
    pl.DataFrame(rows, schema=schema).write_parquet(target, compression="zstd")
    return target.getvalue()


def tunings_of(content: bytes, seconds: Mapping[str, Sequence[float]], budget: Budget) -> tuple[Tuning, ...]:
    """Read what `trial_table` made; `seconds` are the times of the trials by label."""
    import polars as pl

    found: dict[tuple[str, str | None, int | None], list[Trial]] = {}
    for row in pl.read_parquet(content).iter_rows(named=True):
        key = (row["method"], row["placebo"], row["fold"])
        label = Tuning(key[0], key[1], budget, (), key[2]).label
        trial = Trial(
            number=row["trial"],
            parameters=json.loads(row["parameters"]),
            drawn=json.loads(row["drawn"]),
            state=row["state"],
            value=row["value"],
            epochs=tuple(row["epochs"]),
            reason=row["reason"],
            seconds=seconds[label][row["trial"]],
        )
        found.setdefault(key, []).append(trial)
    return tuple(Tuning(name, placebo, budget, tuple(trials), fold) for (name, placebo, fold), trials in found.items())
