"""Texts of items as sparse vectors."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tlbench.arrays import Array

_WORD = re.compile(r"[^\W_]{2,}")


def words(text: str) -> list[str]:
    """Split a text into lower-case words of two letters or digits and more.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    list of str
        In their order, repeats included.

    Examples
    --------
    >>> from tlbench.scenario.texts import words
    >>> words("The Hitch-Hiker's Guide, vol. 2")
    ['the', 'hitch', 'hiker', 'guide', 'vol']
    """
    return _WORD.findall(text.lower())


def tfidf(texts: Iterable[str] | Array, *, least: int = 2) -> sparse.csr_matrix:
    """Turn texts into vectors of words, weighted by how rare a word is.

    A word that occurs c times in a text and in df of n texts weighs ``(1 + log c) * (1 + log((1 + n) / (1 + df)))``;
    rows are scaled to length 1. For a common space of several domains pass their texts together.

    Parameters
    ----------
    texts
        n strings; empty ones give empty rows.
    least
        Number of texts in which a word must occur; a word of one text links nothing.

    Returns
    -------
    scipy.sparse.csr_matrix
        float32, shape (n, n_words), words in the order of the alphabet, sorted indices.

    Examples
    --------
    >>> from tlbench.scenario.texts import tfidf
    >>> tfidf(["red wine", "red car", "fast car"]).shape
    (3, 2)
    """
    counts = [Counter(words(text)) for text in texts]
    frequency = Counter(word for count in counts for word in count)
    kept = sorted(word for word, texts_with in frequency.items() if texts_with >= least)
    code = {word: number for number, word in enumerate(kept)}
    idf = 1.0 + np.log((1.0 + len(counts)) / (1.0 + np.array([frequency[word] for word in kept], dtype=np.float64)))
    row = [number for number, count in enumerate(counts) for word in count if word in code]
    column = [code[word] for count in counts for word in count if word in code]
    times = [times for count in counts for word, times in count.items() if word in code]
    data = (1.0 + np.log(np.array(times, dtype=np.float64))) * idf[np.array(column, dtype=np.int64)]
    matrix = sparse.csr_matrix((data, (row, column)), shape=(len(counts), len(kept)))
    return _unit_rows(matrix)


def _unit_rows(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Scale rows to length 1 (empty ones stay empty), float32."""
    matrix.sort_indices()
    sizes = np.diff(matrix.indptr)
    squares = np.bincount(np.repeat(np.arange(len(sizes)), sizes), weights=matrix.data**2, minlength=len(sizes))
    data = (matrix.data / np.repeat(np.sqrt(squares), sizes)).astype(np.float32)
    return sparse.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)
