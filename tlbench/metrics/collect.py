"""Collector: blocks of ranked users -> the values of one held-out part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.metrics.aggregate import Gatherer, Groups, measure_run
from tlbench.metrics.base import MetricSpec, depths_of, measure, need
from tlbench.metrics.judged import Judged

if TYPE_CHECKING:
    import pandas as pd
    from scipy import sparse

    from tlbench.arrays import F32, F64, I64
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

    def add(self, ranking: Ranking, ranker: Ranker, scores: F32 | None) -> None:
        """Measure some of the users, ranked.

        `scores`, float32 (b, n_items), are the rows of the ranked users; None where no metric needs them.
        """
        relevant = self._relevant[ranking.users]
        holdout = None
        if self._needs_holdout and scores is not None:
            holdout = ranker.holdout(ranking.users, scores, relevant, ranking.cold)
        judged = Judged(ranking, relevant, self._background, self._depths, holdout)
        self._values.append(measure(self._each, judged))
        self.cold_users += int(ranking.cold.sum())
        if self._whole:
            self._gatherer.add(judged)

    def frame(self, ids: pd.Index[str]) -> pd.DataFrame:
        """Return the values, a row per user; `ids` are those of `users`."""
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
        if not specs or not len(self.users):
            return None
        return measure_run(specs, self._gatherer.together(), Groups.deal(self.users, self._relevant.shape[0]))
