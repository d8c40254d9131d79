"""Collector: blocks of ranked users -> the values of one held-out part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.metrics.aggregate import Gatherer, measure_run
from tlbench.metrics.base import MetricSpec, depths_of, measure, need
from tlbench.metrics.judged import Judged

if TYPE_CHECKING:
    import pandas as pd
    from scipy import sparse

    from tlbench.arrays import F32, F64, I64, Bool
    from tlbench.metrics.background import Background
    from tlbench.metrics.ranking import Ranker, Ranking


class Collector:
    """Collects what one held-out part gives, block after block.

    Parameters
    ----------
    users
        int64 rows of those who are judged on this part, ascending.
    relevant
        csr, shape (n_users, n_items): what was held out.
    background
        What metrics may know besides.
    specs
        Metrics; those of a whole run are gathered for `aggregates`.
    """

    def __init__(
        self, users: I64, relevant: sparse.csr_matrix, background: Background, specs: tuple[MetricSpec, ...]
    ) -> None:
        self.users = users
        self.cold_users = 0
        self._relevant = relevant
        self._background = background
        self._each = [spec for spec in specs if spec.entry.scope == "user"]
        self._whole = [spec for spec in specs if spec.entry.scope == "run"]
        self._depths = depths_of(specs)
        self._needs_holdout = need(specs, "held-scores")
        self._values: list[F64] = [np.empty((0, len(self._each)))]
        self._gatherer = Gatherer(relevant.shape[1])

    def add(self, ranking: Ranking, ranker: Ranker, scores: F32 | None, *, without_validation: bool) -> None:
        """Measure those of the ranked users (ascending) who are judged on this part.

        `scores`, float32 (b, n_items), are the rows of the ranked users; None where no metric needs them.
        """
        where = np.flatnonzero(_among(ranking.users, self.users))
        mine = ranking.take(where)
        relevant = self._relevant[mine.users]
        holdout = None
        if self._needs_holdout and scores is not None:
            holdout = ranker.holdout(
                mine.users, scores[where], relevant, mine.cold, without_validation=without_validation
            )
        judged = Judged(mine, relevant, self._background, self._depths, holdout)
        self._values.append(measure(self._each, judged))
        self.cold_users += int(mine.cold.sum())
        if self._whole:
            self._gatherer.add(judged)

    def frame(self, ids: pd.Index[str]) -> pd.DataFrame:
        """Return the values, a row a user; `ids` are those of `users`."""
        import pandas as pd

        return pd.DataFrame(np.concatenate(self._values), index=ids, columns=[spec.name for spec in self._each])

    def means(self) -> dict[str, float]:
        """Return the mean of every metric; empty where nobody is judged on this part."""
        values = np.concatenate(self._values)
        if not len(values):
            return {}
        return {spec.name: float(mean) for spec, mean in zip(self._each, values.mean(axis=0), strict=True)}

    def aggregates(self, *, rates: bool) -> pd.DataFrame | None:
        """Return the metrics of a whole run, as `aggregate.measure_run` gives them; None without any.

        `rates` says whether the method predicts ratings; metrics that need that are left out where it does not.
        """
        specs = [spec for spec in self._whole if rates or "ratings" not in spec.entry.needs]
        return measure_run(specs, self._gatherer.together()) if specs and len(self.users) else None


def _among(users: I64, judged: I64) -> Bool:
    """Tell which users are among those judged, both ascending, without a look at all who are judged."""
    mine = judged[np.searchsorted(judged, users[:1]).sum() : np.searchsorted(judged, users[-1:], side="right").sum()]
    return np.isin(users, mine, assume_unique=True)
