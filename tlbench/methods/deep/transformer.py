"""The encoder of sequences: causal self-attention over vectors of what a user touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep.training import Arrays, Tensors, dropped

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from tlbench.methods.deep.draws import Draws

START = 0.02
EPSILON = 1e-12
LENGTH = 50


@dataclass(frozen=True)
class Encoder:
    """Shape of the encoder, as RecBole's SASRec has it: attention and a perceptron, each added and then normalised.

    Attributes
    ----------
    width, blocks, heads
        Length of a vector; attention blocks; heads of each.
    dropout
        Share of inputs, attention weights and outputs of layers that are zeroed in training.
    """

    width: int = 64
    blocks: int = 2
    heads: int = 2
    dropout: float = 0.5

    def start(self, draws: Draws) -> Arrays:
        """Draw weights, normal with deviation 0.02; biases are 0 and scales 1. Names begin with ``encoder``.

        The draws are not named by a domain: an encoder is what domains can share.
        """
        wide = 4 * self.width
        found: Arrays = {
            "encoder.positions": draws.normal("start", "positions", shape=(LENGTH, self.width), scale=START),
            **_norm("encoder.input", self.width),
        }
        for block in range(self.blocks):
            name = f"encoder.{block}"
            for part in ("query", "key", "value", "mixed"):
                found |= _layer(draws, f"{name}.{part}", self.width, self.width)
            found |= _layer(draws, f"{name}.wide", self.width, wide) | _layer(draws, f"{name}.narrow", wide, self.width)
            found |= _norm(f"{name}.attended", self.width) | _norm(f"{name}.done", self.width)
        return found

    def __call__(
        self, parameters: Tensors, inputs: Tensor, known: Tensor, *, generator: Generator | None = None
    ) -> Tensor:
        """Encode every prefix of every row.

        Parameters
        ----------
        parameters
            As `start` names them.
        inputs
            float32, shape (b, l, width): a vector for each item of a history, oldest first.
        known
            bool, shape (b, l): False where there is padding. Positions count from the end.
        generator
            Draws what is dropped; None drops nothing.

        Returns
        -------
        torch.Tensor
            float32, shape (b, l, width): place t knows items 0 to t.
        """
        import torch

        rate = 0.0 if generator is None else self.dropout
        length = inputs.shape[1]
        hidden = _normalised(parameters, "encoder.input", inputs + parameters["encoder.positions"][-length:])
        hidden = dropped(hidden, rate, generator)
        causal = torch.ones((length, length), dtype=torch.bool, device=inputs.device).tril()
        itself = torch.eye(length, dtype=torch.bool, device=inputs.device)
        seen = (causal & known[:, None, :]) | itself  # padding sees itself, so that its softmax is defined
        for block in range(self.blocks):
            hidden = self._block(parameters, f"encoder.{block}", hidden, seen, rate, generator)
        return hidden

    def _block(
        self, parameters: Tensors, name: str, hidden: Tensor, seen: Tensor, rate: float, generator: Generator | None
    ) -> Tensor:
        import torch

        attended = self._attention(parameters, name, hidden, seen, rate, generator)
        hidden = _normalised(parameters, f"{name}.attended", hidden + dropped(attended, rate, generator))
        wide = torch.nn.functional.gelu(_linear(parameters, f"{name}.wide", hidden))
        narrow = dropped(_linear(parameters, f"{name}.narrow", wide), rate, generator)
        return _normalised(parameters, f"{name}.done", hidden + narrow)

    def _attention(
        self, parameters: Tensors, name: str, hidden: Tensor, seen: Tensor, rate: float, generator: Generator | None
    ) -> Tensor:
        rows, length, width = hidden.shape
        each = width // self.heads

        def heads(part: str) -> Tensor:
            return _linear(parameters, f"{name}.{part}", hidden).view(rows, length, self.heads, each).transpose(1, 2)

        affinity = heads("query") @ heads("key").transpose(2, 3) / np.sqrt(each)
        weights = affinity.masked_fill(~seen[:, None], float("-inf")).softmax(-1)
        mixed = (dropped(weights, rate, generator) @ heads("value")).transpose(1, 2).reshape(rows, length, width)
        return _linear(parameters, f"{name}.mixed", mixed)


def _layer(draws: Draws, name: str, n_in: int, n_out: int) -> Arrays:
    weight = draws.normal("start", name, shape=(n_in, n_out), scale=START)
    return {f"{name}.weight": weight, f"{name}.bias": np.zeros(n_out, dtype=np.float32)}


def _norm(name: str, width: int) -> Arrays:
    return {f"{name}.scale": np.ones(width, dtype=np.float32), f"{name}.shift": np.zeros(width, dtype=np.float32)}


def _linear(parameters: Tensors, name: str, values: Tensor) -> Tensor:
    return values @ parameters[f"{name}.weight"] + parameters[f"{name}.bias"]


def _normalised(parameters: Tensors, name: str, values: Tensor) -> Tensor:
    import torch

    scale, shift = parameters[f"{name}.scale"], parameters[f"{name}.shift"]
    return torch.nn.functional.layer_norm(values, scale.shape, scale, shift, EPSILON)
