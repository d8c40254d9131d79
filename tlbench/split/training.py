"""Training: all that a method ever sees. Split: a training with what it is judged on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tlbench.arrays import I64, Array
    from tlbench.scenario.scenario import ItemAlignment, Scenario
    from tlbench.values import Population


@dataclass(frozen=True, eq=False)
class Domain:
    """One domain's training part in the row space that all domains share.

    Attributes
    ----------
    name
        Name of the data set.
    matrix
        csr float32, shape (n_users, n_items), canonical (sorted indices, no duplicates); the stored values are
        ratings, or 1 where the data are implicit. Rows are the union of all domains' users: a user of both domains has
        entries in the same row of both matrices.
    timestamps
        int64 seconds UTC, aligned with ``matrix.data``; None where time is not known.
    item_text
        One string per item (title, categories and text joined; empty where unknown), object, shape (n_items,); None
        where no item has text.
    rating_scale
        Lowest and highest rating possible; None where the data are implicit.
    twins
        int64 codes, ascending: items of a source that are items of the target under another id and were kept. None
        where there are none, as there are by default.
    """

    name: str
    matrix: sparse.csr_matrix
    timestamps: I64 | None
    item_text: Array | None
    rating_scale: tuple[float, float] | None
    twins: I64 | None = None

    @property
    def n_items(self) -> int:
        """Number of columns."""
        return int(self.matrix.shape[1])

    @cached_property
    def n_active_users(self) -> int:
        """Number of users with an interaction here; the other rows belong to users of other domains."""
        return int(np.count_nonzero(np.diff(self.matrix.indptr)))

    @cached_property
    def binary(self) -> sparse.csr_matrix:
        """The pattern of the matrix: the same structure (shared, do not write) with every value 1.0, float32."""
        ones = np.ones(len(self.matrix.data), dtype=np.float32)
        return sparse.csr_matrix((ones, self.matrix.indices, self.matrix.indptr), shape=self.matrix.shape)


@dataclass(frozen=True, eq=False)
class Training:
    """All that a method ever sees.

    Attributes
    ----------
    target
        The domain in which recommendations are judged.
    sources
        The other domains, at least one for a transfer method; their rows are the target's rows.
    overlap
        int64 rows of users known in the target and in at least one source, ascending; a user counts as known even
        where the split left it no target interaction (cold start).
    item_alignments
        One entry per source: the items it shares with the target, or None.
    """

    target: Domain
    sources: tuple[Domain, ...]
    overlap: I64
    item_alignments: tuple[ItemAlignment | None, ...]

    @property
    def n_users(self) -> int:
        """Number of rows of every matrix."""
        return int(self.target.matrix.shape[0])

    @property
    def n_items(self) -> int:
        """Number of target items, the length of a row of scores."""
        return self.target.n_items

    @cached_property
    def source(self) -> Domain:
        """All sources side by side as one domain (columns of the first source first).

        Timestamps, text and rating scale are those of the sources where all have them, else None. With one source it
        is that source itself.
        """
        return self.sources[0] if len(self.sources) == 1 else side_by_side(self.sources)


def side_by_side(domains: tuple[Domain, ...]) -> Domain:
    """Put domains with the same rows next to each other, the columns of the first one first."""
    matrix = sparse.csr_matrix(sparse.hstack([domain.matrix for domain in domains], format="csr", dtype=np.float32))
    scales = [domain.rating_scale for domain in domains]
    return Domain(
        name="+".join(domain.name for domain in domains),
        matrix=matrix,
        timestamps=_timestamps_side_by_side(domains, matrix),
        item_text=_text_side_by_side(domains),
        rating_scale=None
        if any(scale is None for scale in scales)
        else (min(scale[0] for scale in scales if scale), max(scale[1] for scale in scales if scale)),
    )


def one_below_the_other(domains: tuple[Domain, ...]) -> Domain:
    """Put domains below each other: each has rows and columns of its own, the first one's first.

    A user of two domains has two rows. Timestamps are those of the domains where all have them, else None.
    """
    matrix = sparse.csr_matrix(sparse.block_diag([domain.matrix for domain in domains], format="csr", dtype=np.float32))
    times = [domain.timestamps for domain in domains if domain.timestamps is not None]
    return Domain(
        name="+".join(domain.name for domain in domains),
        matrix=matrix,
        timestamps=np.concatenate(times) if len(times) == len(domains) else None,
        item_text=_text_side_by_side(domains),
        rating_scale=None,
    )


def _timestamps_side_by_side(domains: tuple[Domain, ...], matrix: sparse.csr_matrix) -> I64 | None:
    """Order the domains' timestamps as hstack orders their values: row by row, domain by domain."""
    times = [domain.timestamps for domain in domains if domain.timestamps is not None]
    if len(times) < len(domains):
        return None
    out = np.empty(matrix.nnz, dtype=np.int64)
    start = matrix.indptr[:-1].astype(np.int64)
    for domain, time in zip(domains, times, strict=True):
        counts = np.diff(domain.matrix.indptr)
        offset = np.arange(domain.matrix.nnz) - np.repeat(domain.matrix.indptr[:-1], counts)
        out[np.repeat(start, counts) + offset] = time
        start = start + counts
    return out


def _text_side_by_side(domains: tuple[Domain, ...]) -> Array | None:
    if any(domain.item_text is None for domain in domains):
        return None
    return np.concatenate([domain.item_text for domain in domains if domain.item_text is not None])


SourcesCut = Literal["moment", "user", "none"]


@dataclass(frozen=True, eq=False)
class Candidates:
    """What held-out items are ranked among, where that is not the whole catalogue.

    Attributes
    ----------
    items
        csr float32, shape (n_users, n_target_items): ones at the candidates of each judged user, held-out items
        included.
    how
        ``uniform:100``, ``popularity:100`` or ``given``.
    """

    items: sparse.csr_matrix
    how: str


@dataclass(frozen=True, eq=False)
class Split:
    """A training part and the held-out interactions of the target on which it is judged.

    Attributes
    ----------
    scenario
        What was split.
    protocol, fold
        How it was split, and which of the protocol's folds it is, from 1.
    training
        What methods see: for what is judged, the training and the validation part.
    test
        csr float32, shape (n_users, n_target_items); values are ratings (1 where implicit). No pair of it is in
        training.
    users
        int64 rows of the users who are judged on test, ascending.
    cut
        Last moment that anything in training is of, seconds UTC, where one moment cuts all domains; else None.
    source_may_leak
        True where a source could not be cut at that moment because it has no time.
    sources_cut
        How sources were cut: at one ``moment`` for all, before each ``user``'s first held-out interaction, or not.
    candidates
        What held-out items are ranked among; None for the whole catalogue.
    selection
        The split on which parameters, epochs and the best baseline are chosen: its training is the training part alone,
        its test is the validation part. It has no selection of its own, and no part of it knows of the test part.
    group
        Folds of one group draw the same random numbers where they draw the same things.
    chooses
        Whether the best baseline is chosen on this fold.
    population
        Whether users with (``warm``) or without (``cold``) target history are judged; None where both are, together.
    sampled_from
        Number of users from whom those were drawn who may be judged; None where everybody may.
    """

    scenario: Scenario
    protocol: str
    training: Training
    test: sparse.csr_matrix
    users: I64
    cut: int | None
    source_may_leak: bool
    sources_cut: SourcesCut = "none"
    candidates: Candidates | None = None
    fold: int = 1
    selection: Split | None = None
    group: int = 1
    chooses: bool = True
    population: Population | None = None
    sampled_from: int | None = None

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hexadecimal) of all that can move a number: matrices, times, texts, links, who is judged, ids."""
        total = hashlib.sha256()
        for part in self._parts():
            total.update(part)
        return total.hexdigest()

    def with_training(self, training: Training) -> Split:
        """Return the split with what a placebo made of its training."""
        return replace(self, training=training)

    def _parts(self) -> Iterable[bytes]:
        training = self.training
        for domain in (training.target, *training.sources):
            yield domain.name.encode()
            yield from _matrix_bytes(domain.matrix)
            yield b"no time" if domain.timestamps is None else domain.timestamps.tobytes()
            yield b"no text" if domain.item_text is None else "\x1f".join(domain.item_text).encode()
            yield repr(domain.rating_scale).encode()
            if domain.twins is not None:
                yield b"twins" + domain.twins.tobytes()
        for place, links in enumerate(training.item_alignments):
            if links is not None:
                yield f"links of source {place}".encode()
                yield links.source_item.tobytes() + links.target_item.tobytes() + links.score.tobytes()
        yield from _matrix_bytes(self.test)
        yield "\x1f".join((*self.scenario.target.users, *self.scenario.target.items)).encode()
        for rows in (training.overlap, self.users):
            yield rows.tobytes()
        if self.candidates is not None:
            yield from _matrix_bytes(self.candidates.items)
        if self.selection is not None:
            yield self.selection.digest.encode()


def _matrix_bytes(matrix: sparse.csr_matrix) -> Iterable[bytes]:
    """Bytes that do not depend on the width that scipy chose for its indices."""
    yield repr(matrix.shape).encode()
    yield matrix.indptr.astype("<i8").tobytes()
    yield matrix.indices.astype("<i4").tobytes()
    yield matrix.data.astype("<f4").tobytes()
