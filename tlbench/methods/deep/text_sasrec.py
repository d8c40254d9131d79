"""SASRec whose item vectors come from texts alone, so that a new item, or another domain's, has one as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep.sasrec import SPACE, SasRec, SasRecModel
from tlbench.methods.deep.texts import own_text_vectors
from tlbench.methods.deep.training import Arrays, Run, Tensors, dropped, to_tensor
from tlbench.methods.deep.transformer import START
from tlbench.registry import method

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from tlbench.arrays import F32
    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Domain, Training

_LEAST_NOISE = 0.01


@dataclass(frozen=True, eq=False)
class TextVectors:
    """Vectors of items as a mixture of whitening maps of the vectors of their texts.

    An expert e gives ``(text - bias_e) weight_e``; a softmax over ``text gate`` says how much of it an item takes. In
    training the gate's logits get normal noise of a learned size, and entries of the text are dropped.

    Attributes
    ----------
    texts
        float32, shape (n_items, d).
    width
        Length of an item's vector.
    experts
        Number of maps.
    dropout
        Share of a text's entries that are zeroed in training.
    """

    texts: F32
    width: int
    experts: int
    dropout: float

    def start(self, draws: Draws, name: str) -> Arrays:
        """Draw the maps (normal); biases and gates are 0. Names are the same for every domain: it can be shared."""
        n, d = self.experts, self.texts.shape[1]
        return {
            "adaptor.weight": draws.normal("start", "adaptor", shape=(n, d, self.width), scale=START),
            "adaptor.bias": np.zeros((n, d), dtype=np.float32),
            "adaptor.gate": np.zeros((d, n), dtype=np.float32),
            "adaptor.noise": np.zeros((d, n), dtype=np.float32),
        }

    def __call__(self, parameters: Tensors, generator: Generator | None = None) -> Tensor:
        """Map the texts; without a generator nothing is dropped and no noise is added."""
        import torch

        texts, weight = to_tensor(self.texts), parameters["adaptor.weight"]
        logits = texts @ parameters["adaptor.gate"]
        if generator is not None:
            size = torch.nn.functional.softplus(texts @ parameters["adaptor.noise"]) + _LEAST_NOISE
            logits = logits + size * torch.randn(logits.shape, generator=generator, device=logits.device)
            texts = dropped(texts, self.dropout, generator)
        n, d, width = weight.shape
        mapped = (texts @ weight.transpose(0, 1).reshape(d, n * width)).view(-1, n, width)
        centred = mapped - torch.einsum("ed,edw->ew", parameters["adaptor.bias"], weight)
        return torch.einsum("ie,iew->iw", logits.softmax(-1), centred)


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
    """`sasrec` with item vectors that are learned whitening maps of the texts' tf-idf directions, by cosine.

    It is the model of `unisrec`, trained from scratch.

    Parameters
    ----------
    factors, blocks, heads, dropout, n_negatives
        As in `sasrec`.
    experts
        Maps of texts, of which each item takes a mixture.
    text_dropout
        Share of the entries of a text's vector that are zeroed in training.
    temperature
        What the cosine of a history and an item is divided by.
    """

    experts: int = 8
    text_dropout: float = 0.2
    temperature: float = 0.07

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on the target."""
        texts = own_text_vectors(data, "text-sasrec")
        return Run(self.text_model(data.target, draws, "target", texts), draws, self.descent, "text-sasrec")

    def text_model(self, domain: Domain, draws: Draws, name: str, texts: F32) -> SasRecModel:
        """Return the model of one domain with these vectors of texts."""
        return self.model_of(domain, draws, name, self.vectors_of(texts), temperature=self.temperature)

    def vectors_of(self, texts: F32) -> TextVectors:
        """Return what makes item vectors of texts."""
        return TextVectors(texts, self.factors, self.experts, self.text_dropout)
