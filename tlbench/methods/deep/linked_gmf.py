"""GMF whose items are shared with the sources."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tlbench.methods.deep.gmf import SPACE, Gmf, Part
from tlbench.methods.deep.training import Run
from tlbench.methods.transfer.aligned import shared_columns
from tlbench.methods.transfer.pooling import Weight, source_weights
from tlbench.registry import Range, method

if TYPE_CHECKING:
    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Training


@method(
    "linked-gmf",
    family="data",
    needs="item-links",
    counterpart="gmf",
    placebo="shuffled-links",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="Bonab et al. 2021, doi:10.1145/3459637.3482493 (GMF++)",
    space={**SPACE, "weight": Range(0, 1)},
)
@dataclass(frozen=True, kw_only=True)
class LinkedGmf(Gmf):
    """`gmf` over the users of all domains, where a linked item has one vector; domains are sampled equally.

    The publisher's code draws a domain's negatives once before training; here they are drawn anew in every epoch,
    unless `fresh` is false.

    Parameters
    ----------
    weight
        Weight of a source's loss against the target's; one number, or one for each source. With 0 the method is `gmf`.
    """

    weight: Weight = 1.0

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on all domains in turn."""
        weights = source_weights(self.weight, len(data.sources))
        used = [source for source, weight in enumerate(weights) if weight > 0]
        known = replace(
            data,
            sources=tuple(data.sources[source] for source in used),
            item_alignments=tuple(data.item_alignments[source] for source in used),
        )
        parts = tuple(
            Part(domain.name, domain.matrix, columns, weights[source])
            for source, domain, columns in zip(used, known.sources, shared_columns(known), strict=True)
        )
        return Run(self.model(data, parts), draws, self.descent, "linked-gmf")
