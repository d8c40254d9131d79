"""Variational encoders of a bipartite graph: what DisenCDR's vectors of users and items come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tlbench.methods.deep.training import Arrays, Tensors

if TYPE_CHECKING:
    from torch import Tensor

    from tlbench.methods.deep._graph import Product
    from tlbench.methods.deep.draws import Draws

SLOPE = 0.1
LEAST = 1e-3
GAUSSIAN = ("mean", "size")


@dataclass(frozen=True, eq=False)
class Chance:
    """What training draws for an encoder: for the rows that it knows, so that others move no draw.

    Attributes
    ----------
    generator
        Torch's, of our own seed.
    rows
        int64 tensor: the rows that have interactions.
    """

    generator: Any
    rows: Tensor

    def dropped(self, values: Tensor, rate: float) -> Tensor:
        """Zero entries at a rate and scale the others up."""
        import torch

        kept = torch.ones_like(values)
        draws = torch.rand((len(self.rows), values.shape[1]), generator=self.generator, device=values.device)
        kept[self.rows] = (draws >= rate).to(values.dtype) / (1 - rate)
        return values * kept

    def normal(self, values: Tensor) -> Tensor:
        """Draw standard normal numbers of that shape; other rows get 0."""
        import torch

        drawn = torch.zeros_like(values)
        shape = (len(self.rows), values.shape[1])
        drawn[self.rows] = torch.randn(shape, generator=self.generator, device=values.device)
        return drawn


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Independent normal distributions: float32 tensors of means and of standard deviations, shapes (n, f)."""

    mean: Tensor
    size: Tensor

    @classmethod
    def of(cls, mean: Tensor, raw: Tensor) -> Gaussian:
        """Make deviations positive by a softplus."""
        import torch

        return cls(mean, torch.nn.functional.softplus(raw) + LEAST)

    def sample(self, chance: Chance | None) -> Tensor:
        """Draw once; without chance it is the mean."""
        return self.mean if chance is None else self.mean + self.size * chance.normal(self.mean)

    def divergence(self, rows: Tensor, other: Gaussian | None = None) -> Tensor:
        """Return the Kullback-Leibler divergence from another one, or from the standard normal, mean over some rows."""
        mean, size = self.mean[rows], self.size[rows]
        if other is None:
            terms = (size.square() + mean.square() - 1) / 2 - size.log()
        else:
            to_mean, to_size = other.mean[rows], other.size[rows]
            ratio = (size.square() + (mean - to_mean).square()) / (2 * to_size.square())
            terms = (to_size / size).log() + ratio - 0.5
        return terms.sum() / max(1, len(rows))


@dataclass(frozen=True)
class GraphEncoder:
    """Layers that go over a graph to the other kind of node and back, and are joined with where they started.

    Attributes
    ----------
    name
        What its parameters' names begin with.
    width, layers
        Length of vectors; number of layers, the last of which gives a mean and a deviation.
    dropout
        Share of a layer's inputs that are zeroed in training.
    """

    name: str
    width: int
    layers: int
    dropout: float

    def start(self, draws: Draws) -> Arrays:
        """Draw weights (Glorot); biases are 0."""
        found: Arrays = {}
        for layer in range(self.layers):
            shapes = {"out": (self.width, self.width)}
            for head in self.heads(layer):
                shapes |= {f"{head}.back": (self.width, self.width), f"{head}.joined": (2 * self.width, self.width)}
            for part, shape in shapes.items():
                name = f"{self.name}.{layer}.{part}"
                found[name] = draws.glorot("start", name, shape=shape)
                found[f"{name}_bias"] = np.zeros(shape[1], dtype=np.float32)
        return found

    def heads(self, layer: int) -> tuple[str, ...]:
        """What a layer gives."""
        return GAUSSIAN if layer == self.layers - 1 else ("next",)

    def layer(
        self, parameters: Tensors, layer: int, ways: tuple[Product, Product], values: Tensor, chance: Chance | None
    ) -> dict[str, Tensor]:
        """Go over the graph and back, shapes (n, f), one for each head.

        Parameters
        ----------
        parameters
            As `start` names them.
        layer
            Its number, from 0.
        ways
            Means over the neighbours: there, and back.
        values
            float32, shape (n, f).
        chance
            None drops nothing.
        """
        import torch

        inputs = values if chance is None else chance.dropped(values, self.dropout)
        name, leaky = f"{self.name}.{layer}", torch.nn.functional.leaky_relu
        out = leaky(_linear(parameters, f"{name}.out", ways[0](inputs)), SLOPE)
        around = ways[1](out)
        found = {}
        for head in self.heads(layer):
            back = leaky(_linear(parameters, f"{name}.{head}.back", around), SLOPE)
            found[head] = _linear(parameters, f"{name}.{head}.joined", torch.cat((back, inputs), dim=1))
        return found

    def __call__(
        self, parameters: Tensors, ways: tuple[Product, Product], values: Tensor, chance: Chance | None
    ) -> Gaussian:
        """Go through all layers."""
        for layer in range(self.layers - 1):
            values = self.layer(parameters, layer, ways, values, chance)["next"].relu()
        last = self.layer(parameters, self.layers - 1, ways, values, chance)
        return Gaussian.of(last["mean"], last["size"])


def encode_together(
    encoders: Mapping[str, GraphEncoder],
    parameters: Tensors,
    ways: Mapping[str, tuple[Product, Product]],
    values: Mapping[str, Tensor],
    chances: Mapping[str, Chance | None],
    weights: Mapping[str, float],
) -> Gaussian:
    """Mix what the encoders of several domains give after every layer, with fixed weights; all by role."""
    now, last = dict(values), next(iter(encoders.values())).layers - 1
    for layer in range(last):
        each = [
            weights[role] * encoder.layer(parameters, layer, ways[role], now[role], chances[role])["next"].relu()
            for role, encoder in encoders.items()
        ]
        now = dict.fromkeys(now, sum(each[1:], each[0]))
    found = {
        role: encoder.layer(parameters, last, ways[role], now[role], chances[role])
        for role, encoder in encoders.items()
    }
    mean, size = ([weights[role] * found[role][head] for role in encoders] for head in GAUSSIAN)
    return Gaussian.of(sum(mean[1:], mean[0]), sum(size[1:], size[0]))


def _linear(parameters: Tensors, name: str, values: Tensor) -> Tensor:
    return values @ parameters[name] + parameters[f"{name}_bias"]
