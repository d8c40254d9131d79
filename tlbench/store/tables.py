"""Values per user, and metrics of a whole run, to Parquet and back."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tlbench.store.files import damaged, read_sealed

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


def to_parquet(values: pd.DataFrame) -> bytes:
    """Return a table as Parquet, its index as the first column."""
    import polars as pl

    columns = {name: values[name].to_numpy() for name in values.columns}
    return packed(pl.DataFrame({str(values.index.name): values.index.to_list(), **columns}))


def packed(frame: pl.DataFrame) -> bytes:
    """Return a table of polars as Parquet."""
    target = BytesIO()
    frame.write_parquet(target, compression="zstd")
    return target.getvalue()


def read_values(path: Path, sha256: str | None = None) -> pd.DataFrame:
    """Read values per user.

    Parameters
    ----------
    path
        The file.
    sha256
        Its sum; where it is None, the one that lies beside the file holds.

    Raises
    ------
    Damaged
        Where it is not what was written.
    """
    return values_of(read_sealed(path, sha256=sha256), path)


def values_of(content: bytes, path: Path) -> pd.DataFrame:
    """Make a table of values per user of Parquet; `path` is named where that fails."""
    import pandas as pd

    ids, columns = _read(content, "user", path)
    return pd.DataFrame(columns, index=pd.Index(ids, name="user", dtype=object))


def read_aggregates(path: Path, sha256: str) -> pd.DataFrame:
    """Read the metrics of a whole run."""
    import pandas as pd

    ids, columns = _read(read_sealed(path, sha256=sha256), "without", path)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(ids), name="without"))


def _read(content: bytes, key: str, path: Path) -> tuple[list[Any], dict[str, np.ndarray[Any, Any]]]:
    """Return the key column as a list and the others as arrays by name."""
    frame = frame_of(content, path)
    if key not in frame.columns:
        raise damaged(path, f"it has no column `{key}`")
    columns = [name for name in frame.columns if name != key]
    return frame[key].to_list(), {name: frame[name].to_numpy() for name in columns}


def frame_of(content: bytes, path: Path) -> pl.DataFrame:
    """Read Parquet; `path` is named where that fails."""
    import polars as pl

    try:
        return pl.read_parquet(content)
    except pl.exceptions.PolarsError as error:
        raise damaged(path, str(error)) from error
