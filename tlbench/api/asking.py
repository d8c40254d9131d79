"""Questions that need no run: compare two results, inspect a scenario, plan an experiment, measure other systems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

from tlbench.api.requests import RunOptions, make_request
from tlbench.progress import SILENT, Progress

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.scenario.gap import Gap


@dataclass(frozen=True, eq=False)
class Card:
    """How unlike the domains of a scenario are, and what they share; prints as `tlbench inspect` does."""

    gap: Gap

    def __str__(self) -> str:
        from tlbench.report.gap import gap_as_text

        return gap_as_text(self.gap)

    def to_markdown(self) -> str:
        """Return the card as Markdown."""
        from tlbench.report.gap import gap_as_markdown

        return gap_as_markdown(self.gap)

    def to_json(self) -> str:
        """Return the card as JSON."""
        from tlbench.report.gap import gap_as_json

        return gap_as_json(self.gap)


def inspect(
    scenario: Any,
    *,
    data: Mapping[str, Any] | None = None,
    progress: Progress = SILENT,
    **options: Unpack[RunOptions],
) -> Card:
    """Say how unlike the domains of a scenario are, before anything is trained.

    Parameters
    ----------
    scenario, data, progress
        As for `tlbench.run`.
    **options
        Those that shape the split: `protocol`, `k_core`, `filter_users`, `min_rating`, `links`, `catalogue`, `offline`,
        `plugins`.

    Examples
    --------
    >>> import tlbench
    >>> "demo-books" in str(tlbench.inspect("demo-movies->demo-books"))
    True
    """
    from tlbench.pipeline import inspect_scenario

    request = make_request(scenario, options, data=data, progress=progress)
    suite, settings = request.suite, request.settings
    gap = inspect_scenario(
        suite, suite.scenarios[0], catalogue=settings.catalogue, offline=settings.offline, progress=progress
    )
    return Card(gap)


def compare(
    control: str | Path,
    candidate: str | Path,
    *,
    qrels: str | Path | None = None,
    ties: Literal["random", "trec"] = "random",
    metrics: Sequence[str] = (),
    margins: Mapping[str, float] | None = None,
    margin: float | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Compare two results, user by user: candidate - control, positive is better.

    Parameters
    ----------
    control, candidate
        Results folders, methods of folders (``FOLDER::METHOD``), or with `qrels` run files.
    qrels, ties
        What is relevant, where the two are run files; how equal scores in them are ordered.
    metrics
        Which to compare; by default those of the control.
    margins, margin
        Shares of the control's mean that count as a difference, by metric and for all others; by default 1 %.
    alpha
        Level of the tests.

    Returns
    -------
    pandas.DataFrame
        One row per scenario, method and metric: ``outcome`` (improved, regressed, equivalent, inconclusive or not
        comparable), ``not_worse``, ``difference``, ``low``, ``high``, ``adjusted``, ``n_users``, ``reason``.
    """
    import pandas as pd

    from tlbench.analysis.compare import compare_files, compare_results, parse_side
    from tlbench.analysis.external_files import Ties
    from tlbench.plugins import register_all
    from tlbench.values import DEFAULT_MARGIN

    register_all()
    rules: dict[str, Any] = {
        "metrics": tuple(metrics),
        "margins": dict(margins or {}),
        "margin": DEFAULT_MARGIN if margin is None else margin,
        "alpha": alpha,
    }
    if qrels is None:
        changes = compare_results(parse_side(str(control)), parse_side(str(candidate)), **rules)
    else:
        changes = compare_files(Path(control), Path(candidate), Path(qrels), ties=Ties(ties), **rules)
    return pd.DataFrame([_change_row(change) for change in changes])


def _change_row(change: Any) -> dict[str, Any]:
    row = {name: getattr(change, name) for name in ("scenario", "method", "metric", "not_worse", "reason")}
    row["outcome"] = str(change.outcome)
    if change.comparison is not None:
        numbers = ("difference", "low", "high", "adjusted", "n_users")
        row |= {name: getattr(change.comparison, name) for name in numbers}
    return row


def power(
    folder: str | Path,
    *,
    margin: float | str | None = None,
    seeds: Iterable[int] = (1, 3, 5, 10),
    methods: Sequence[str] = (),
    plugins: Sequence[str | Path] = (),
) -> pd.DataFrame:
    """Say how many users and seeds a new experiment needs to see a difference of the margin, judged by a pilot.

    Parameters
    ----------
    folder
        Results of the pilot; best with several seeds.
    margin
        Difference to be seen, a share of the control's mean; by default 1 %.
    seeds
        Numbers of seeds to plan for.
    methods
        Transfer methods; by default all of the pilot.
    plugins
        Files that register the methods of the pilot.

    Returns
    -------
    pandas.DataFrame
        One row per scenario, method, number of seeds ``n_seeds`` and ``power`` (.8 and .9): users ``to_detect`` the
        margin and ``to_show_equivalence`` (none where more seeds come first), and the difference ``detectable`` by the
        pilot's users.
    """
    import pandas as pd

    from tlbench.pipeline import read_findings
    from tlbench.plugins import register_all
    from tlbench.stats.design import design
    from tlbench.values import DEFAULT_MARGIN, Margin

    register_all([Path(path) for path in plugins])
    size = Margin.parse(margin) if isinstance(margin, str) else Margin(DEFAULT_MARGIN if margin is None else margin)
    findings = read_findings(Path(folder))
    rows = []
    for scenario in findings.scenarios:
        for judgement in scenario.judgements:
            comparison = judgement.counterpart.comparison
            if comparison is None or (methods and judgement.method not in methods):
                continue
            plan = design(comparison, margin=size, seeds=list(seeds), alpha=findings.suite.alpha)
            place = {"scenario": scenario.counts.scenario, "method": judgement.method}
            rows += [{**place, **asdict(one)} for one in plan.plans]
    return pd.DataFrame(rows)


def evaluate(
    qrels: str | Path,
    run: str | Path | Sequence[str | Path],
    *,
    metrics: Sequence[str] = ("ndcg@10", "recall@20", "mrr@10"),
    ties: Literal["random", "trec"] = "random",
    plugins: Sequence[str | Path] = (),
) -> pd.DataFrame:
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
    plugins
        Files that register metrics.

    Returns
    -------
    pandas.DataFrame
        Index ``run`` (the file's name) and ``user``, one column per metric; a judged user whom a run lacks has 0.
    """
    import pandas as pd

    from tlbench.analysis.external_files import Ties, read_qrels
    from tlbench.analysis.external_runs import measure_files
    from tlbench.plugins import register_all

    register_all([Path(path) for path in plugins])
    files = [Path(run)] if isinstance(run, str | Path) else [Path(path) for path in run]
    judged = read_qrels(Path(qrels))
    values = {path.name: measure_files(judged, path, tuple(metrics), ties=Ties(ties)).result.values for path in files}
    return pd.concat(values, names=["run", "user"])
