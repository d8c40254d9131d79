"""What is learned on a source first: the stage before a fit on the target, and what it hands over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep.training import Arrays, Model, Run, epochs_of, last_of
from tlbench.registry import IntRange

if TYPE_CHECKING:
    from tlbench.arrays import Bool
    from tlbench.methods.deep.draws import Draws
    from tlbench.methods.deep.method import DeepMethod
    from tlbench.progress import Progress

PRETRAINING = IntRange(5, 100, log=True)


@dataclass(frozen=True)
class Moved:
    """What pre-training hands over.

    Attributes
    ----------
    start
        Parameters that the target's model starts from.
    whole
        Names of those that can be left as they are as a whole.
    rows
        Rows of others that came from the source; the rest of them is the target's own.
    """

    start: Arrays
    whole: frozenset[str] = frozenset()
    rows: Mapping[str, Bool] = field(default_factory=dict)


def pretrained(method: DeepMethod, model: Model, draws: Draws, n_epochs: int, progress: Progress) -> Arrays:
    """Return a model's parameters after its epochs on the source."""
    run = Run(model, draws, method.descent, "pre-training")
    return last_of(epochs_of(run, n_epochs, progress=progress)).parameters


def finetuning(method: DeepMethod, model: Model, draws: Draws, label: str, moved: Moved, *, freeze: bool) -> Run:
    """Return what is trained on the target, from what was moved."""
    descent = replace(method.descent, frozen=moved.whole, frozen_rows=moved.rows) if freeze else method.descent
    return Run(model, draws, descent, label, moved.start)


def move_rows(names: tuple[str, ...], own: Arrays, there: Arrays, rows: Bool) -> Arrays:
    """Return the target's own starts of some parameters, with the source's rows where users are shared."""
    return {name: np.where(rows[:, None], there[name], own[name]) for name in names}


def encoder_of(there: Arrays) -> frozenset[str]:
    """Return the names of an encoder's parameters."""
    return frozenset(name for name in there if name.startswith("encoder."))
