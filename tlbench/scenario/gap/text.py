"""Texts of two domains -> TextGap: can a linear classifier tell which domain a text is from?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.scenario.gap.figures import TextGap
from tlbench.scenario.texts import tfidf
from tlbench.scenario.title_keys import title_keys

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import F64, I64, Array
    from tlbench.data.interactions import Interactions

MOST, LEAST, FOLDS, DAMPING = 2000, 50, 5, 1.0


def texts_of(domain: Interactions) -> Array | None:
    """Return what items are called and described as, one string per item with any, object; None without an item table.

    Titles lose year, edition and carrier, and categories are left out: they would give away the shop, not the content.
    """
    table = domain.item_table
    if table is None:
        return None
    titles = [title_keys(title or "").main for title in table["title"]]
    more = [text or "" for text in table["text"]] if "text" in table.columns else [""] * len(titles)
    joined = (f"{title} {text}".strip() for title, text in zip(titles, more, strict=True))
    return np.array([text for text in joined if text], dtype=object)


def text_gap(source: Array, target: Array, rng: np.random.Generator) -> TextGap:
    """Compute the proxy A-distance (Ben-David et al. 2007, Analysis of Representations for Domain Adaptation).

    As many texts of each domain, `MOST` at most, drawn without replacement; TF-IDF vectors of words; least squares on
    -1 and 1 with an l2 penalty of `DAMPING`, cross-validated in `FOLDS` folds. A text on which the classifier has no
    opinion counts as half an error. Where both domains have the same texts, the classifier does worse than guessing.

    Parameters
    ----------
    source, target
        Texts, object, shape (n,), at least `FOLDS` each.
    rng
        Draws texts and folds.
    """
    size = min(len(source), len(target), MOST)
    drawn = [texts[rng.choice(len(texts), size, replace=False)] for texts in (source, target)]
    label = np.repeat([-1.0, 1.0], size)
    fold = np.concatenate([rng.permutation(np.arange(size) % FOLDS) for _ in drawn])
    scores = cross_validated(tfidf(np.concatenate(drawn)), label, fold)
    error = float(np.mean(np.where(scores == 0, 0.5, scores * label < 0)))
    return TextGap(distance=max(0.0, 2 * (1 - 2 * error)), accuracy=1 - error, texts=size)


def cross_validated(vectors: sparse.csr_matrix, label: F64, fold: I64) -> F64:
    """Score each text by a classifier fitted on the other folds; its sign is the guess, float64, shape (n,)."""
    from scipy.sparse.linalg import lsqr

    scores = np.zeros(len(label))
    for one in range(FOLDS):
        out = fold == one
        weights = lsqr(vectors[~out].astype(np.float64), label[~out], damp=DAMPING**0.5, atol=1e-10, btol=1e-10)[0]
        scores[out] = vectors[out] @ weights
    return scores
