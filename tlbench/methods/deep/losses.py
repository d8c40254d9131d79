"""Losses that several methods share; each is the mean over a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def pairwise(positive: Tensor, negative: Tensor) -> Tensor:
    """Return the mean of ``-log sigmoid(positive - negative)`` (Rendle et al. 2009, arXiv:1205.2618).

    Parameters
    ----------
    positive, negative
        float32, shapes (b,) and (b, c): the score of an interaction and of items that its user did not touch.
    """
    import torch

    return -torch.nn.functional.logsigmoid(positive[:, None] - negative).mean()


def pointwise(positive: Tensor, negative: Tensor) -> Tensor:
    """Return the mean cross entropy of interactions against 1 and of untouched items against 0, all alike.

    Parameters
    ----------
    positive, negative
        float32, shapes (b,) and (b, c): logits.
    """
    import torch

    softplus = torch.nn.functional.softplus
    return (softplus(-positive).sum() + softplus(negative).sum()) / (positive.numel() + negative.numel())


def squares(*vectors: Tensor) -> Tensor:
    """Return half the sum of squares divided by the batch, the length of the first: ``1/(2b) sum |v|^2``."""
    total = vectors[0].square().sum()
    for each in vectors[1:]:
        total = total + each.square().sum()
    return total / (2 * vectors[0].shape[0])
