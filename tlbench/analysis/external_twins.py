"""Judgements of any system, and the source that it learnt from -> which judged events that source tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tlbench.analysis.external_files import Judgements, judgements_of
from tlbench.data import is_path, load, read_file
from tlbench.data.interactions import Interactions, Provenance
from tlbench.errors import TlbenchError
from tlbench.scenario.twins import SourceTwins, twins_of_target

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, eq=False)
class Exposure:
    """What a source tells of some judgements.

    Attributes
    ----------
    twins
        The source's items that are the target's under another id.
    exposed, unexposed
        The relevant events that the source has under another id, of the same user, and all others; None where there
        are none.
    """

    twins: SourceTwins
    exposed: Judgements | None
    unexposed: Judgements | None

    @property
    def events(self) -> int:
        """Number of judged events that are exposed."""
        return 0 if self.exposed is None else self.exposed.table.height

    @property
    def of_events(self) -> int:
        """Number of judged events."""
        return self.events + (0 if self.unexposed is None else self.unexposed.table.height)

    @property
    def share(self) -> float:
        """Share of the judged events that are exposed."""
        return self.events / self.of_events


def read_exposure(
    qrels: Judgements, source: str | Path | None, target: str | Path | None, *, catalogue: Path | None = None
) -> Exposure | None:
    """Read what a system learnt from, files or data sets by name, and find what it tells; None without a source.

    Raises
    ------
    TlbenchError
        Where something cannot be read, or a target is named without a source.
    """
    if source is None:
        if target is not None:
            raise TlbenchError(
                f"the target `{target}` is of use beside a source only", hint="say what told: `--source FILE`"
            )
        return None
    told = None if target is None else _read(str(target), catalogue)
    return find_exposure(qrels, _read(str(source), catalogue), told)


def _read(text: str, catalogue: Path | None) -> Interactions:
    return read_file(Path(text).expanduser()) if is_path(text) else load(text, catalogue=catalogue)


def find_exposure(qrels: Judgements, source: Interactions, target: Interactions | None = None) -> Exposure:
    """Find the judged events that a source tells.

    Parameters
    ----------
    qrels
        What is relevant.
    source
        What the system learnt from besides the target, whatever the family of its ids.
    target
        What the system learnt of the target. Without it the users of each item are those whom the judgements name, who
        are few: fewer twins are found then.
    """
    whole = _with_judged(target, qrels)
    found = twins_of_target(replace(source, user_ids=whole.user_ids), whole)
    told = found.told.select("user", "item").unique()
    exposed = qrels.table.join(told, on=("user", "item"), how="semi")
    unexposed = qrels.table.join(told, on=("user", "item"), how="anti")
    return Exposure(found, *(None if part.is_empty() else judgements_of(part) for part in (exposed, unexposed)))


def _with_judged(target: Interactions | None, qrels: Judgements) -> Interactions:
    """Return the target as it is where it holds the judged events; else both together, without times and ratings."""
    import polars as pl

    judged = qrels.table.select("user", "item")
    if target is None:
        return _bare(judged)
    known = pl.DataFrame(
        {
            "user": target.users.cast(pl.String).gather(target.user),
            "item": target.items.cast(pl.String).gather(target.item),
        }
    )
    if judged.join(known, on=("user", "item"), how="anti").is_empty():
        return target
    return _bare(pl.concat([known, judged]).unique(maintain_order=True))


def _bare(events: pl.DataFrame) -> Interactions:
    """Make interactions of pairs of user and item."""
    ids = [events[column].unique(maintain_order=True) for column in ("user", "item")]
    codes = [
        events.select(known.name).join(known.to_frame().with_row_index("code"), on=known.name, maintain_order="left")
        for known in ids
    ]
    user, item = (found["code"].to_numpy().astype(np.int32) for found in codes)
    return Interactions(
        name="judged events",
        users=ids[0],
        items=ids[1],
        user=user,
        item=item,
        rating=None,
        timestamp=None,
        item_table=None,
        user_ids="external",
        item_ids="external target",
        rating_scale=None,
        provenance=Provenance(origin="judgements", sha256="", parser="external/1"),
    )
