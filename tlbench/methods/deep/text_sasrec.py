"""SASRec whose item vectors come from texts alone, so that a new item, or another domain's, has one as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep.sasrec import SPACE, SasRec, SasRecModel
from tlbench.methods.deep.texts import own_text_vectors
from tlbench.methods.deep.training import Arrays, Run, Tensors, to_tensor
from tlbench.registry import method

if TYPE_CHECKING:
    from torch import Tensor

    from tlbench.arrays import F32
    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Domain, Training


@dataclass(frozen=True, eq=False)
class TextVectors:
    """Vectors of items as a linear map of vectors of their texts.

    Attributes
    ----------
    texts
        float32, shape (n_items, d).
    width
        Length of an item's vector.
    """

    texts: F32
    width: int

    def start(self, draws: Draws, name: str) -> Arrays:
        """Draw ``adaptor`` (Glorot) and ``adaptor_bias``, under the same name for every domain: it can be shared."""
        shape = (self.texts.shape[1], self.width)
        return {
            "adaptor": draws.glorot("start", "adaptor", shape=shape),
            "adaptor_bias": np.zeros(self.width, np.float32),
        }

    def __call__(self, parameters: Tensors) -> Tensor:
        """Map the texts."""
        return to_tensor(self.texts) @ parameters["adaptor"] + parameters["adaptor_bias"]


@method(
    "text-sasrec",
    family="baseline",
    needs=("time", "target-text"),
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="Kang and McAuley 2018, doi:10.1109/ICDM.2018.00035, on texts as Hou et al. 2022, "
    "doi:10.1145/3534678.3539381, without pre-training; texts: Deerwester et al. 1990",
    space=SPACE,
)
@dataclass(frozen=True, kw_only=True)
class TextSasRec(SasRec):
    """`sasrec` with item vectors that are a learned linear map of the texts' tf-idf directions.

    Parameters
    ----------
    factors, blocks, heads, dropout, n_negatives
        As in `sasrec`.
    """

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on the target."""
        texts = own_text_vectors(data, "text-sasrec")
        return Run(self.text_model(data.target, draws, "target", texts), draws, self.descent, "text-sasrec")

    def text_model(self, domain: Domain, draws: Draws, name: str, texts: F32) -> SasRecModel:
        """Return the model of one domain with these vectors of texts."""
        return self.model_of(domain, draws, name, TextVectors(texts, self.factors))
