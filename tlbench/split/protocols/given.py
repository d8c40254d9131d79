"""Given: files say which interaction trains, validates and tests, so that published splits can be used."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.registry import protocol
from tlbench.split.parts import DROPPED, TEST, TRAINING, VALIDATION, Assignment, Fractions
from tlbench.split.protocol import Rule

if TYPE_CHECKING:
    import polars as pl

    from tlbench.arrays import I64
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.scenario import Scenario

FILES = {"train": TRAINING, "validation": VALIDATION, "test": TEST}
CANDIDATES = "candidates"
RECORD = "split.json"
_ENDINGS = (".parquet", ".csv", ".tsv")


@protocol("given", argument="FOLDER")
@dataclass(frozen=True)
class Given(Rule):
    """Files of a folder say which interaction trains, validates and tests."""

    folder: Path

    @classmethod
    def parse(cls, argument: str) -> Self:
        """Read the folder's path."""
        if not argument:
            raise ValueError("the folder of the files")
        return cls(Path(argument))

    @property
    def files(self) -> list[Path]:
        """Files of the folder, in the order of their names."""
        return sorted(path for path in self.folder.glob("*") if path.is_file())

    def assign(self, scenario: Scenario, fractions: Fractions, fold: int, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Read the files; see `given`."""
        return given(scenario.target, self.folder, fractions, rng)


def given(target: Interactions, folder: Path, fractions: Fractions, rng: np.random.Generator) -> Assignment:
    """Take the parts from ``train``, ``validation`` and ``test`` files of a folder, each .csv, .tsv or .parquet.

    Each file has columns ``user`` and ``item`` with the data set's ids. Interactions that no file names are in no part.
    Without a validation file, the fraction of validation is drawn at random from the training rows. Sources are cut as
    ``split.json`` says where it is there (`tlbench split --export` writes it); else, where the target has time, they
    tell of each user only what is before the user's first held-out interaction. Listings that were made one item are
    one here too: where its user has them in several parts, the earliest counts.

    Raises
    ------
    TlbenchError
        If a file is missing or has no such columns, a row is not in the data set, or two files share a row.
    """
    part = np.full(len(target), DROPPED, dtype=np.int8)
    listed_twice = target.items.is_in(list(set(target.listings.values()))).to_numpy()[target.item]
    for name, code in FILES.items():
        path = find(folder, name)
        if path is None and name != "validation":
            raise TlbenchError(
                f"`{folder}` has no `{name}` file", hint=f"it needs {name}.csv with columns `user` and `item`"
            )
        if path is not None:
            rows = _rows(target, path)
            taken = part[rows] != DROPPED
            if (taken & ~listed_twice[rows]).any():
                raise TlbenchError(f"`{path}` has a row of another part too", hint="each row belongs to one part")
            part[rows[~taken]] = code
    if not (part == VALIDATION).any():
        training = np.flatnonzero(part == TRAINING)
        part[rng.permutation(training)[: round(fractions.validation * len(training))]] = VALIDATION
    cut, by_user = _clock(folder)
    return Assignment(part, cut=cut, by_user=by_user)


def find(folder: Path, name: str) -> Path | None:
    """Return the file of that name in the folder, whatever its ending; None where there is none."""
    if not folder.is_dir():
        raise TlbenchError(f"`{folder}` is not a folder", hint="write `--protocol given:FOLDER`")
    return next((path for ending in _ENDINGS if (path := folder / f"{name}{ending}").is_file()), None)


def read_pairs(path: Path) -> pl.DataFrame:
    """Read a file's columns ``user`` and ``item`` as strings."""
    import polars as pl

    try:
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path)
        else:
            frame = pl.read_csv(path, separator="\t" if path.suffix == ".tsv" else ",", infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TlbenchError(f"`{path}` cannot be read: {error}", hint="check the file") from error
    missing = [name for name in ("user", "item") if name not in frame.columns]
    if missing:
        raise TlbenchError(
            f"`{path}` has no column `{missing[0]}`, only {', '.join(f'`{name}`' for name in frame.columns)}",
            hint="its first line must name the columns `user` and `item`",
        )
    return frame.with_columns(pl.col("user", "item").cast(pl.String))


def codes_of(target: Interactions, pairs: pl.DataFrame, path: Path) -> tuple[I64, I64]:
    """Return the codes of users and items; an id that the target does not have, under any listing, is an error."""
    import polars as pl

    pairs = pairs.with_columns(pl.col("item").replace(dict(target.listings)))
    found = []
    for column, ids in (("user", target.users), ("item", target.items)):
        table = pl.DataFrame({column: ids.cast(pl.String), "code": np.arange(len(ids))})
        codes = pairs.select(column).join(table, on=column, how="left", maintain_order="left")["code"]
        if codes.null_count():
            unknown = pairs[column].filter(codes.is_null())[0]
            raise _not_there(path, target, f"{column} `{unknown}`", codes.null_count())
        found.append(codes.to_numpy().astype(np.int64))
    return found[0], found[1]


def _rows(target: Interactions, path: Path) -> I64:
    """Return where in the target the file's pairs are."""
    user, item = codes_of(target, read_pairs(path), path)
    own = target.user.astype(np.int64) * target.n_items + target.item
    order = np.argsort(own)
    wanted = user * target.n_items + item
    at = np.searchsorted(own, wanted, sorter=order)
    rows: I64 = order[np.minimum(at, len(own) - 1)]
    lost = own[rows] != wanted
    if lost.any():
        first = int(np.flatnonzero(lost)[0])
        pair = f"the pair `{target.users[int(user[first])]}`, `{target.items[int(item[first])]}`"
        raise _not_there(path, target, pair, int(lost.sum()))
    return rows


def _not_there(path: Path, target: Interactions, what: str, count: int) -> TlbenchError:
    return TlbenchError(
        f"{what} of `{path}` is not in `{target.name}` (with {count - 1} more)"
        if count > 1
        else f"{what} of `{path}` is not in `{target.name}`",
        hint="filters may have removed it: use `--k-core 1` and no `--min-rating`, or the filters that the "
        "export's `split.json` names",
    )


def _clock(folder: Path) -> tuple[tuple[int, int] | None, bool]:
    """Return the moments that cut all domains, if any, and whether sources are cut user by user."""
    path = folder / RECORD
    if not path.is_file():
        return None, True
    record = json.loads(path.read_text(encoding="utf-8"))
    cut = record.get("cut")
    return (None if cut is None else (int(cut[0]), int(cut[1]))), record.get("sources") == "user"
