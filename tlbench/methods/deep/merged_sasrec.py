"""SASRec over what a user touched in all domains, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep._kernels_samples import sample_negatives
from tlbench.methods.deep.histories import Histories
from tlbench.methods.deep.samples import row_batches
from tlbench.methods.deep.sasrec import SPACE, SasRec, SasRecModel, encode_users, encoded, next_item_loss
from tlbench.methods.deep.training import Arrays, Run, Tensors, noise, one_torch_thread, to_tensor
from tlbench.methods.deep.transformer import LENGTH, START
from tlbench.methods.scorers import FactorScorer
from tlbench.registry import method
from tlbench.split.training import side_by_side

if TYPE_CHECKING:
    from torch import Tensor

    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Training


@dataclass(frozen=True, eq=False)
class MergedModel:
    """The target's SASRec, fed with histories in which the source's items stand between the target's.

    Attributes
    ----------
    own
        The target's model: its draws, negatives and learners are those of the counterpart.
    merged
        Histories of both domains; items of the source have numbers from the number of target items on.
    """

    own: SasRecModel
    merged: Histories

    @property
    def n_items(self) -> int:
        """Number of target items, which alone are predicted."""
        return self.own.histories.n_items

    def start(self, draws: Draws) -> Arrays:
        """Draw the counterpart's parameters, and ``source_items``."""
        shape = (self.merged.n_items - self.n_items, self.own.encoder.width)
        there = draws.normal("start", "source", "items", shape=shape, scale=START)
        return {**self.own.start(draws), "source_items": there}

    def losses(self, parameters: Tensors, draws: Draws, epoch: int) -> Iterator[Tensor]:
        """Cross entropy of the next item wherever that is one of the target."""
        import torch

        seed, generator = draws.seed("negatives", "target", epoch), noise(draws, "dropout", "target", epoch)
        indptr, indices, _ = self.own.touched
        for users in row_batches(self.own.learners, draws, "target", epoch, size=self.own.batch_size):
            negatives = np.empty((len(users), self.own.n_negatives), dtype=np.int32)
            sample_negatives(users.astype(np.int32), users, indptr, indices, self.n_items, seed, negatives)
            items, others = to_tensor(self.merged.last(users, LENGTH + 1)), to_tensor(negatives)
            every = torch.cat((parameters["items"], parameters["source_items"]))
            hidden = encoded(parameters, self.own.encoder, every, items[:, :-1], generator=generator)
            yield next_item_loss(hidden, every, items, others, n_items=self.n_items)

    def scorer(self, parameters: Arrays) -> FactorScorer:
        """Encode every merged history once; a user without one has a zero vector."""
        import torch

        with torch.no_grad(), one_torch_thread():
            tensors = {name: to_tensor(value) for name, value in parameters.items()}
            every = torch.cat((tensors["items"], tensors["source_items"]))
            users = encode_users(lambda rows: encoded(tensors, self.own.encoder, every, rows), self.merged, every)
        return FactorScorer(users.cpu().numpy(), parameters["items"])


@method(
    "merged-sasrec",
    family="data",
    needs=("user-overlap", "time", "source-time"),
    counterpart="sasrec",
    placebo="shuffled-bridge",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="Kang and McAuley 2018, doi:10.1109/ICDM.2018.00035, over merged sequences",
    space=SPACE,
)
@dataclass(frozen=True, kw_only=True)
class MergedSasRec(SasRec):
    """`sasrec` over each user's history in all domains; what comes next is predicted where it is a target item.

    A baseline that is strong and seldom reported: plain attention decides which items of the source say something.

    Parameters
    ----------
    factors, blocks, heads, dropout, n_negatives
        As in `sasrec`.
    """

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on merged histories."""
        both = side_by_side((data.target, *data.sources))
        model = MergedModel(self.model(data.target, draws, "target"), Histories.of(both, draws, "merged"))
        return Run(model, draws, self.descent, "merged-sasrec")
