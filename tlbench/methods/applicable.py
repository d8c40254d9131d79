"""What a training offers against what a method needs."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tlbench.registry import MethodEntry, Need

if TYPE_CHECKING:
    from tlbench.split.training import Training


def why_not(entry: MethodEntry, training: Training, *, unlinked: Sequence[str | None] = ()) -> str | None:
    """Say why a method cannot run on a training, in a few words, or None where it can.

    Parameters
    ----------
    entry, training
        The method and what it would see.
    unlinked
        Why sources share no item with the target, as `tlbench.scenario.Bridge.unlinked` has it.
    """
    if entry.extra is not None and importlib.util.find_spec(entry.extra) is None:
        return f'needs the library {entry.extra}: pip install "tlbench[{entry.extra}]"'
    if entry.family != "baseline" and not any(source.matrix.nnz for source in training.sources):
        return "no source interaction is left (what is later than the training part of the target is cut)"
    for need in entry.needs:
        reason = _missing(need, training, unlinked)
        if reason:
            return reason
    return None


def _missing(need: Need, training: Training, unlinked: Sequence[str | None]) -> str | None:
    """Say what is missing for one need; a new need fails here at type checking until it is answered."""
    target, sources = training.target, training.sources
    match need:
        case "user-overlap":
            return None if len(training.overlap) else "needs shared users, the domains have none"
        case "item-links":
            linked = any(links is not None for links in training.item_alignments)
            why = "; ".join(dict.fromkeys(reason for reason in unlinked if reason)) or "the domains have none"
            return None if linked else f"needs linked items: {why}"
        case "target-ratings":
            return None if target.rating_scale else "needs ratings, the target has none"
        case "source-ratings":
            return None if all(s.rating_scale for s in sources) else "needs ratings, a source has none"
        case "target-text":
            return None if target.item_text is not None else "needs item text, the target has none"
        case "source-text":
            return None if all(s.item_text is not None for s in sources) else "needs item text, a source has none"
        case "time":
            return None if target.timestamps is not None else "needs timestamps, the target has none"
        case "source-time":
            return None if all(s.timestamps is not None for s in sources) else "needs timestamps, a source has none"
