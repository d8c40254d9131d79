"""Pre-train on the source, move what the domains share, fine-tune on the target or leave what was moved as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from tlbench.methods.deep.lightgcn import SPACE as LIGHTGCN_SPACE
from tlbench.methods.deep.lightgcn import LightGcn
from tlbench.methods.deep.neumf import SPACE as NEUMF_SPACE
from tlbench.methods.deep.neumf import NeuMf
from tlbench.methods.deep.pretraining import PRETRAINING, Moved, encoder_of, finetuning, move_rows, pretrained
from tlbench.methods.deep.samples import known_users
from tlbench.methods.deep.sasrec import SPACE as SASREC_SPACE
from tlbench.methods.deep.sasrec import SasRec
from tlbench.methods.deep.text_sasrec import TextSasRec
from tlbench.methods.deep.texts import common_text_vectors
from tlbench.methods.deep.training import Run
from tlbench.methods.deep.two_domains import shared_users
from tlbench.registry import Dimension, Need, method

if TYPE_CHECKING:
    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Training

REFERENCE = "parameter transfer: Pan and Yang 2010, doi:10.1109/TKDE.2009.191, with "
SASREC_REFERENCE = "Kang and McAuley 2018, doi:10.1109/ICDM.2018.00035"
TIMES: tuple[Need, ...] = ("time", "source-time")
TEXTS: tuple[Need, ...] = ("target-text", "source-text")


def _stages_of(
    counterpart: str, *, needs: Need | tuple[Need, ...], placebo: str, reference: str, space: Mapping[str, Dimension]
) -> Callable[[str], Callable[[type], type]]:
    """Return what registers a two-stage method by its name."""
    return partial(
        method,
        family="model",
        needs=needs,
        counterpart=counterpart,
        placebo=placebo,
        deterministic=False,
        extra="torch",
        on_request=True,
        reference=REFERENCE + reference,
        space={**space, "pretraining": PRETRAINING},
    )


of_neumf = _stages_of(
    "neumf",
    needs="user-overlap",
    placebo="shuffled-bridge",
    reference="He et al. 2017, doi:10.1145/3038912.3052569",
    space=NEUMF_SPACE,
)
of_lightgcn = _stages_of(
    "lightgcn",
    needs="user-overlap",
    placebo="shuffled-bridge",
    reference="He et al. 2020, doi:10.1145/3397271.3401063",
    space=LIGHTGCN_SPACE,
)
of_sasrec = _stages_of("sasrec", needs=TIMES, placebo="rewired-source", reference=SASREC_REFERENCE, space=SASREC_SPACE)
of_text_sasrec = _stages_of(
    "text-sasrec",
    needs=(*TIMES, *TEXTS),
    placebo="shuffled-text",
    reference=SASREC_REFERENCE + "; texts: Deerwester et al. 1990",
    space=SASREC_SPACE,
)


@of_neumf("finetuned-neumf")
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


@of_neumf("frozen-neumf")
@dataclass(frozen=True, kw_only=True)
class FrozenNeuMf(FinetunedNeuMf):
    """As `finetuned-neumf`, but shared users' vectors and the perceptron's layers stay as the sources made them.

    Parameters
    ----------
    factors, n_negatives, dropout, pretraining
        As in `finetuned-neumf`.
    """

    freeze: ClassVar[bool] = True


@of_lightgcn("finetuned-lightgcn")
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


@of_lightgcn("frozen-lightgcn")
@dataclass(frozen=True, kw_only=True)
class FrozenLightGcn(FinetunedLightGcn):
    """As `finetuned-lightgcn`, but shared users' vectors stay as the sources made them.

    Parameters
    ----------
    factors, layers, l2, pretraining
        As in `finetuned-lightgcn`.
    """

    freeze: ClassVar[bool] = True


@of_sasrec("finetuned-sasrec")
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
        encoder = encoder_of(there)
        moved = Moved({name: there[name] for name in encoder}, encoder)
        model = self.model(data.target, draws, "target")
        return finetuning(self, model, draws, "fine-tuned sasrec", moved, freeze=self.freeze)


@of_sasrec("frozen-sasrec")
@dataclass(frozen=True, kw_only=True)
class FrozenSasRec(FinetunedSasRec):
    """As `finetuned-sasrec`, but the encoder stays as the sources made it; only the target's item vectors are learned.

    Parameters
    ----------
    factors, blocks, heads, dropout, n_negatives, pretraining
        As in `finetuned-sasrec`.
    """

    freeze: ClassVar[bool] = True


@of_text_sasrec("finetuned-text-sasrec")
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
        moved = Moved(there, encoder_of(there))
        return finetuning(self, model, draws, "fine-tuned text-sasrec", moved, freeze=self.freeze)


@of_text_sasrec("frozen-text-sasrec")
@dataclass(frozen=True, kw_only=True)
class FrozenTextSasRec(FinetunedTextSasRec):
    """As `finetuned-text-sasrec`, but the encoder stays as the sources made it; the map of texts goes on learning.

    Parameters
    ----------
    factors, blocks, heads, dropout, n_negatives, pretraining
        As in `finetuned-text-sasrec`.
    """

    freeze: ClassVar[bool] = True
