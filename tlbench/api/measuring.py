"""Ranked lists of other systems -> Measurements: one value per user, by the metrics of our own runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.analysis.external_runs import Measured
    from tlbench.analysis.external_twins import Exposure


@dataclass(frozen=True, eq=False, repr=False)
class Measurements:
    """What the lists of other systems are worth.

    Attributes
    ----------
    by_run
        By the path of each file: its values, and what was found on the way.
    exposure
        What the source tells of the test under other ids; None where no source was named.
    parts
        By the path of each file, where a source was named: what it is worth on the events that the source tells, and
        on all others; None where there are none.
    """

    by_run: Mapping[Path, Measured]
    exposure: Exposure | None = None
    parts: Mapping[Path, tuple[Measured | None, Measured | None]] = field(default_factory=dict)

    @cached_property
    def users(self) -> pd.DataFrame:
        """Index ``run`` (the file's name) and ``user``, a column per metric; a judged user whom a run lacks has 0."""
        import pandas as pd

        values = {path.name: measured.result.values for path, measured in self.by_run.items()}
        return pd.concat(values, names=["run", "user"])

    @cached_property
    def table(self) -> pd.DataFrame:
        """Means over users: index ``run``, a column per metric, and ``users``, ``missing``, ``unjudged``, ``tied``."""
        import pandas as pd

        rows = {
            path.name: {
                **measured.result.values.mean().to_dict(),
                "users": len(measured.result.values),
                "missing": measured.missing,
                "unjudged": measured.unjudged,
                "tied": measured.tied,
            }
            for path, measured in self.by_run.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("run")

    def __repr__(self) -> str:
        """The means."""
        return self.table.to_string()

    def _repr_html_(self) -> str:
        """Show the means as a table in a notebook."""
        return str(self.table.to_html())


def evaluate(
    qrels: str | Path,
    run: str | Path | Sequence[str | Path],
    *,
    metrics: Sequence[str] = ("ndcg@10", "recall@20", "mrr@10"),
    ties: Literal["random", "trec"] = "random",
    source: str | Path | None = None,
    target: str | Path | None = None,
    catalogue: str | Path | None = None,
    plugins: Sequence[str | Path] = (),
) -> Measurements:
    """Measure ranked lists of other systems, user by user, with the metrics of our own runs.

    Parameters
    ----------
    qrels
        What is relevant: TREC qrels, or a table of users and items.
    run
        Ranked lists, one file or several: a TREC run, or a table of users, items and scores or ranks.
    metrics
        Names with cut-offs.
    ties
        Order of equal scores; ``trec`` is by id, as trec_eval has it.
    source, target
        Files or data sets that the systems learnt from. With a source, the events that it tells under another id are
        measured apart.
    catalogue
        A local catalogue, for the names of data sets.
    plugins
        Files that register metrics.

    Raises
    ------
    TlbenchError
        Where a file cannot be read, or a run and the judgements share no user or item.
    """
    from tlbench.analysis.external_files import Ties, read_qrels
    from tlbench.analysis.external_runs import measure_apart, measure_files
    from tlbench.analysis.external_twins import read_exposure
    from tlbench.plugins import register_all

    register_all([Path(path) for path in plugins])
    files = [Path(run)] if isinstance(run, str | Path) else [Path(path) for path in run]
    judged = read_qrels(Path(qrels))
    names, order = tuple(metrics), Ties(ties)
    whole = {path: measure_files(judged, path, names, ties=order) for path in files}
    exposure = read_exposure(judged, source, target, catalogue=None if catalogue is None else Path(catalogue))
    if exposure is None:
        return Measurements(whole)
    parts = {path: measure_apart(exposure, path, names, ties=order) for path in files}
    return Measurements(whole, exposure, parts)
