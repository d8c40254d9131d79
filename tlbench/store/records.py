"""The kinds of JSON files in a results folder and in a baseline, each with the fields that it must have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tlbench.evaluation import Cell
from tlbench.scenario.gap import Gap
from tlbench.split.counts import ScenarioCounts
from tlbench.store.files import SCHEMA, SEAL, damaged, read_json
from tlbench.store.typed import Mismatch, read_as, schema_of
from tlbench.tune import Trial

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class RunRecord:
    """``seed-N.json``: a finished cell. Its values per user lie beside it, under the sum that stands here.

    Attributes
    ----------
    address
        SHA-256 of all that can move its numbers.
    cell, split_digest
        What was run, on which split.
    users
        Number of judged users.
    values_sha256, overall_sha256
        Of the Parquet files with the values per user and with the metrics of the whole run; the latter is None without.
    cold_users, epochs
        As in `tlbench.evaluation.RunResult`.
    test, validation
        Means of the metrics.
    """

    address: str
    cell: Cell
    split_digest: str
    users: int
    values_sha256: str
    overall_sha256: str | None
    cold_users: int
    epochs: tuple[float, ...]
    test: Mapping[str, float]
    validation: Mapping[str, float]


@dataclass(frozen=True)
class TimeRecord:
    """``seed-N.time.json``: what differs from run to run and moves no number.

    Attributes
    ----------
    seconds
        Wall clock by stage.
    peak_bytes, processor_seconds
        Of the process while it ran the cell; None where the system does not say.
    shared_seconds
        Wall clock that the cell was spared, because others had computed parts of it before.
    environment
        Name of an environment in ``environment.json``.
    """

    seconds: Mapping[str, float]
    peak_bytes: int | None = None
    processor_seconds: float | None = None
    shared_seconds: float | None = None
    environment: str | None = None


@dataclass(frozen=True)
class FailureRecord:
    """``seed-N.failed.json``: why a cell failed; `trace` is None where the user can mend it."""

    cell: Cell
    reason: str
    trace: str | None


@dataclass(frozen=True)
class PlanRecord:
    """``split.json``: counts, cells, what cannot run and why, what is still to be tuned.

    `inputs` is a sum over all that the plan depends on. `placebos_asked` are the transfer methods whose placebos are
    among the cells, and `placebo_rule` names the rule by which results chose them. `populations` are the counts of each
    population that is judged by itself; without any, `card` is of everybody.
    """

    inputs: str
    card: ScenarioCounts
    cells: tuple[Cell, ...]
    not_applicable: Mapping[str, str]
    to_tune: tuple[str, ...]
    placebos_asked: tuple[str, ...]
    placebo_rule: str
    populations: tuple[ScenarioCounts, ...] = ()


@dataclass(frozen=True)
class GapRecord:
    """``gap.json``: how unlike the domains are."""

    gap: Gap


@dataclass(frozen=True)
class EnvironmentRecord:
    """``environment.json``: what cells were made with, by a hash of its content."""

    environments: Mapping[str, Any]


@dataclass(frozen=True)
class SearchTimeRecord:
    """``tuning.time.json``: seconds of every trial, by label."""

    seconds: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class TrialTimeRecord:
    """``trial-N.time.json``: seconds of one trial."""

    seconds: float


@dataclass(frozen=True)
class AcceptedRun:
    """One method, placebo and seed of a baseline; `parameters` are by fold where they were tuned to different ones."""

    method: str
    placebo: str | None
    seed: int
    parameters: Mapping[str, Any]
    split_digest: str
    cold_users: int
    test: Mapping[str, float]
    validation: Mapping[str, float]
    overall: Mapping[str, float] | None = None


@dataclass(frozen=True)
class BaselineRecord:
    """``baseline.json``: accepted results; `sums` holds the SHA-256 of every table beside it."""

    suite: Mapping[str, Any]
    environment: Mapping[str, Any]
    sums: Mapping[str, str]
    scenarios: Mapping[str, tuple[AcceptedRun, ...]]


RECORDS: Mapping[str, type] = {
    "run": RunRecord,
    "time": TimeRecord,
    "failure": FailureRecord,
    "plan": PlanRecord,
    "gap": GapRecord,
    "environment": EnvironmentRecord,
    "trial": Trial,
    "trial-time": TrialTimeRecord,
    "search-time": SearchTimeRecord,
    "baseline": BaselineRecord,
}


def read_record(path: Path, kind: type[Kind], *, sealed: bool = True) -> Kind:
    """Read a JSON file of a kind.

    Raises
    ------
    Damaged
        Where it is not what was written, or not of that kind.
    TlbenchError
        Where it is missing, or has an unknown schema.
    """
    table = read_json(path, sealed=sealed)
    del table["schema"]
    try:
        return read_as(kind, table)
    except Mismatch as error:
        raise damaged(path, str(error)) from error


def published(name: str) -> dict[str, Any]:
    """Return the JSON schema of a kind of file, with the number and the seal that each carries."""
    schema = schema_of(RECORDS[name])
    framed = {
        "schema": {"const": SCHEMA},
        **schema["properties"],
        SEAL: {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"tlbench: {name}",
        "description": (RECORDS[name].__doc__ or "").strip().split("\n")[0].replace("``", ""),
        **schema,
        "properties": framed,
        "required": ["schema", *schema["required"], *([] if name == "baseline" else [SEAL])],
    }
