"""Texts of the target's items, as vectors, for methods that need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlbench.errors import TlbenchError
from tlbench.scenario.texts import tfidf, words

if TYPE_CHECKING:
    from tlbench.arrays import Array
    from tlbench.split.training import Training

__all__ = ["target_texts", "tfidf", "words"]


def target_texts(data: Training, method: str) -> Array:
    """Return the target items' texts, or refuse for a method that cannot do without."""
    if data.target.item_text is None:
        raise TlbenchError(
            f"`{method}` needs item text, `{data.target.name}` has none",
            hint="choose methods that need none; `tlbench list methods` shows what each needs",
        )
    return data.target.item_text
