"""The target's half of CGSP: the linear low-pass filter of the item graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.methods.graph_filter import GraphFilterScorer, normalised
from tlbench.progress import SILENT, Progress
from tlbench.registry import method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.split.training import Training


@method(
    "own-cgsp",
    family="baseline",
    deterministic=True,
    reference="Lee et al. 2024, arXiv:2407.12374, without a source; the filter: Shen et al. 2021, "
    "doi:10.1145/3459637.3482264",
)
@dataclass(frozen=True)
class OwnCgsp:
    """The target's half of `cgsp`: a user's row, normalised by degrees, times the normalised similarity of items."""

    def fit(
        self,
        data: Training,
        rng: np.random.Generator,  # noqa: ARG002
        *,
        progress: Progress = SILENT,  # noqa: ARG002
    ) -> GraphFilterScorer:
        """Normalise; nothing is learned."""
        graph = normalised(data.target.matrix)
        return GraphFilterScorer(graph, graph)
