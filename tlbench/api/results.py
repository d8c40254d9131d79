"""Results: what a folder holds, judged, as tables, charts and a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.analysis.summary import Findings
    from tlbench.analysis.verdict import Judgement, Verdict


@dataclass(frozen=True, eq=False, repr=False)
class Results:
    """Results of a suite, judged.

    Attributes
    ----------
    folder
        Where they are kept.
    findings
        Everything that the reports say, as dataclasses.

    Examples
    --------
    >>> import tlbench
    >>> results = tlbench.run("demo-movies->demo-books", preset="quick", methods="pooled-ease", baselines="ease")
    >>> results.verdicts[["method", "question", "control", "outcome"]].to_string(index=False).splitlines()[1].split()
    ['pooled-ease', 'counterpart', 'ease', 'helps']
    """

    folder: Path
    findings: Findings

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """One row per scenario, transfer method and question (counterpart, best-baseline, placebo).

        Columns: ``scenario``, ``method``, ``question``, ``control``, ``outcome`` (of the question), ``finding`` (of the
        method), ``metric``, ``difference``, ``low``, ``high`` (candidate - control, 95 %), ``relative``, ``pvalue``,
        ``adjusted``, ``n_users``, ``n_seeds``, ``reason``.
        """
        import pandas as pd

        rows = [
            row
            for scenario in self.findings.scenarios
            for judgement in scenario.judgements
            for row in _rows_of(scenario.counts.scenario, judgement)
        ]
        return pd.DataFrame(rows, columns=_VERDICT_COLUMNS)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per scenario and method, placebos too: ``family``, ``seeds``, ``seconds`` and each metric's mean."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "scenario": scenario.counts.scenario,
                    "method": method.method,
                    "placebo": method.placebo,
                    "family": method.family,
                    "seeds": method.seeds,
                    "seconds": method.seconds,
                    **{str(name): value for name, value in method.test.items()},
                }
                for scenario in self.findings.scenarios
                for method in scenario.methods
            ]
        )

    @cached_property
    def users(self) -> pd.DataFrame:
        """One row per scenario, method, seed and judged user, a column per metric: the results themselves."""
        import pandas as pd

        from tlbench.store.results import ResultsFolder

        folder = ResultsFolder(self.folder)
        parts = []
        for found in folder.read_scenarios(self.findings.suite):
            for run in found.runs:
                values = run.values.rename_axis("user").reset_index()
                cell = run.cell
                values.insert(0, "seed", cell.seed)
                values.insert(0, "placebo", cell.placebo)
                values.insert(0, "method", cell.method)
                values.insert(0, "scenario", found.counts.scenario)
                parts.append(values)
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def charts(self) -> dict[str, Any]:
        """Return the report's charts by name, as `altair.Chart` objects."""
        import altair as alt

        from tlbench.pipeline import read_report
        from tlbench.report.charts.gallery import pictures

        made = pictures(read_report(self.folder))
        return {picture.name: alt.Chart.from_dict(picture.spec) for picture in made}

    def to_html(self, path: str | Path | None = None) -> str:
        """Return the page that `tlbench report --format html` prints, and write it where a path is given.

        Without the extra `pictures` it has no charts and says so.
        """
        from tlbench.io.atomic import write_whole
        from tlbench.pipeline import read_report
        from tlbench.report.page.build import as_html

        page = as_html(read_report(self.folder))
        if path is not None:
            write_whole(Path(path), page.encode())
        return page

    def to_markdown(self) -> str:
        """Return the report as Markdown."""
        from tlbench.report import as_markdown
        from tlbench.report.document import Report

        return as_markdown(Report(self.findings))

    def __str__(self) -> str:
        """Every judgement in one sentence."""
        said = [judgement.sentence for scenario in self.findings.scenarios for judgement in scenario.judgements]
        return "\n".join(said) or f"no transfer method is judged in `{self.folder}`"

    def __repr__(self) -> str:
        """Where they are kept, and every judgement."""
        return f"Results in {self.folder}\n{self}"

    def _repr_html_(self) -> str:
        """Show the verdicts as a table in a notebook."""
        from html import escape

        lines = "".join(f"<li>{escape(line)}</li>" for line in str(self).splitlines())
        shown = self.verdicts[["scenario", "method", "question", "control", "outcome", "relative", "adjusted"]]
        return f"<ul>{lines}</ul>{shown.to_html(index=False)}"


_VERDICT_COLUMNS = [
    "scenario",
    "method",
    "question",
    "control",
    "outcome",
    "finding",
    "metric",
    "difference",
    "low",
    "high",
    "relative",
    "pvalue",
    "adjusted",
    "n_users",
    "n_seeds",
    "reason",
]
_OF_COMPARISON = ("control", "metric", "difference", "low", "high", "pvalue", "adjusted", "n_users", "n_seeds")


def _rows_of(scenario: str, judgement: Judgement) -> Iterator[dict[str, Any]]:
    asked = {
        "counterpart": judgement.counterpart,
        "best-baseline": judgement.best_baseline,
        "placebo": judgement.placebo,
    }
    for question, verdict in asked.items():
        if verdict is not None:
            place = {"scenario": scenario, "method": judgement.method, "question": question}
            yield {**place, "finding": str(judgement.outcome), **_row_of(verdict)}


def _row_of(verdict: Verdict) -> dict[str, Any]:
    row = {"outcome": str(verdict.outcome), "reason": verdict.reason}
    comparison = verdict.comparison
    if comparison is None:
        return row
    known = {name: getattr(comparison, name) for name in _OF_COMPARISON}
    mean = comparison.control_mean
    return {**row, **known, "relative": comparison.difference / mean if mean else float("nan")}
