"""A results folder: where a suite's cells are, how they are written and how they are read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from tlbench.errors import TlbenchError
from tlbench.evaluation import Cell, RunResult
from tlbench.io.atomic import is_local, write_whole
from tlbench.io.sums import sha256_of, sha256_of_table
from tlbench.scenario.gap import Gap, gap_table
from tlbench.scenario.grammar import parse_scenario
from tlbench.split.counts import ScenarioCounts
from tlbench.store.address import parameters_hash
from tlbench.store.consolidated import (
    Consolidated,
    StoredCell,
    can_be_consolidated,
    read_consolidated,
    sums_of,
    write_consolidated,
)
from tlbench.store.contents import Plan, ScenarioResults
from tlbench.store.files import Damaged, damaged, is_whole, read_sealed, write_json, write_sealed
from tlbench.store.folds import pool
from tlbench.store.records import (
    EnvironmentRecord,
    FailureRecord,
    GapRecord,
    PlanRecord,
    RunRecord,
    SearchTimeRecord,
    TimeRecord,
    TrialTimeRecord,
    read_record,
)
from tlbench.store.tables import read_aggregates, read_values, to_parquet
from tlbench.store.trials import trial_table, tunings_of
from tlbench.suite import Suite, suite_from_file
from tlbench.tune import Budget, Search, Trial, Tuning

if TYPE_CHECKING:
    import pandas as pd


_FEATURES = "users.parquet"
_GAP = "gap.json"


@cache
def _slug(name: str) -> str:
    return parse_scenario(name).slug


@dataclass(frozen=True)
class ResultsFolder:
    """The folder of one suite's results; the layout is described in docs/results.md."""

    root: Path

    def cell_stem(self, cell: Cell) -> Path:
        """Return the path of a cell's files without their endings."""
        return self.scenario(cell.scenario) / _name(cell)

    def scenario(self, name: str) -> Path:
        """Return the folder of a scenario."""
        return self.root / _slug(name)

    # --- writing ---

    def write_suite(self, suite: Suite, environment: Mapping[str, Any]) -> str:
        """Write what is run, with what, and how it is to be judged; return the name of the environment.

        ``environment.json`` keeps every environment that cells of this folder were made in, by a hash of its content.
        """
        write_whole(self.root / "suite.toml", tomli_w.dumps(suite.as_table()).encode())
        path = self.root / "environment.json"
        name = sha256_of_table(dict(environment))[:10]
        known = read_record(path, EnvironmentRecord).environments if path.exists() and is_whole(path) else {}
        write_json(path, {"environments": {**known, name: dict(environment)}})
        return name

    def write_plan(self, plan: Plan, inputs: str) -> None:
        """Write a scenario's counts and the list of its cells, before the first one runs.

        `inputs` is a sum over all that the plan depends on; see `read_plan`.
        """
        table = {
            "inputs": inputs,
            "card": asdict(plan.counts),
            "populations": [asdict(counts) for counts in plan.populations],
            "cells": [asdict(cell) for cell in plan.cells],
            "not_applicable": dict(plan.not_applicable),
            "to_tune": [search.label for search in plan.searches],
            "placebos_asked": list(plan.asked),
            "placebo_rule": plan.rule,
        }
        write_json(self.scenario(plan.counts.scenario) / "split.json", table)

    def write_features(self, scenario: str, features: pd.DataFrame) -> None:
        """Write what is known of each judged user, for segments: a row per user, a column per characteristic."""
        write_sealed(self._features(scenario), to_parquet(features))

    def _features(self, scenario: str) -> Path:
        """Return where the features of a population lie: those of cold users beside the others."""
        name = parse_scenario(scenario)
        file = f"cold-{_FEATURES}" if name.cold else _FEATURES
        return self.scenario(str(replace(name, cold=False))) / file

    def write_gap(self, gap: Gap) -> None:
        """Write how unlike a scenario's domains are."""
        write_json(self.scenario(gap.scenario) / _GAP, {"gap": gap_table(gap)})

    def write_run(self, result: RunResult, address: str, *, notes: Mapping[str, Any] | None = None) -> None:
        """Write a finished cell: the values first, the record last, because the record says that all is there.

        `notes` is what differs from run to run and moves no number (memory, environment); it stays beside the record.
        """
        stem = self.cell_stem(result.cell)
        stem.with_suffix(".failed.json").unlink(missing_ok=True)
        values = to_parquet(result.values)
        write_whole(stem.with_suffix(".users.parquet"), values)
        aggregates = None if result.aggregates is None else to_parquet(result.aggregates)
        if aggregates is not None:
            write_whole(stem.with_suffix(".overall.parquet"), aggregates)
        write_json(stem.with_suffix(".time.json"), {"seconds": dict(result.timing), **(notes or {})})
        record = {
            "address": address,
            "cell": asdict(result.cell),
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
        record = {"cell": asdict(cell), "reason": reason, "trace": trace}
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
            record = read_record(path, PlanRecord) if path.exists() else None
        except Damaged:
            return None
        if record is None or record.inputs != inputs or record.to_tune:
            return None
        beside = [path.with_name(file) for file in (_GAP, "tuning.parquet", "tuning.time.json")]
        beside += [self._features(counts.scenario) for counts in record.populations]
        if not all(map(is_whole, beside)):
            return None
        return Plan(
            counts=record.card,
            cells=record.cells,
            not_applicable=record.not_applicable,
            asked=record.placebos_asked,
            rule=record.placebo_rule,
            populations=record.populations,
        )

    def read_trials(self, scenario: str, search: Search, address: str) -> tuple[Trial, ...]:
        """Read the trials of a search that are there, from the first one to the first gap."""
        found: list[Trial] = []
        while True:
            stem = self._trials(scenario, search, address) / f"trial-{len(found):05}"
            try:
                trial = read_record(stem.with_suffix(".json"), Trial)
                seconds = read_record(stem.with_suffix(".time.json"), TrialTimeRecord).seconds
            except TlbenchError:
                return tuple(found)
            found.append(replace(trial, seconds=seconds))

    def _trials(self, scenario: str, search: Search, address: str) -> Path:
        return self.scenario(scenario) / search.label / "tuning" / address[:10]

    def read_tunings(self, scenario: str, budget: Budget) -> tuple[Tuning, ...]:
        """Read what `write_tunings` wrote; nothing where nothing was tuned."""
        path = self.scenario(scenario) / "tuning.parquet"
        if not path.exists():
            return ()
        seconds = read_record(path.with_suffix(".time.json"), SearchTimeRecord).seconds
        return tunings_of(read_sealed(path), seconds, budget)

    def has(self, cell: Cell, address: str) -> bool:
        """Say whether a cell is there, whole, and still true."""
        stem = self.cell_stem(cell)
        sums = sums_of(stem)
        if sums is None:
            return False
        if is_local(self.root):
            together = read_consolidated(self.scenario(cell.scenario))
            known = together.address(_name(cell), sums) if together else None
            if known is not None:
                return known == address
        try:
            record = read_record(stem.with_suffix(".json"), RunRecord)
        except Damaged:
            return False
        if record.address != address or record.values_sha256 != sums[".users.parquet"]:
            return False
        overall = _sum(stem.with_suffix(".overall.parquet")) if record.overall_sha256 else None
        return record.overall_sha256 == overall and is_whole(stem.with_suffix(".time.json"))

    def read_run(self, cell: Cell) -> RunResult:
        """Read a finished cell."""
        return self._result(self._stored(cell, None))

    def _stored(self, cell: Cell, together: Consolidated | None) -> StoredCell:
        """Read a finished cell from where all are together, or from its own files where it is another one there."""
        stem = self.cell_stem(cell)
        sums = sums_of(stem) or {}
        found = together.get(_name(cell), sums) if together else None
        if found is not None:
            return found
        record = read_record(stem.with_suffix(".json"), RunRecord)
        if self.cell_stem(record.cell) != stem:
            raise damaged(stem.with_suffix(".json"), "it belongs to another cell")
        values = read_values(stem.with_suffix(".users.parquet"), record.values_sha256)
        return StoredCell(sums, record, self.read_notes(cell), values)

    def _result(self, stored: StoredCell) -> RunResult:
        record, stem = stored.record, self.cell_stem(stored.record.cell)
        overall = record.overall_sha256
        return RunResult(
            cell=record.cell,
            split_digest=record.split_digest,
            values=stored.values,
            validation=record.validation,
            cold_users=record.cold_users,
            timing=stored.time.seconds,
            aggregates=None if overall is None else read_aggregates(stem.with_suffix(".overall.parquet"), overall),
            epochs=record.epochs,
        )

    def read_notes(self, cell: Cell) -> TimeRecord:
        """Read what was recorded of a finished cell's run beside its numbers."""
        return read_record(self.cell_stem(cell).with_suffix(".time.json"), TimeRecord)

    def failure(self, cell: Cell) -> str | None:
        """Say why a cell failed; None where it did not."""
        path = self.cell_stem(cell).with_suffix(".failed.json")
        try:
            return read_record(path, FailureRecord).reason if path.exists() else None
        except Damaged as error:
            return error.message

    def read_suite(self) -> Suite:
        """Read what was run and how it is to be judged."""
        if not (self.root / "suite.toml").is_file():
            raise TlbenchError(f"`{self.root}` holds no results", hint="give a folder that `tlbench run` wrote")
        return suite_from_file(self.root / "suite.toml")

    def read_environment(self) -> dict[str, Any]:
        """Read what the results were made with."""
        return asdict(read_record(self.root / "environment.json", EnvironmentRecord))

    def _read_split(self, name: str) -> PlanRecord:
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
        record = read_record(path, PlanRecord)
        if record.card.scenario != name:
            raise damaged(path, f"it belongs to `{record.card.scenario}`, not to `{name}`")
        return record

    def read_scenarios(self, suite: Suite, *, consolidate: bool = False) -> list[ScenarioResults]:
        """Read what is there of a suite: one entry per scenario and population, in the suite's order."""
        names = map(str, suite.scenarios)
        return [found for name in names for found in self.read_populations(name, consolidate=consolidate)]

    def read_scenario(self, name: str) -> ScenarioResults:
        """Read what is there of a scenario: of users known in its target, where users new to it are judged too."""
        return self.read_populations(name)[0]

    def read_populations(self, name: str, *, consolidate: bool = False) -> list[ScenarioResults]:
        """Read what is there of each population of a scenario.

        With `consolidate`, cells that had to be read one by one are then written together, see
        `tlbench.store.consolidated`.
        """
        plan = self._read_split(name)
        together = read_consolidated(self.scenario(name)) if is_local(self.root) else None
        cells: dict[str, StoredCell] = {}
        found = [self._read_population(plan, counts, together, cells) for counts in plan.populations or (plan.card,)]
        if consolidate and is_local(self.root):
            self._consolidate(name, cells, together)
        return found

    def _read_population(
        self, plan: PlanRecord, counts: ScenarioCounts, together: Consolidated | None, cells: dict[str, StoredCell]
    ) -> ScenarioResults:
        """Read the folds of one population, and note the cells that are there."""
        several, own = len(counts.folds) > 1, {fold.fold for fold in counts.folds}
        mine, failed, missing = dict[str, StoredCell](), dict[str, str](), []
        for cell in (cell for cell in plan.cells if cell.fold in own):
            label = f"{cell.label} seed {cell.seed}"
            reason = self.failure(cell)
            if reason is not None:
                failed.setdefault(label, f"in fold {cell.fold}: {reason}" if several else reason)
            elif self.cell_stem(cell).with_suffix(".json").exists():
                mine[_name(cell)] = self._stored(cell, together)
            else:
                missing.append(f"{label} fold {cell.fold}" if several else label)
        cells |= mine
        runs = [self._result(stored) for stored in mine.values()]
        features, gap = self._features(counts.scenario), self.scenario(plan.card.scenario) / _GAP
        pooled = [_named(run, counts.scenario) for run in pool(runs, counts)]
        seeds = self.read_suite().seeds
        return ScenarioResults(
            counts=counts,
            runs=tuple(run for run in pooled if run.cell.placebo is None or run.cell.seed < seeds),
            draws=tuple(run for run in pooled if run.cell.placebo is not None),
            by_fold=tuple(runs),
            not_applicable=plan.not_applicable,
            failed=failed,
            missing=(*missing, *(f"tuning of {label}" for label in plan.to_tune)),
            tunings=self._tunings_of(plan.card.scenario, own),
            features=read_values(features) if features.exists() else None,
            gap=read_record(gap, GapRecord).gap if gap.exists() else None,
        )

    def _tunings_of(self, name: str, folds: set[int]) -> tuple[Tuning, ...]:
        """Read the tunings of some folds; nothing where defaults were run."""
        suite = self.read_suite()
        if not suite.tune:
            return ()
        budget = Budget(suite.tune, suite.tune_seconds)
        return tuple(one for one in self.read_tunings(name, budget) if one.fold is None or one.fold in folds)

    def _consolidate(self, name: str, cells: Mapping[str, StoredCell], together: Consolidated | None) -> None:
        known = together.index if together else {}
        stale = any(known.get(cell, {}).get("sums") != stored.sums for cell, stored in cells.items())
        if stale and can_be_consolidated(list(cells.values())):
            write_consolidated(self.scenario(name), cells)


def _named(run: RunResult, scenario: str) -> RunResult:
    """Say of a pooled run what it is of: users new to the target stand under a name of their own."""
    return run if run.cell.scenario == scenario else replace(run, cell=replace(run.cell, scenario=scenario))


def _name(cell: Cell) -> str:
    """Name a cell within its scenario: the path of its files without their endings."""
    return f"{cell.label}/{parameters_hash(cell)}/fold-{cell.fold}/seed-{cell.seed}"


def _sum(path: Path) -> str | None:
    """Return the SHA-256 of a file, None where it is missing."""
    return sha256_of(path.read_bytes()) if path.exists() else None
