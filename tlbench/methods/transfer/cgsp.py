"""CGSP: signals of users, filtered by the similarity of target items and by the one that the source gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.graph_filter import Bridging, GraphFilterScorer, normalised
from tlbench.methods.transfer.pooling import only
from tlbench.progress import SILENT, Progress
from tlbench.registry import Range, method

if TYPE_CHECKING:
    from tlbench.split.training import Training


@method(
    "cgsp",
    family="knowledge",
    needs="user-overlap",
    counterpart="own-cgsp",
    placebo="shuffled-bridge",
    deterministic=True,
    reference="Lee et al. 2024, arXiv:2407.12374",
    space={"weight": Range(0, 1)},
)
@dataclass(frozen=True)
class Cgsp:
    """A filter of closed form, ``(1 - weight) R'R + weight B'B R'R`` with ``B = S' T`` of the users of both domains.

    R is the target's matrix, normalised by the degrees of users and items; T and S are the rows of the users with
    history in both domains, of the target's and of the source's normalised matrix. A user with target history sends
    its own row through the filter, one without sends its source row through ``S' T`` first. This is the graph of items
    (CGSP-IO); the authors' variants also put the shared users on the graph, and their public code runs one of them
    under the name of the other.

    Parameters
    ----------
    weight
        Share of the similarity that crosses the source (the paper's alpha). With 0, who has target history gets
        what `own-cgsp` gives.
    """

    weight: float = 0.85

    def fit(
        self,
        data: Training,
        rng: np.random.Generator,  # noqa: ARG002
        *,
        progress: Progress = SILENT,  # noqa: ARG002
    ) -> GraphFilterScorer:
        """Normalise; nothing is learned."""
        graph, there = normalised(data.target.matrix), normalised(data.source.matrix)
        known, known_there = (np.diff(matrix.indptr) > 0 for matrix in (graph, there))
        shared = np.zeros(data.n_users, dtype=np.bool_)
        shared[data.overlap] = True
        both = np.flatnonzero(shared & known & known_there)
        bridge = Bridging(graph[both], there[both], only(there, ~known), self.weight)
        return GraphFilterScorer(graph, graph, bridge)
