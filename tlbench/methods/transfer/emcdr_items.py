"""EMCDR over linked items: factorise each domain, then map items' source vectors to target vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.baselines.ials import SPACE, Ials
from tlbench.methods.scorers import FactorScorer
from tlbench.methods.transfer.embedding import embed
from tlbench.methods.transfer.mapping import MapKind, MapOptions, blend, map_vectors
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, LogRange, method

if TYPE_CHECKING:
    from tlbench.arrays import F32
    from tlbench.split.training import Training


@method(
    "emcdr-items",
    family="model",
    needs="item-links",
    counterpart="ials",
    placebo="shuffled-links",
    deterministic=False,
    reference='Man et al. 2017, "Cross-domain recommendation: an embedding and mapping approach", IJCAI, '
    "doi:10.24963/ijcai.2017/343",
    space={
        **SPACE,
        "map_kind": Choice(("linear", "mlp")),
        "strength": LogRange(1e-1, 1e2),
    },
)
@dataclass(frozen=True)
class EmcdrItems:
    """Implicit ALS in each domain and a map of item vectors, learned on linked items with history in both.

    As `emcdr` does with users: a linked item with n target interactions gets
    ``(n own + strength deviation) / (n + strength)``, one without any gets the mapped vector, and users keep theirs.

    Parameters
    ----------
    factors, iterations, l2, unobserved, exponent
        As in `ials`, for every domain.
    map_kind, map_l2
        As in `emcdr`.
    strength
        How many target interactions the mapped vector counts for.
    """

    factors: int = 64
    iterations: int = 15
    l2: float = 0.003
    unobserved: float = 0.1
    exponent: float = 1.0
    map_kind: MapKind = "linear"
    map_l2: float | None = None
    strength: float = 5.0

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:
        """Factorise the domains, learn the map, move every linked item."""
        model = Ials(self.factors, self.iterations, self.l2, self.unobserved, self.exponent)
        target = embed(data, data.target, model, rng, progress)
        sources = _source_items(data, model, rng, progress)
        counts = np.bincount(data.target.matrix.indices, minlength=data.n_items)
        mapped = map_vectors(sources, target.items, counts, MapOptions(self.map_kind, self.map_l2), rng)
        return FactorScorer(target.users, blend(target.items, mapped, counts, self.strength))


def _source_items(data: Training, model: Ials, rng: np.random.Generator, progress: Progress) -> F32:
    """Vectors of the source items linked to each target item, side by side, float32, (n_items, n_sources * f)."""
    aligned = np.zeros((data.n_items, len(data.sources), model.factors), dtype=np.float32)
    for number, (source, links) in enumerate(zip(data.sources, data.item_alignments, strict=True)):
        if links is not None:
            items = embed(data, source, model, rng, progress).items
            aligned[links.target_item, number] = items[links.source_item]
    return aligned.reshape(data.n_items, -1)
