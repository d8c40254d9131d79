"""Paths in a scenario, and objects in memory -> imported data sets, so that all that follows knows names only."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from tlbench.data.catalogue import open_catalogue
from tlbench.data.folders import cache_folder
from tlbench.data.own.imported import FILE_ENDINGS, import_file, imported_tables, name_of
from tlbench.data.own.sniffing import Guess
from tlbench.errors import TlbenchError
from tlbench.io.atomic import beside
from tlbench.progress import SILENT, Progress

# The family of ids of files that stand in scenarios: the same id is the same person, or thing, in all of them.
FAMILY = "own-files"
_ENDING = re.compile(rf"(?:{'|'.join(re.escape(ending) for ending in FILE_ENDINGS)})$", re.IGNORECASE)
_PARTS = re.compile(r"(\s*(?:->|→|\+)\s*|\s*:(?!\\))")


def is_path(text: str) -> bool:
    """Tell whether a domain of a scenario is a file rather than a data set's name, by its ending."""
    return _ENDING.search(text.strip()) is not None


def adopt_files(scenario: str, *, folder: Path | None = None, progress: Progress = SILENT) -> str:
    """Replace the files in a scenario by names, importing each where it is new or has changed.

    Parameters
    ----------
    scenario
        What the user typed, `"clicks.csv->shop/orders.parquet"` for instance.
    folder
        What relative paths start at; None is the working folder.
    progress
        Hears how each new file is read.

    Returns
    -------
    str
        The scenario in names, ``clicks->orders``.

    Raises
    ------
    TlbenchError
        If a file is missing, cannot be made out, or its name belongs to something else.
    """
    parts = _PARTS.split(scenario)
    return "".join(
        _adopted((folder or Path()) / Path(part.strip()).expanduser(), progress) if is_path(part) else part
        for part in parts
    )


def adopt_object(name: str, data: Any, *, progress: Progress = SILENT) -> str:
    """Keep a table in memory under a name, and return the name.

    Parameters
    ----------
    name
        Name of the data set; what was kept under it before from memory is replaced.
    data
        A DataFrame of pandas or polars with columns whose roles can be guessed, a scipy sparse matrix of shape
        (n_users, n_items) whose values are ratings (all 1: none), or `tlbench.data.Interactions`.
    progress
        Hears how the columns are read.

    Raises
    ------
    TlbenchError
        If the object is of another type, or its columns cannot be made out.
    """
    path = cache_folder() / "objects" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = beside(path).with_suffix(".parquet")
    try:
        as_frame(data).write_parquet(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    known = imported_tables().get(name)
    if known is not None and Path(known["file"]) not in (path.resolve(), path):
        raise TlbenchError(
            f"`{name}` is the name of `{known['file']}`",
            hint=f"call the table otherwise, or forget the file with `tlbench data remove {name}`",
        )
    import_file(path, name, user_ids=FAMILY, item_ids=FAMILY, force=True, progress=progress)
    return name


def as_frame(data: Any) -> pl.DataFrame:
    """Make a polars DataFrame of what holds interactions; see `adopt_object`."""
    from tlbench.data.interactions import Interactions

    if isinstance(data, pl.LazyFrame):
        return data.collect()
    if isinstance(data, pl.DataFrame):
        return data
    if isinstance(data, Interactions):
        return _of_interactions(data)
    if hasattr(data, "tocoo"):
        return _of_matrix(data.tocoo())
    if hasattr(data, "to_numpy") and hasattr(data, "columns"):
        return pl.DataFrame({str(name): _series(data[name]) for name in data.columns})
    raise TlbenchError(
        f"an object of type `{type(data).__name__}` holds no interactions",
        hint="give a DataFrame of pandas or polars, a scipy sparse matrix, or the path of a file",
    )


def _of_interactions(data: Any) -> pl.DataFrame:
    columns = {"user": data.users.gather(data.user), "item": data.items.gather(data.item)}
    more = {"rating": data.rating, "timestamp": data.timestamp}
    return pl.DataFrame({**columns, **{name: values for name, values in more.items() if values is not None}})


def _of_matrix(cells: Any) -> pl.DataFrame:
    frame = pl.DataFrame({"user": cells.row, "item": cells.col, "rating": cells.data})
    return frame.drop("rating") if (frame["rating"] == 1).all() else frame


def _series(column: Any) -> pl.Series:
    """Copy a pandas column; what numpy holds as objects is text, a missing value a null."""
    values = column.to_numpy()
    if values.dtype.kind in "iufb" and not column.isna().any():
        return pl.Series(values)
    if values.dtype.kind == "M":
        return pl.Series(values)
    if str(column.dtype).startswith("datetime64"):  # with a zone: numpy has none, so UTC is taken
        return pl.Series(column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy())
    known = [None if missing else value for value, missing in zip(column, column.isna(), strict=True)]
    if values.dtype.kind == "f":
        return pl.Series(known, dtype=pl.Float64)
    return pl.Series([None if value is None else str(value) for value in known], dtype=pl.String)


def _adopted(path: Path, progress: Progress) -> str:
    """Import a file under its own name; one that was imported before keeps its layout, whatever changed in it."""
    file = path.resolve()
    for name, table in imported_tables().items():
        if Path(table["file"]) == file:
            _renew(name, table, file, progress)
            return name
    name = _free_name(file)
    import_file(file, name, user_ids=FAMILY, item_ids=FAMILY, force=True, progress=progress)
    return name


def _free_name(file: Path) -> str:
    """Name a file by itself, or together with its folder where another file has that name.

    Raises
    ------
    TlbenchError
        Where both names belong to others.
    """
    wanted = [name_of(file), name_of(Path(f"{file.parent.name}-{file.name}"))]
    imported = imported_tables()
    for name in wanted:
        kept = imported.get(name)
        if not Path(kept["file"]).is_file() if kept is not None else name not in open_catalogue().names():
            return name
    raise TlbenchError(
        f"the names `{wanted[0]}` and `{wanted[1]}` belong to other data sets",
        hint=f"give it another one first: `tlbench data import {file.name} --as NAME`",
    )


def _renew(name: str, table: dict[str, Any], file: Path, progress: Progress) -> None:
    from tlbench.data.sums import sha256

    if not file.is_file():
        raise TlbenchError(f"file `{file}` does not exist", hint=f"forget it with `tlbench data remove {name}`")
    undeclared = {key for key in ("user_ids", "item_ids") if table.get(key) in (name, None)}
    changed = sha256(file) != table["sha256"]
    if not changed and not undeclared:
        return
    if changed:
        progress.say(f"`{file.name}` has changed since it was imported as `{name}`; it is read again in the same way")
    fields = ("columns", "separator", "header", "time_unit", "skip", "encoding", "decimal")
    guess = replace(Guess(table["format"], {}), **{key: table[key] for key in fields if key in table})
    # A family that nobody declared is the one that files in scenarios share.
    families: dict[str, Any] = {key: FAMILY if key in undeclared else table[key] for key in ("user_ids", "item_ids")}
    import_file(file, name, guess=guess, **families, force=True, progress=progress)
