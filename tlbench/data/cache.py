"""The columnar cache: interactions as Arrow files that are mapped into memory, found by what they were made of."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from tlbench.data.folders import cache_folder
from tlbench.data.interactions import CleaningStep, Interactions, Provenance
from tlbench.io.atomic import beside

SCHEMA = 1


def read(key: str) -> Interactions | None:
    """Return the interactions stored under a key, mapped into memory; None where there are none or they are damaged.

    Parameters
    ----------
    key
        Hexadecimal digest of everything that they depend on: sums of the raw files, parser version, options.
    """
    folder = _folder(key)
    try:
        record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
        if record["schema"] != SCHEMA:
            return None
        columns = pl.read_ipc(folder / "interactions.arrow")
        users = pl.read_ipc(folder / "users.arrow")["user"]
        items = pl.read_ipc(folder / "items.arrow")
        return _rebuild(record, columns, users, items)
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError):
        return None  # made again from the raw file


def write(key: str, interactions: Interactions) -> None:
    """Store interactions under a key: written beside, then renamed.

    Raises
    ------
    OSError
        If the cache cannot be written.
    """
    folder = _folder(key)
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = beside(folder)
    try:
        part.mkdir()
        _write(part, interactions)
        if folder.exists():  # damaged, or just made by another process: either way ours is as good
            shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    except OSError:
        if not folder.exists():  # else another process was quicker
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _folder(key: str) -> Path:
    return cache_folder() / "columns" / key


def _write(folder: Path, data: Interactions) -> None:
    columns = {"user": data.user, "item": data.item, "rating": data.rating, "timestamp": data.timestamp}
    frame = pl.DataFrame({name: column for name, column in columns.items() if column is not None})
    # One batch, so that every column is one stretch of memory that numpy can look at without a copy.
    frame.write_ipc(folder / "interactions.arrow", compression="uncompressed", record_batch_size=max(1, len(frame)))
    data.users.to_frame("user").write_ipc(folder / "users.arrow", compression="uncompressed")
    items = data.items.to_frame("item")
    if data.item_table is not None:
        items = items.hstack(data.item_table)
    items.write_ipc(folder / "items.arrow", compression="uncompressed")
    record = {
        "schema": SCHEMA,
        "name": data.name,
        "user_ids": data.user_ids,
        "item_ids": data.item_ids,
        "rating_scale": data.rating_scale,
        "provenance": asdict(data.provenance),
        "interactions": len(data),
        "users": data.n_users,
        "items": data.n_items,
    }
    (folder / "record.json").write_text(json.dumps(record), encoding="utf-8")


def _rebuild(
    record: dict[str, Any], columns: pl.DataFrame, users: pl.Series, items: pl.DataFrame
) -> Interactions | None:
    if (len(columns), len(users), len(items)) != (record["interactions"], record["users"], record["items"]):
        return None
    provenance = record["provenance"]
    steps = tuple(CleaningStep(**step) for step in provenance.pop("steps"))
    scale = record["rating_scale"]
    return Interactions(
        name=record["name"],
        users=users,
        items=items["item"],
        user=columns["user"].to_numpy(),
        item=columns["item"].to_numpy(),
        rating=columns["rating"].to_numpy() if "rating" in columns.columns else None,
        timestamp=columns["timestamp"].to_numpy() if "timestamp" in columns.columns else None,
        item_table=items.drop("item") if items.width > 1 else None,
        user_ids=record["user_ids"],
        item_ids=record["item_ids"],
        rating_scale=None if scale is None else (scale[0], scale[1]),
        provenance=Provenance(**provenance, steps=steps),
    )
