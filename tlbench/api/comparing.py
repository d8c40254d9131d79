"""Two results -> Changes: what changed from one to the other, user by user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tlbench.api.margins import MarginLike, read_margins
from tlbench.api.shown import as_html_list
from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.analysis.regression import Change, Gate

_COLUMNS = ("scenario", "method", "metric", "not_worse", "reason")
_NUMBERS = ("difference", "low", "high", "adjusted", "n_users")


@dataclass(frozen=True, eq=False, repr=False)
class Changes:
    """What changed from one set of results to another.

    Attributes
    ----------
    gate
        Every change, and the rule by which they pass.
    """

    gate: Gate

    @property
    def passed(self) -> bool:
        """Whether nothing fails the gate."""
        return self.gate.passed

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per scenario, method and metric.

        Columns: ``scenario``, ``method``, ``metric``, ``not_worse``, ``reason``, ``outcome`` (improved, regressed,
        equivalent, inconclusive, not comparable), and ``difference``, ``low``, ``high``, ``adjusted``, ``n_users``.
        """
        import pandas as pd

        columns = [*_COLUMNS, "outcome", *_NUMBERS]
        return pd.DataFrame([_row(change) for change in self.gate.changes], columns=columns)

    def to_markdown(self) -> str:
        """Return the changes as Markdown."""
        from tlbench.report.changes import gate_as_markdown

        return gate_as_markdown(self.gate, title="tlbench compare")

    def to_json(self) -> str:
        """Return the changes as JSON."""
        from tlbench.report.changes import gate_as_json

        return gate_as_json(self.gate)

    def __repr__(self) -> str:
        """Whether the gate passed, and why not."""
        from tlbench.report.changes import headline

        lines = [headline(self.gate), *(f"{change.method}: {change.reason}" for change in self.gate.failing)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Show the changes as a table in a notebook."""
        return as_html_list(str(self).splitlines()) + self.table.to_html(index=False)


def compare(
    control: str | Path,
    candidate: str | Path,
    *,
    qrels: str | Path | None = None,
    ties: Literal["random", "trec"] = "random",
    metrics: Sequence[str] = (),
    margin: MarginLike | None = None,
    alpha: float = 0.05,
    fail_on: Literal["regressed", "inconclusive"] = "regressed",
    plugins: Sequence[str | Path] = (),
) -> Changes:
    """Compare two results, user by user: candidate - control, positive is better.

    Parameters
    ----------
    control, candidate
        Results folders or baselines, methods of folders (``FOLDER::METHOD``), or with `qrels` run files.
    qrels, ties
        What is relevant, where the two are run files; how equal scores in them are ordered.
    metrics
        Which to compare; by default the control's primary one.
    margin
        Share of the control's mean that counts as a difference: one for all metrics, or by metric; by default 1 %.
    alpha
        Level of the tests.
    fail_on
        Whether a gate fails where a loss is shown, or already where one cannot be excluded.
    plugins
        Files that register the methods of the results.

    Raises
    ------
    TlbenchError
        If a side holds no results, or the two share nothing.

    Examples
    --------
    >>> import tlbench
    >>> results = tlbench.run("demo-movies->demo-books", methods="pooled-ease", baselines="ease", users="warm")
    >>> folder = results.folder
    >>> changes = tlbench.compare(f"{folder}::ease", f"{folder}::pooled-ease")
    >>> changes.passed, changes.table["outcome"].tolist()
    (True, ['improved'])
    """
    from tlbench.analysis.compare import compare_files, compare_results, parse_side
    from tlbench.analysis.external_files import Ties
    from tlbench.analysis.regression import FailOn, Gate
    from tlbench.plugins import register_all

    register_all([Path(path) for path in plugins])
    margins = read_margins(margin)
    rules: dict[str, Any] = {
        "metrics": tuple(metrics),
        "margins": margins.by_metric,
        "margin": margins.common,
        "alpha": alpha,
    }
    if qrels is None:
        _refuse_files(control, candidate)
        found = compare_results(parse_side(str(control)), parse_side(str(candidate)), **rules)
    else:
        found = compare_files(Path(control), Path(candidate), Path(qrels), ties=Ties(ties), **rules)
    return Changes(Gate(tuple(found), FailOn(fail_on)))


def _row(change: Change) -> dict[str, Any]:
    row = {name: getattr(change, name) for name in _COLUMNS} | {"outcome": str(change.outcome)}
    if change.comparison is not None:
        row |= {name: getattr(change.comparison, name) for name in _NUMBERS}
    return row


def _refuse_files(*sides: str | Path) -> None:
    """Say how run files are compared, where they were given as if they were folders."""
    for side in sides:
        if Path(side).is_file():
            raise TlbenchError(
                f"`{side}` is a file, and run files need judgements", hint="say what is relevant: `--qrels QRELS`"
            )
