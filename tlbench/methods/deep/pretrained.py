"""Pre-train on the source, move what the domains share, fine-tune on the target or leave what was moved as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tlbench.methods.deep.lightgcn import SPACE as LIGHTGCN_SPACE
from tlbench.methods.deep.lightgcn import LightGcn
from tlbench.methods.deep.method import DeepMethod
from tlbench.methods.deep.neumf import SPACE as NEUMF_SPACE
from tlbench.methods.deep.neumf import NeuMf
from tlbench.methods.deep.samples import known_users
from tlbench.methods.deep.sasrec import SPACE as SASREC_SPACE
from tlbench.methods.deep.sasrec import SasRec
from tlbench.methods.deep.text_sasrec import TextSasRec
from tlbench.methods.deep.texts import common_text_vectors
from tlbench.methods.deep.training import Arrays, Model, Run, epochs_of, last_of
from tlbench.methods.deep.two_domains import shared_users
from tlbench.registry import IntRange, method

if TYPE_CHECKING:
    from tlbench.arrays import Bool
    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Training

PRETRAINING = IntRange(5, 100, log=True)
REFERENCE = "parameter transfer: Pan and Yang 2010, doi:10.1109/TKDE.2009.191, with "


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


@method(
    "finetuned-neumf",
    family="model",
    needs="user-overlap",
    counterpart="neumf",
    placebo="shuffled-bridge",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference=REFERENCE + "He et al. 2017, doi:10.1145/3038912.3052569",
    space={**NEUMF_SPACE, "pretraining": PRETRAINING},
)
@dataclass(frozen=True, kw_only=True)
class FinetunedNeuMf(NeuMf):
    """`neumf` whose shared users' vectors and perceptron start from a fit of the sources.

    Parameters
    ----------
    factors, n_negatives, dropout
        As in `neumf`, in both stages.
    pretraining
        Epochs on the sources.
    """

    pretraining: int = 20

    freeze: ClassVar[bool] = False

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Pre-train on the sources side by side, then train on the target."""
        there = pretrained(self, self.model(data.source, "source"), draws, self.pretraining, progress)
        rows = shared_users(data) & known_users(data.source)
        model = replace(self.model(data.target, "target"), also_known=rows)
        layers = frozenset({"layer_1", "bias_1", "layer_2", "bias_2"})
        users = ("users", "user_inputs")
        start = {name: there[name] for name in (*layers, "output", "bias")}
        start |= move_rows(users, model.start(draws), there, rows)
        moved = Moved(start, layers, dict.fromkeys(users, rows))
        return finetuning(self, model, draws, "fine-tuned neumf", moved, freeze=self.freeze)


@method(
    "frozen-neumf",
    family="model",
    needs="user-overlap",
    counterpart="neumf",
    placebo="shuffled-bridge",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference=REFERENCE + "He et al. 2017, doi:10.1145/3038912.3052569",
    space={**NEUMF_SPACE, "pretraining": PRETRAINING},
)
@dataclass(frozen=True, kw_only=True)
class FrozenNeuMf(FinetunedNeuMf):
    """As `finetuned-neumf`, but shared users' vectors and the perceptron's layers stay as the sources made them.

    Parameters
    ----------
    factors, n_negatives, dropout, pretraining
        As in `finetuned-neumf`.
    """

    freeze: ClassVar[bool] = True


@method(
    "finetuned-lightgcn",
    family="model",
    needs="user-overlap",
    counterpart="lightgcn",
    placebo="shuffled-bridge",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference=REFERENCE + "He et al. 2020, doi:10.1145/3397271.3401063",
    space={**LIGHTGCN_SPACE, "pretraining": PRETRAINING},
)
@dataclass(frozen=True, kw_only=True)
class FinetunedLightGcn(LightGcn):
    """`lightgcn` whose shared users' vectors start from a fit of the sources.

    Parameters
    ----------
    factors, layers, l2
        As in `lightgcn`, in both stages.
    pretraining
        Epochs on the sources.
    """

    pretraining: int = 20

    freeze: ClassVar[bool] = False

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Pre-train on the sources side by side, then train on the target."""
        there = pretrained(self, self.model(data.source, "source"), draws, self.pretraining, progress)
        rows = shared_users(data) & known_users(data.source)
        model = replace(self.model(data.target, "target"), also_known=rows)
        moved = Moved(move_rows(("users",), model.start(draws), there, rows), rows={"users": rows})
        return finetuning(self, model, draws, "fine-tuned lightgcn", moved, freeze=self.freeze)


@method(
    "frozen-lightgcn",
    family="model",
    needs="user-overlap",
    counterpart="lightgcn",
    placebo="shuffled-bridge",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference=REFERENCE + "He et al. 2020, doi:10.1145/3397271.3401063",
    space={**LIGHTGCN_SPACE, "pretraining": PRETRAINING},
)
@dataclass(frozen=True, kw_only=True)
class FrozenLightGcn(FinetunedLightGcn):
    """As `finetuned-lightgcn`, but shared users' vectors stay as the sources made them.

    Parameters
    ----------
    factors, layers, l2, pretraining
        As in `finetuned-lightgcn`.
    """

    freeze: ClassVar[bool] = True


def _encoder(there: Arrays) -> frozenset[str]:
    return frozenset(name for name in there if name.startswith("encoder."))


@method(
    "finetuned-sasrec",
    family="model",
    needs=("time", "source-time"),
    counterpart="sasrec",
    placebo="rewired-source",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference=REFERENCE + "Kang and McAuley 2018, doi:10.1109/ICDM.2018.00035",
    space={**SASREC_SPACE, "pretraining": PRETRAINING},
)
@dataclass(frozen=True, kw_only=True)
class FinetunedSasRec(SasRec):
    """`sasrec` whose encoder starts from a fit of the sources; neither users nor items need be shared.

    Parameters
    ----------
    factors, blocks, heads, dropout, n_negatives
        As in `sasrec`, in both stages.
    pretraining
        Epochs on the sources.
    """

    pretraining: int = 10

    freeze: ClassVar[bool] = False

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Pre-train on the sources side by side, then train on the target."""
        there = pretrained(self, self.model(data.source, draws, "source"), draws, self.pretraining, progress)
        encoder = _encoder(there)
        moved = Moved({name: there[name] for name in encoder}, encoder)
        model = self.model(data.target, draws, "target")
        return finetuning(self, model, draws, "fine-tuned sasrec", moved, freeze=self.freeze)


@method(
    "frozen-sasrec",
    family="model",
    needs=("time", "source-time"),
    counterpart="sasrec",
    placebo="rewired-source",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference=REFERENCE + "Kang and McAuley 2018, doi:10.1109/ICDM.2018.00035",
    space={**SASREC_SPACE, "pretraining": PRETRAINING},
)
@dataclass(frozen=True, kw_only=True)
class FrozenSasRec(FinetunedSasRec):
    """As `finetuned-sasrec`, but the encoder stays as the sources made it; only the target's item vectors are learned.

    Parameters
    ----------
    factors, blocks, heads, dropout, n_negatives, pretraining
        As in `finetuned-sasrec`.
    """

    freeze: ClassVar[bool] = True


@method(
    "finetuned-text-sasrec",
    family="model",
    needs=("time", "source-time", "target-text", "source-text"),
    counterpart="text-sasrec",
    placebo="shuffled-text",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference=REFERENCE + "Kang and McAuley 2018, doi:10.1109/ICDM.2018.00035; texts: Deerwester et al. 1990",
    space={**SASREC_SPACE, "pretraining": PRETRAINING},
)
@dataclass(frozen=True, kw_only=True)
class FinetunedTextSasRec(TextSasRec):
    """`text-sasrec` whose encoder and map of texts start from a fit of the sources.

    Parameters
    ----------
    factors, blocks, heads, dropout, n_negatives
        As in `text-sasrec`, in both stages.
    pretraining
        Epochs on the sources.
    """

    pretraining: int = 10

    freeze: ClassVar[bool] = False

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Pre-train on the sources side by side, then train on the target, with texts in one space."""
        own, other = common_text_vectors(data, "finetuned-text-sasrec")
        there = pretrained(
            self, self.text_model(data.source, draws, "source", other), draws, self.pretraining, progress
        )
        model = self.text_model(data.target, draws, "target", own)
        moved = Moved(there, _encoder(there))
        return finetuning(self, model, draws, "fine-tuned text-sasrec", moved, freeze=self.freeze)


@method(
    "frozen-text-sasrec",
    family="model",
    needs=("time", "source-time", "target-text", "source-text"),
    counterpart="text-sasrec",
    placebo="shuffled-text",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference=REFERENCE + "Kang and McAuley 2018, doi:10.1109/ICDM.2018.00035; texts: Deerwester et al. 1990",
    space={**SASREC_SPACE, "pretraining": PRETRAINING},
)
@dataclass(frozen=True, kw_only=True)
class FrozenTextSasRec(FinetunedTextSasRec):
    """As `finetuned-text-sasrec`, but the encoder stays as the sources made it; the map of texts goes on learning.

    Parameters
    ----------
    factors, blocks, heads, dropout, n_negatives, pretraining
        As in `finetuned-text-sasrec`.
    """

    freeze: ClassVar[bool] = True
