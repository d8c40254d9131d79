"""How many epochs on the target a method needs to be as good as its counterpart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlbench.report.blocks import Note, Table
from tlbench.report.document import scenario_section

if TYPE_CHECKING:
    from tlbench.analysis.epochs import EpochsToQuality
    from tlbench.report.document import InScenario

HEADINGS = ("method", "counterpart", "folds", "as good in", "epochs", "its epochs")
NOTE = (
    "By marks on validation: in how many folds the method came to its counterpart's best mark, after how many epochs "
    "on the target (median), and how many its counterpart took. Epochs on a source do not count."
)


def _data(place: InScenario) -> dict[str, Any]:
    return {"epochs": [asdict(each) for each in place.found.epochs]} if place.found.epochs else {}


@scenario_section("epochs", "Epochs to the counterpart's quality", order=65, verbose=True, data=_data)
def epochs(place: InScenario) -> Iterator[Table | Note]:
    """Nothing where no validation chose a number of epochs."""
    if place.found.epochs:
        yield Table(HEADINGS, [_row(each) for each in place.found.epochs], left=(0, 1))
        yield Note(NOTE)


def _row(found: EpochsToQuality) -> tuple[str, ...]:
    epochs = "-" if found.epochs is None else f"{found.epochs:g}"
    return (
        found.method,
        found.counterpart,
        str(found.folds),
        str(found.reached),
        epochs,
        f"{found.counterpart_epochs:g}",
    )
