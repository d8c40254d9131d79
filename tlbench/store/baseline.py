"""Accepted results of a suite to a small folder that lives in a repository, and back.

`baseline.json` holds what people review: every cell's means, in lines that a diff shows. One Parquet file per scenario
holds what the gate needs: every user's values. Users are there as hashes, because the ids may be a publisher's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlbench.errors import TlbenchError
from tlbench.evaluation import Cell, RunResult
from tlbench.io.atomic import write_whole
from tlbench.io.sums import sha256_of
from tlbench.scenario.grammar import parse_scenario
from tlbench.store.files import damaged, read_sealed, write_json
from tlbench.store.records import BaselineRecord, read_record
from tlbench.store.tables import frame_of
from tlbench.suite import Suite, suite_from_table

if TYPE_CHECKING:
    import polars as pl

    from tlbench.store.contents import ScenarioResults

RECORD = "baseline.json"


@dataclass(frozen=True, eq=False)
class Baseline:
    """Accepted results: the suite, and its runs by scenario with hashed users."""

    suite: Suite
    runs: Mapping[str, tuple[RunResult, ...]]


def is_baseline(folder: Path) -> bool:
    """Say whether a folder holds a baseline."""
    return (folder / RECORD).is_file()


def write_baseline(
    folder: Path, suite: Suite, results: Sequence[ScenarioResults], environment: Mapping[str, Any]
) -> None:
    """Accept results: replace the baseline in a folder.

    Parameters
    ----------
    folder
        Where the baseline lives.
    suite
        What was run.
    results
        What came out, one per scenario.
    environment
        What it was made with.
    """
    sums = {}
    for result in results:
        content = _parquet(result.runs)
        sums[_values_file(result.counts.scenario)] = sha256_of(content)
        write_whole(folder / _values_file(result.counts.scenario), content)
        aggregates = _aggregates_parquet(result.runs)
        if aggregates is not None:
            sums[_aggregates_file(result.counts.scenario)] = sha256_of(aggregates)
            write_whole(folder / _aggregates_file(result.counts.scenario), aggregates)
    table = {
        "suite": {key: value for key, value in suite.as_table().items() if key != "schema"},
        "environment": dict(environment),
        "sums": sums,
        "scenarios": {result.counts.scenario: [_record(run) for run in result.runs] for result in results},
    }
    write_json(folder / RECORD, table)


def read_baseline(folder: Path) -> Baseline:
    """Read what `write_baseline` wrote.

    Raises
    ------
    TlbenchError
        If there is no baseline, or one that is damaged or of another version.
    """
    if not is_baseline(folder):
        raise TlbenchError(
            f"`{folder}` holds no baseline", hint="accept the present results as one: `tlbench check SUITE --update`"
        )
    record = read_record(folder / RECORD, BaselineRecord, sealed=False)
    suite = suite_from_table({"schema": 1, **record.suite}, origin=str(folder / RECORD))
    runs = {name: tuple(_runs(folder, name, record)) for name in record.scenarios}
    return Baseline(suite, runs)


def hide_users(run: RunResult) -> RunResult:
    """Replace the users' ids of a run by hashes that are equal for equal users on equal splits."""
    return replace(run, values=run.values.set_axis(_hashes(run), axis=0).rename_axis("user"))


def _hashes(run: RunResult) -> list[str]:
    start = hashlib.sha256(run.split_digest.encode() + b"\0")
    found = []
    for user in run.values.index:
        total = start.copy()
        total.update(str(user).encode())
        found.append(total.hexdigest()[:16])
    return found


def _values_file(scenario: str) -> str:
    return f"{parse_scenario(scenario).slug}.parquet"


def _aggregates_file(scenario: str) -> str:
    return f"{parse_scenario(scenario).slug}.overall.parquet"


def _record(run: RunResult) -> dict[str, Any]:
    cell = run.cell
    return {
        "method": cell.method,
        "placebo": cell.placebo,
        "seed": cell.seed,
        "parameters": dict(cell.parameters),
        "split_digest": run.split_digest,
        "cold_users": run.cold_users,
        "test": {name: float(mean) for name, mean in run.values.mean().items()},
        "validation": dict(run.validation),
        **(
            {}
            if run.aggregates is None
            else {"overall": {name: float(run.aggregates[name].iloc[0]) for name in run.aggregates}}
        ),
    }


def _parquet(runs: Sequence[RunResult]) -> bytes:
    """A column of hashed users, then one per cell and metric; all cells of a scenario judge the same users."""
    import polars as pl

    columns: dict[str, Any] = {}
    for i, run in enumerate(runs):
        values = hide_users(run).values.sort_index()
        columns.setdefault("user", values.index.to_list())
        if columns["user"] != values.index.to_list():
            raise TlbenchError(
                f"`{run.cell.label}` seed {run.cell.seed} was judged on other users than the rest of its scenario",
                hint="run the suite again into an empty folder",
            )
        columns.update({f"{i}/{name}": values[name].to_numpy() for name in values.columns})
    target = BytesIO()
    pl.DataFrame(columns).write_parquet(target, compression="zstd", compression_level=19, statistics=False)
    return target.getvalue()


def _aggregates_parquet(runs: Sequence[RunResult]) -> bytes | None:
    """A column per cell and metric of the whole run; None without any."""
    import polars as pl

    columns = {
        f"{i}/{name}": run.aggregates[name].to_numpy()
        for i, run in enumerate(runs)
        if run.aggregates is not None
        for name in run.aggregates.columns
    }
    if not columns:
        return None
    target = BytesIO()
    pl.DataFrame(columns).write_parquet(target, compression="zstd", compression_level=19, statistics=False)
    return target.getvalue()


def _runs(folder: Path, scenario: str, record: BaselineRecord) -> Iterable[RunResult]:
    import pandas as pd

    frame = _table(folder / _values_file(scenario), record)
    has_overall = any(run.overall for run in record.scenarios[scenario])
    whole = _table(folder / _aggregates_file(scenario), record) if has_overall else None
    users = pd.Index(frame["user"].to_list(), name="user", dtype=object)
    for place, run in enumerate(record.scenarios[scenario]):
        values = pd.DataFrame({name: frame[f"{place}/{name}"].to_numpy() for name in run.test}, index=users)
        of_run = {name: whole[f"{place}/{name}"].to_numpy() for name in run.overall or {}} if whole is not None else {}
        cell = Cell(scenario, run.method, run.parameters, run.seed, run.placebo)
        overall = pd.DataFrame(of_run) if of_run else None
        yield RunResult(cell, run.split_digest, values, run.validation, run.cold_users, aggregates=overall)


def _table(path: Path, record: BaselineRecord) -> pl.DataFrame:
    """Read a table of a baseline, which must be the one that was accepted."""
    if path.name not in record.sums:
        raise damaged(path.with_name(RECORD), f"it has no sum of `{path.name}`")
    return frame_of(read_sealed(path, sha256=record.sums[path.name]), path)
