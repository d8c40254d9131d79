"""All cells of a scenario in three files beside them, so that ten thousand cells are read in seconds.

The cells stay the truth. What is read here counts for a cell only where each of the cell's own files still has the sum
that stands here; a cell that was edited, renewed or added since is read from its own files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.evaluation import Cell
from tlbench.io.sums import sha256_of
from tlbench.store.files import read_json, read_sealed, write_json
from tlbench.store.records import RunRecord, TimeRecord
from tlbench.store.tables import frame_of, packed

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.arrays import F64, I32

INDEX, VALUES, TIMES = "cells.json", "cells.parquet", "cells.time.json"
_TIME = ".time.json"
ENDINGS = (".json", ".users.parquet", _TIME)


@dataclass(frozen=True, eq=False)
class StoredCell:
    """A finished cell as it lies on disk: its records, its values, and the sums of its files by their ending."""

    sums: Mapping[str, str]
    record: RunRecord
    time: TimeRecord
    values: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Consolidated:
    """What three files hold of a scenario's cells.

    Attributes
    ----------
    index
        By cell: sums of its files, its records as tables, and its first row and the row behind its last one. On disk
        what differs from run to run stands apart, in ``cells.time.json``.
    ids
        Ids of the users, object.
    users
        int32, one per row: place of the user in `ids`.
    values
        float64, shape (n_rows, n_metrics).
    metrics
        Names of the columns.
    """

    index: Mapping[str, Mapping[str, Any]]
    ids: np.ndarray[Any, Any]
    users: I32
    values: F64
    metrics: pd.Index[str]
    _indices: dict[bytes, pd.Index[str]] = field(default_factory=dict)

    def get(self, name: str, sums: Mapping[str, str]) -> StoredCell | None:
        """Return a cell whose files have these sums; None where it is not here, or was another one."""
        import pandas as pd

        entry = self.index.get(name)
        if entry is None or entry["sums"] != sums:
            return None
        first, last = entry["rows"]
        values = pd.DataFrame(self.values[first:last], index=self._index(first, last), columns=self.metrics)
        return StoredCell(sums, _record(entry["record"]), TimeRecord(**entry["time"]), values)

    def address(self, name: str, sums: Mapping[str, str]) -> str | None:
        """Return the address of a cell whose files have these sums."""
        entry = self.index.get(name)
        return None if entry is None or entry["sums"] != sums else entry["record"]["address"]

    def _index(self, first: int, last: int) -> pd.Index[str]:
        """Make the index of some rows; cells of the same users share one."""
        import pandas as pd

        places = self.users[first:last]
        key = places.tobytes()
        if key not in self._indices:
            self._indices[key] = pd.Index(self.ids[places], name="user", dtype=object)
        return self._indices[key]


def _record(table: Mapping[str, Any]) -> RunRecord:
    """Make a record of a table that was written from one; checking ten thousand of them again takes a second."""
    return RunRecord(**{**table, "cell": Cell(**table["cell"]), "epochs": tuple(table["epochs"])})


def sums_of(stem: Path) -> dict[str, str] | None:
    """Return the SHA-256 of each file of a finished cell by its ending; None where one is missing."""
    try:
        return {ending: sha256_of(stem.with_suffix(ending).read_bytes()) for ending in ENDINGS}
    except FileNotFoundError:
        return None


def read_consolidated(folder: Path) -> Consolidated | None:
    """Read what `write_consolidated` wrote for a scenario; None where it is not there or not whole."""
    try:
        state = [(folder / name).stat() for name in (INDEX, VALUES, TIMES)]
    except OSError:
        return None
    return _read(folder, tuple((each.st_mtime_ns, each.st_size) for each in state))


@lru_cache(maxsize=1)
def _read(folder: Path, state: tuple[tuple[int, int], ...]) -> Consolidated | None:  # noqa: ARG001  (what is kept is of one state)
    import pandas as pd

    try:
        table = read_json(folder / INDEX)
        frame = frame_of(read_sealed(folder / VALUES, sha256=table["values_sha256"]), folder / VALUES)
        times = read_json(folder / TIMES)["cells"]
        metrics = pd.DataFrame(columns=table["metrics"]).columns
        return Consolidated(
            index={name: _joined(entry, times[name]) for name, entry in table["cells"].items()},
            ids=np.array(table["users"], dtype=object),
            users=frame["user"].to_numpy(),
            values=np.column_stack([frame[name].to_numpy() for name in metrics]),
            metrics=metrics,
        )
    except (TlbenchError, KeyError, ValueError, TypeError):
        return None


def _joined(entry: Mapping[str, Any], time: Mapping[str, Any]) -> dict[str, Any]:
    """Put together what stands of a cell in both tables."""
    return {**entry, "sums": {**entry["sums"], _TIME: time["sum"]}, "time": time["time"]}


def write_consolidated(folder: Path, cells: Mapping[str, StoredCell]) -> None:
    """Write the cells of a scenario, all of them judged by the same metrics, beside their own files.

    Raises
    ------
    TlbenchError
        Where the folder cannot be written.
    """
    import polars as pl

    from tlbench.io.atomic import write_whole

    ids: dict[str, int] = {}
    metrics = list(next(iter(cells.values())).values.columns)
    places = [
        np.array([ids.setdefault(user, len(ids)) for user in cell.values.index], np.int32) for cell in cells.values()
    ]
    ends = np.cumsum([len(rows) for rows in places]).tolist()
    values = np.concatenate([cell.values[metrics].to_numpy(np.float64) for cell in cells.values()])
    columns = {name: values[:, place] for place, name in enumerate(metrics)}
    of_row = np.repeat(np.arange(len(cells), dtype=np.int32), [len(rows) for rows in places])
    content = packed(pl.DataFrame({"cell": of_row, "user": np.concatenate(places), **columns}))
    write_whole(folder / VALUES, content)
    index = {
        name: {"sums": _steady_sums(cell), "record": asdict(cell.record), "rows": [end - len(rows), end]}
        for (name, cell), rows, end in zip(cells.items(), places, ends, strict=True)
    }
    times = {name: {"sum": cell.sums[_TIME], "time": asdict(cell.time)} for name, cell in cells.items()}
    write_json(folder / TIMES, {"cells": times})
    table = {"values_sha256": sha256_of(content), "metrics": metrics, "users": list(ids), "cells": index}
    write_json(folder / INDEX, table)


def can_be_consolidated(cells: Sequence[StoredCell]) -> bool:
    """Whether cells fit into one table: all have the same metrics of users, and none of a whole run."""
    if not cells:
        return False
    metrics = list(cells[0].values.columns)
    return all(
        list(cell.values.columns) == metrics
        and cell.record.overall_sha256 is None
        and all(kind == np.float64 for kind in cell.values.dtypes)
        for cell in cells
    )


def _steady_sums(cell: StoredCell) -> dict[str, str]:
    """Sums of the files that are the same each time a cell is computed."""
    return {ending: total for ending, total in cell.sums.items() if ending != _TIME}
