"""UniSRec: an encoder of sequences of texts, pre-trained on all sources by contrast, then adapted to the target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep.histories import PADDING, Histories
from tlbench.methods.deep.pretraining import PRETRAINING, Moved, encoder_of, finetuning, pretrained
from tlbench.methods.deep.samples import row_batches
from tlbench.methods.deep.sasrec import SPACE, encoded
from tlbench.methods.deep.text_sasrec import TextSasRec, TextVectors
from tlbench.methods.deep.texts import common_text_vectors
from tlbench.methods.deep.training import Arrays, Run, Tensors, noise, to_tensor
from tlbench.methods.deep.transformer import LENGTH, Encoder
from tlbench.registry import method
from tlbench.split.training import one_below_the_other

if TYPE_CHECKING:
    from torch import Tensor

    from tlbench.arrays import I32, I64
    from tlbench.methods.deep.draws import Draws
    from tlbench.methods.scorers import FactorScorer
    from tlbench.progress import Progress
    from tlbench.split.training import Training


@dataclass(frozen=True, eq=False)
class ContrastModel:
    """What is learned from sequences of several domains.

    Attributes
    ----------
    histories
        Sequences; a user of two sources has two.
    vectors, encoder
        Vectors of items; what makes one vector of a history.
    temperature
        What cosines are divided by.
    weight, drop
        Weight of the contrast of a sequence with itself, of which a share of the items was left out.
    batch_size
        Sequences in a step; each is told from the others.
    """

    histories: Histories
    vectors: TextVectors
    encoder: Encoder
    temperature: float
    weight: float
    drop: float
    batch_size: int

    def start(self, draws: Draws) -> Arrays:
        """Draw the maps of texts and the encoder, as the target's model draws its own."""
        return {**self.vectors.start(draws, "source"), **self.encoder.start(draws)}

    def losses(self, parameters: Tensors, draws: Draws, epoch: int) -> Iterator[Tensor]:
        """Contrast of a random beginning of each sequence with its next item and with itself, items left out."""
        generator, chance = noise(draws, "dropout", "source", epoch), draws.stream("beginnings", "source", epoch)
        learners = np.flatnonzero(self.histories.lengths > 1).astype(np.int64)
        for users in row_batches(learners, draws, "source", epoch, size=self.batch_size):
            rows, following = beginnings(self.histories, users, chance)
            every = self.vectors(parameters, generator)
            whole, part = (
                encoded(parameters, self.encoder, every, to_tensor(each), generator=generator)[:, -1]
                for each in (rows, left_out(rows, self.drop, chance))
            )
            items = to_tensor(following)
            same = items[:, None] == items
            loss = contrast(whole, every[items], same, temperature=self.temperature)
            yield loss + self.weight * contrast(whole, part, same, temperature=self.temperature)

    def scorer(self, parameters: Arrays) -> FactorScorer:
        """Raise: the stage before the target's has nothing to score."""
        raise NotImplementedError


def beginnings(histories: Histories, users: I64, chance: np.random.Generator) -> tuple[I32, I32]:
    """Cut each history at a random place: the last items before it, int32 (b, l), and the one behind it, int32 (b,)."""
    cuts = 1 + (chance.random(len(users)) * (histories.lengths[users] - 1)).astype(np.int64)
    ends = histories.indptr[users] + cuts
    places = ends[:, None] - np.arange(min(LENGTH, int(cuts.max())), 0, -1)
    known = places >= histories.indptr[users][:, None]
    rows = np.where(known, histories.items[np.maximum(places, 0)], PADDING).astype(np.int32)
    return rows, histories.items[ends]


def left_out(rows: I32, share: float, chance: np.random.Generator) -> I32:
    """Leave a share of each row's items out, never the last, and move the others to the end."""
    kept = (rows != PADDING) & (chance.random(rows.shape) >= share)
    kept[:, -1] = True
    order = np.argsort(kept, axis=1, kind="stable")
    moved: I32 = np.take_along_axis(np.where(kept, rows, PADDING), order, axis=1).astype(np.int32)
    return moved


def contrast(left: Tensor, right: Tensor, same: Tensor, *, temperature: float) -> Tensor:
    """Return the mean of ``-log softmax`` of each row's partner by cosine, without other rows of the same item.

    Parameters
    ----------
    left, right
        float32, shapes (b, width): row i of one belongs to row i of the other.
    same
        bool, shape (b, b): rows that are followed by the same item.
    temperature
        What cosines are divided by.
    """
    import torch

    normalize = torch.nn.functional.normalize
    logits = normalize(left, dim=-1) @ normalize(right, dim=-1).T / temperature
    twins = same & ~torch.eye(len(left), dtype=torch.bool, device=left.device)
    return (logits.masked_fill(twins, float("-inf")).logsumexp(-1) - logits.diagonal()).mean()


@method(
    "unisrec",
    family="model",
    needs=("time", "source-time", "target-text", "source-text"),
    counterpart="text-sasrec",
    placebo="shuffled-text",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="Hou et al. 2022, doi:10.1145/3534678.3539381; texts: Deerwester et al. 1990",
    space={**SPACE, "pretraining": PRETRAINING},
)
@dataclass(frozen=True, kw_only=True)
class UniSRec(TextSasRec):
    """`text-sasrec` whose encoder learns from the sources and stays; only the maps of texts learn from the target.

    The sources' sequences are contrasted with the items that follow them and with themselves, items left out. Neither
    users nor items need be shared.

    Where public code differs: a pair that must not count gets the logit 0 there and so still adds ``exp(0) = 1``; here
    it adds nothing. In an epoch every sequence gives one random beginning rather than all of them. Item vectors of the
    target's own (the paper's transductive setting) are left out, and so is the second text of an item.

    Parameters
    ----------
    factors, blocks, heads, dropout, n_negatives, experts, text_dropout, temperature
        As in `text-sasrec`, in both stages.
    pretraining
        Epochs on the sources.
    pretraining_batch
        Sequences in a step there.
    contrast_weight, item_drop
        Weight of the contrast of a sequence with itself, and the share of items that is left out of it.
    """

    pretraining: int = 30
    pretraining_batch: int = 512
    contrast_weight: float = 1e-3
    item_drop: float = 0.2

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Pre-train on the sources, each sequence by itself, then train the maps on the target."""
        own, other = common_text_vectors(data, "unisrec")
        there = pretrained(
            self, self.contrast_model(data, draws, self.vectors_of(other)), draws, self.pretraining, progress
        )
        model = self.text_model(data.target, draws, "target", own)
        return finetuning(self, model, draws, "unisrec", Moved(there, encoder_of(there)), freeze=True)

    def contrast_model(self, data: Training, draws: Draws, vectors: TextVectors) -> ContrastModel:
        """Return the model of the sources."""
        histories = Histories.of(one_below_the_other(data.sources), draws, "source")
        return ContrastModel(
            histories,
            vectors,
            self.encoder,
            self.temperature,
            self.contrast_weight,
            self.item_drop,
            self.pretraining_batch,
        )
