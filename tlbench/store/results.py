"""A results folder: where a suite's cells are, how they are written and how they are read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from tlbench.data.interactions import CleaningStep
from tlbench.errors import TlbenchError
from tlbench.evaluate import Cell, RunResult
from tlbench.io.atomic import write_whole
from tlbench.io.sums import sha256_of, sha256_of_table
from tlbench.scenario.gap import Gap, gap_from_table, gap_table
from tlbench.scenario.grammar import parse_scenario
from tlbench.split.counts import DomainCounts, FoldCounts, ScenarioCounts, TwinCounts
from tlbench.store.address import parameters_hash
from tlbench.store.files import Damaged, damaged, is_whole, read_json, read_sealed, write_json, write_sealed
from tlbench.store.folds import pool
from tlbench.store.trials import trial_table, tunings_of
from tlbench.suite import Suite, suite_from_file
from tlbench.tune import Budget, Search, Trial, Tuning

if TYPE_CHECKING:
    import pandas as pd


_FEATURES = "users.parquet"
_GAP = "gap.json"


@dataclass(frozen=True)
class Plan:
    """What a scenario's run consists of.

    Attributes
    ----------
    counts
        Its counts.
    cells
        Those whose parameters are known.
    not_applicable
        Methods that cannot run on it, and why.
    searches
        What is to be tuned before the parameters of its cells are known.
    """

    counts: ScenarioCounts
    cells: tuple[Cell, ...]
    not_applicable: Mapping[str, str]
    searches: tuple[Search, ...] = ()


@dataclass(frozen=True, eq=False)
class ScenarioResults:
    """What is there of one scenario.

    `runs` are what finished in every fold, in the plan's order, with the folds pooled: every judged user counts once
    (see `tlbench.store.folds`). `by_fold` are the finished cells of each fold. `failed` are labels with seeds of cells
    that gave an error, with the reason, and `missing` those that have not run. `features` is what is known of each
    judged user (a row per user, a column per respect) and `gap` how unlike the domains are; both are None where an
    older run did not store them.
    """

    counts: ScenarioCounts
    runs: tuple[RunResult, ...]
    not_applicable: Mapping[str, str]
    failed: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    features: pd.DataFrame | None = None
    tunings: tuple[Tuning, ...] = ()
    gap: Gap | None = None
    by_fold: tuple[RunResult, ...] = ()

    def of(self, method: str, placebo: str | None = None) -> tuple[RunResult, ...]:
        """Return a method's runs in the order of their seeds."""
        found = [run for run in self.runs if (run.cell.method, run.cell.placebo) == (method, placebo)]
        return tuple(sorted(found, key=lambda run: run.cell.seed))


@dataclass(frozen=True)
class ResultsFolder:
    """The folder of one suite's results; the layout is described in docs/results.md."""

    root: Path

    def cell_stem(self, cell: Cell) -> Path:
        """Return the path of a cell's files without their endings."""
        folder = self.scenario(cell.scenario) / cell.label / parameters_hash(cell)
        return folder / f"fold-{cell.fold}" / f"seed-{cell.seed}"

    def scenario(self, name: str) -> Path:
        """Return the folder of a scenario."""
        return self.root / parse_scenario(name).slug

    # --- writing ---

    def write_suite(self, suite: Suite, environment: Mapping[str, Any]) -> str:
        """Write what is run, with what, and how it is to be judged; return the name of the environment.

        ``environment.json`` keeps every environment that cells of this folder were made in, by a hash of its content.
        """
        write_whole(self.root / "suite.toml", tomli_w.dumps(suite.as_table()).encode())
        path = self.root / "environment.json"
        name = sha256_of_table(dict(environment))[:10]
        known = read_json(path).get("environments", {}) if path.exists() and is_whole(path) else {}
        write_json(path, {"environments": {**known, name: dict(environment)}})
        return name

    def write_plan(self, plan: Plan, inputs: str) -> None:
        """Write a scenario's counts and the list of its cells, before the first one runs.

        `inputs` is a sum over all that the plan depends on; see `read_plan`.
        """
        table = {
            "inputs": inputs,
            "card": asdict(plan.counts),
            "cells": [_cell_table(cell) for cell in plan.cells],
            "not_applicable": dict(plan.not_applicable),
            "to_tune": [search.label for search in plan.searches],
        }
        write_json(self.scenario(plan.counts.scenario) / "split.json", table)

    def write_features(self, scenario: str, features: pd.DataFrame) -> None:
        """Write what is known of each judged user, for segments: a row a user, a column a respect."""
        write_sealed(self.scenario(scenario) / _FEATURES, _parquet(features))

    def write_gap(self, gap: Gap) -> None:
        """Write how unlike a scenario's domains are."""
        write_json(self.scenario(gap.scenario) / _GAP, {"gap": gap_table(gap)})

    def write_run(self, result: RunResult, address: str, *, notes: Mapping[str, Any] | None = None) -> None:
        """Write a finished cell: the values first, the record last, because the record says that all is there.

        `notes` is what differs from run to run and moves no number (memory, environment); it stays beside the record.
        """
        stem = self.cell_stem(result.cell)
        stem.with_suffix(".failed.json").unlink(missing_ok=True)
        values = _parquet(result.values)
        write_whole(stem.with_suffix(".users.parquet"), values)
        aggregates = None if result.aggregates is None else _parquet(result.aggregates)
        if aggregates is not None:
            write_whole(stem.with_suffix(".overall.parquet"), aggregates)
        write_json(stem.with_suffix(".time.json"), {"seconds": dict(result.timing), **(notes or {})})
        record = {
            "address": address,
            "cell": _cell_table(result.cell),
            "split_digest": result.split_digest,
            "users": len(result.values),
            "values_sha256": sha256_of(values),
            "overall_sha256": None if aggregates is None else sha256_of(aggregates),
            "cold_users": result.cold_users,
            "epochs": list(result.epochs),
            "test": {name: float(mean) for name, mean in result.values.mean().items()},
            "validation": dict(result.validation),
        }
        write_json(stem.with_suffix(".json"), record)

    def write_failure(self, cell: Cell, reason: str, *, trace: str | None = None) -> None:
        """Record that a cell failed and why; it is tried again by the next run."""
        record = {"cell": _cell_table(cell), "reason": reason, "trace": trace}
        write_json(self.cell_stem(cell).with_suffix(".failed.json"), record)

    def write_trial(self, scenario: str, search: Search, address: str, trial: Trial) -> None:
        """Write one trial of a search; its time stays apart from what is the same each time."""
        stem = self._trials(scenario, search, address) / f"trial-{trial.number:05}"
        table = {key: value for key, value in asdict(trial).items() if key != "seconds"}
        write_json(stem.with_suffix(".time.json"), {"seconds": trial.seconds})
        write_json(stem.with_suffix(".json"), table)

    def write_tunings(self, scenario: str, tunings: Sequence[Tuning]) -> None:
        """Keep every trial of a scenario's searches in one table, and the time that each search took."""
        folder = self.scenario(scenario)
        write_sealed(folder / "tuning.parquet", trial_table(tunings))
        seconds = {tuning.label: [trial.seconds for trial in tuning.trials] for tuning in tunings}
        write_json(folder / "tuning.time.json", {"seconds": seconds})

    # --- reading ---

    def read_plan(self, name: str, inputs: str) -> Plan | None:
        """Read the plan of a scenario that was made of the same inputs; None where there is none, or parts of it."""
        path = self.scenario(name) / "split.json"
        try:
            table = read_json(path) if path.exists() else {}
        except Damaged:
            return None
        if table.get("inputs") != inputs or table["to_tune"]:
            return None
        beside = (_FEATURES, _GAP, "tuning.parquet", "tuning.time.json")
        if not all(is_whole(path.with_name(file)) for file in beside):
            return None
        return Plan(_counts(table["card"]), tuple(map(_cell, table["cells"])), table["not_applicable"])

    def read_trials(self, scenario: str, search: Search, address: str) -> tuple[Trial, ...]:
        """Read the trials of a search that are there, from the first one to the first gap."""
        found: list[Trial] = []
        while True:
            stem = self._trials(scenario, search, address) / f"trial-{len(found):05}"
            try:
                table = read_json(stem.with_suffix(".json"))
                seconds = read_json(stem.with_suffix(".time.json"))["seconds"]
            except TlbenchError:
                return tuple(found)
            del table["schema"]
            found.append(Trial(**{**table, "epochs": tuple(table["epochs"])}, seconds=seconds))

    def _trials(self, scenario: str, search: Search, address: str) -> Path:
        return self.scenario(scenario) / search.label / "tuning" / address[:10]

    def read_tunings(self, scenario: str, budget: Budget) -> tuple[Tuning, ...]:
        """Read what `write_tunings` wrote; nothing where nothing was tuned."""
        path = self.scenario(scenario) / "tuning.parquet"
        if not path.exists():
            return ()
        seconds = read_json(path.with_suffix(".time.json"))["seconds"]
        return tunings_of(read_sealed(path), seconds, budget)

    def has(self, cell: Cell, address: str) -> bool:
        """Say whether a cell is there, whole, and still true."""
        stem = self.cell_stem(cell)
        record, values = stem.with_suffix(".json"), stem.with_suffix(".users.parquet")
        if not (record.exists() and values.exists()):
            return False
        try:
            found = read_json(record)
        except Damaged:
            return False
        whole = stem.with_suffix(".overall.parquet")
        sums = {"values_sha256": _sum(values), "overall_sha256": _sum(whole) if found.get("overall_sha256") else None}
        if not is_whole(stem.with_suffix(".time.json")):
            return False
        return found.get("address") == address and all(found.get(name) == value for name, value in sums.items())

    def read_run(self, cell: Cell) -> RunResult:
        """Read a finished cell."""
        stem = self.cell_stem(cell)
        record = read_json(stem.with_suffix(".json"))
        if self.cell_stem(_cell(record["cell"])) != stem:
            raise damaged(stem.with_suffix(".json"), "it belongs to another cell")
        overall = record["overall_sha256"]
        return RunResult(
            cell=_cell(record["cell"]),
            split_digest=record["split_digest"],
            values=_values(stem.with_suffix(".users.parquet"), record["values_sha256"]),
            validation=record["validation"],
            cold_users=record["cold_users"],
            timing=self.read_timing(cell),
            aggregates=None if overall is None else _aggregates(stem.with_suffix(".overall.parquet"), overall),
            epochs=tuple(record.get("epochs", ())),
        )

    def read_timing(self, cell: Cell) -> dict[str, float]:
        """Read how long a finished cell took, stage by stage in seconds; empty where it was not recorded."""
        found: dict[str, float] = self.read_notes(cell).get("seconds", {})
        return found

    def read_notes(self, cell: Cell) -> dict[str, Any]:
        """Read what was recorded of a finished cell's run beside its numbers; empty where nothing was."""
        path = self.cell_stem(cell).with_suffix(".time.json")
        return read_json(path) if path.exists() else {}

    def failure(self, cell: Cell) -> str | None:
        """Say why a cell failed; None where it did not."""
        path = self.cell_stem(cell).with_suffix(".failed.json")
        try:
            return str(read_json(path)["reason"]) if path.exists() else None
        except Damaged as error:
            return error.message

    def read_suite(self) -> Suite:
        """Read what was run and how it is to be judged."""
        if not (self.root / "suite.toml").is_file():
            raise TlbenchError(f"`{self.root}` holds no results", hint="give a folder that `tlbench run` wrote")
        return suite_from_file(self.root / "suite.toml")

    def read_environment(self) -> dict[str, Any]:
        """Read what the results were made with."""
        return {key: value for key, value in read_json(self.root / "environment.json").items() if key != "schema"}

    def _read_split(self, name: str) -> dict[str, Any]:
        """Read the plan and the counts of a scenario, of which the folder must be its own.

        Raises
        ------
        TlbenchError
            Where it lies under the name that an older version gave it.
        Damaged
            Where the folder holds another scenario.
        """
        path = self.scenario(name) / "split.json"
        former = self.root / parse_scenario(name).former_slug
        if not path.exists() and (former / path.name).exists():
            raise TlbenchError(
                f"`{former}` has the name that an older version gave to `{name}` and to others alike",
                hint=f"where it holds this scenario, rename it to `{path.parent.name}`; else run the suite again",
            )
        table = read_json(path)
        if table["card"]["scenario"] != name:
            raise damaged(path, f"it belongs to `{table['card']['scenario']}`, not to `{name}`")
        return table

    def read_scenario(self, name: str) -> ScenarioResults:
        """Read what is there of a scenario."""
        table = self._read_split(name)
        counts = _counts(table["card"])
        several = len(counts.folds) > 1
        runs, failed, missing = [], dict[str, str](), []
        for cell in map(_cell, table["cells"]):
            label = f"{cell.label} seed {cell.seed}"
            reason = self.failure(cell)
            if reason is not None:
                failed.setdefault(label, f"in fold {cell.fold}: {reason}" if several else reason)
            elif self.cell_stem(cell).with_suffix(".json").exists():
                runs.append(self.read_run(cell))
            else:
                missing.append(f"{label} fold {cell.fold}" if several else label)
        features, gap = (self.scenario(name) / file for file in (_FEATURES, _GAP))
        missing += [f"tuning of {label}" for label in table.get("to_tune", [])]
        suite = self.read_suite()
        budget = Budget(suite.tune, suite.tune_seconds)
        return ScenarioResults(
            counts=counts,
            runs=pool(runs, counts),
            by_fold=tuple(runs),
            not_applicable=table["not_applicable"],
            failed=failed,
            missing=tuple(missing),
            tunings=self.read_tunings(name, budget) if suite.tune else (),
            features=_values(features) if features.exists() else None,
            gap=gap_from_table(read_json(gap)["gap"]) if gap.exists() else None,
        )


def _cell_table(cell: Cell) -> dict[str, Any]:
    return {
        "scenario": cell.scenario,
        "method": cell.method,
        "parameters": dict(cell.parameters),
        "seed": cell.seed,
        "placebo": cell.placebo,
        "fold": cell.fold,
    }


def _cell(table: Mapping[str, Any]) -> Cell:
    return Cell(**table)


def _counts(table: Mapping[str, Any]) -> ScenarioCounts:
    domains = tuple(
        DomainCounts(**{**domain, "steps": tuple(CleaningStep(**step) for step in domain["steps"])})
        for domain in table["domains"]
    )
    folds = tuple(FoldCounts(**{**fold, "cut": fold["cut"] and tuple(fold["cut"])}) for fold in table["folds"])
    twins = tuple(TwinCounts(**found) for found in table.get("twins", ()))  # older results never looked for any
    return ScenarioCounts(**{**table, "domains": domains, "folds": folds, "twins": twins})


def _parquet(values: pd.DataFrame) -> bytes:
    import polars as pl

    columns = {name: values[name].to_numpy() for name in values.columns}
    frame = pl.DataFrame({str(values.index.name): values.index.to_list(), **columns})
    target = BytesIO()
    frame.write_parquet(target, compression="zstd")
    return target.getvalue()


def _sum(path: Path) -> str | None:
    """Return the SHA-256 of a file, None where it is missing."""
    return sha256_of(path.read_bytes()) if path.exists() else None


def _values(path: Path, sha256: str | None = None) -> pd.DataFrame:
    """Read values per user; without a sum, the one that lies beside the file holds."""
    import pandas as pd

    ids, columns = _read_table(path, "user", sha256)
    return pd.DataFrame(columns, index=pd.Index(ids, name="user", dtype=object))


def _aggregates(path: Path, sha256: str) -> pd.DataFrame | None:
    """Read the metrics of a whole run; None of an older run, which kept draws that cannot be used any more."""
    import pandas as pd

    ids, columns = _read_table(path, "without", sha256)
    return None if "draw" in columns else pd.DataFrame(columns, index=pd.RangeIndex(len(ids), name="without"))


def _read_table(path: Path, key: str, sha256: str | None) -> tuple[list[Any], dict[str, Any]]:
    """Return the key column as a list and the others as arrays by name."""
    import polars as pl

    content = read_sealed(path, sha256=sha256)
    try:
        frame = pl.read_parquet(content)
    except pl.exceptions.PolarsError as error:
        raise damaged(path, str(error)) from error
    columns: Sequence[str] = [name for name in frame.columns if name != key]
    ids = frame[key].to_list() if key in frame.columns else []
    return ids, {name: frame[name].to_numpy() for name in columns}
