"""Cases on which metrics are compared with references: plain lists beside the judgement that ours is made of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy import sparse

from tlbench.metrics import accuracy, aggregate, popularity, variety  # noqa: F401
from tlbench.metrics.aggregate import Gatherer, measure_run
from tlbench.metrics.background import Background
from tlbench.metrics.base import depths_of, measure, parse_metrics
from tlbench.metrics.judged import Judged
from tlbench.metrics.ranking import Ranker
from tlbench.registry import METRICS

FOLDER = Path(__file__).parent / "reference"
PRIMARY = "ndcg@1"


@dataclass(frozen=True, eq=False)
class Case:
    """Some users' whole rankings and what was held out of them, in plain words and as our metrics take it.

    Attributes
    ----------
    lists
        Unseen items of each user, the best first.
    held
        Rating of each held-out item, one table per user.
    seen
        Rating of each training item, one table per user.
    training
        The same of all users, also of those who are not judged.
    scores
        What the lists are ordered by, float64, shape (n_users, n_items); of users whom the method does not know, the
        popularity.
    known
        Whether the method knows the user.
    genres
        Categories of each item.
    judged
        What our metrics take.
    """

    lists: list[list[int]]
    held: list[dict[int, float]]
    seen: list[dict[int, float]]
    training: sparse.csr_matrix
    scores: np.ndarray
    known: np.ndarray
    genres: tuple[tuple[str, ...], ...]
    judged: Judged

    @property
    def n_items(self) -> int:
        return self.scores.shape[1]

    @cached_property
    def popularity(self) -> list[int]:
        """Training users of each item."""
        return np.bincount(self.training.indices, minlength=self.n_items).tolist()

    @cached_property
    def by_popularity(self) -> list[int]:
        """Items from the most popular one; of equal ones the lower code first."""
        return sorted(range(self.n_items), key=lambda item: (-self.popularity[item], item))

    @cached_property
    def head(self) -> set[int]:
        """The fifth of the items with most training users, as docs/metrics.md says."""
        return set(self.by_popularity[: round(self.n_items / 5)])


def make_case(ranker, users, scores, relevant, background, *, depths) -> Case:
    """Rank users by dense scores, float32 (n, n_items), and describe what came out."""
    ranking = ranker.dense(users, scores)
    held = ranker.holdout(users, scores, relevant, ranking.cold)
    judged = Judged(ranking, relevant, background, depths, held)
    return Case(
        lists=[[int(item) for item in row if item >= 0] for row in ranking.items],
        held=_tables(relevant),
        seen=_tables(background.training[users]),
        training=background.training,
        scores=np.where(ranking.cold[:, None], background.popularity, scores).astype(np.float64),
        known=~ranking.cold,
        genres=background.item_categories,
        judged=judged,
    )


def stored_case(cuts, users=None) -> Case:
    """The case that peers.py measured too, or some of its users."""
    stored = json.loads((FOLDER / "case.json").read_text(encoding="utf-8"))
    part, ratings = np.array(stored["part"]), np.array(stored["ratings"])
    training, relevant = (sparse.csr_matrix(np.where(part == p, ratings, 0).astype(np.float32)) for p in (1, 2))
    background = Background(training, tuple(map(tuple, stored["genres"])))
    order = np.array(stored["tie"])
    ranker = Ranker(
        n=part.shape[1],
        seen=training,
        tie_rank=order,
        fallback=background.popularity.astype(np.float32),
        method="stored",
    )
    rows = np.arange(len(part)) if users is None else np.array(users)
    scores = np.array(stored["scores"], dtype=np.float32)[rows]
    case = make_case(ranker, rows, scores, relevant[rows], background, depths=tuple(cuts))
    assert case.lists == [stored["lists"][u] for u in rows]
    return case


def measured(case: Case, name: str) -> np.ndarray | float:
    """Our value of every user, float64 (n_users,), or of the whole run."""
    (spec,) = [spec for spec in parse_metrics(list(dict.fromkeys([PRIMARY, name]))) if spec.name == name]
    judged = Judged(
        case.judged.ranking, case.judged.relevant, case.judged.background, depths_of([spec]), case.judged.holdout
    )
    if spec.entry.scope == "user":
        return measure([spec], judged)[:, 0]
    gatherer = Gatherer(case.n_items)
    gatherer.add(judged)
    return float(measure_run([spec], gatherer.together()).loc[0, name])


def names_at(cuts) -> list[str]:
    """Every registered metric, with each cut where it takes one."""
    return [name for e in METRICS for name in ([f"{e.name}@{k}" for k in cuts] if e.cut else [e.name])]


def _tables(rows: sparse.csr_matrix) -> list[dict[int, float]]:
    return [dict(zip(row.indices.tolist(), row.data.tolist(), strict=True)) for row in rows]
