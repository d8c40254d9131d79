"""Findings -> LaTeX tables (booktabs) and one tidy CSV table."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from tlbench.analysis.verdict import Finding, Outcome
from tlbench.registry import METHODS
from tlbench.report import words
from tlbench.report.paper.references import cite, works_of
from tlbench.stats.corrections import TITLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tlbench.analysis.summary import Findings, MethodSummary, ScenarioFindings
    from tlbench.analysis.verdict import Verdict
    from tlbench.suite import Suite
    from tlbench.values import Metric

_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", ">": r"$>$", "<": r"$<$",
}  # fmt: skip
MARKS: dict[Finding, str] = {
    Finding.HELPS: r"$^{\dagger\ddagger}$",
    Finding.NOT_THE_SOURCE: r"$^{\dagger}$",
    Finding.UNATTRIBUTED: r"$^{\dagger}$",
    Finding.HURTS: r"$^{\triangledown}$",
    Finding.EQUIVALENT: r"$^{\approx}$",
}


def escape(text: str) -> str:
    """Write a text so that LaTeX prints it as it is."""
    return "".join(_SPECIAL.get(character, character) for character in text).replace("-$>$", r"$\rightarrow$")


def as_latex(findings: Findings) -> str:
    """Return one table per scenario; they need the packages `booktabs` and `amssymb`."""
    head = "% \\usepackage{booktabs,amssymb} in the preamble; \\bibliography{references} for the citations"
    return "\n\n".join([head, *(_table(found, findings.suite) for found in findings.scenarios)]) + "\n"


def _table(found: ScenarioFindings, suite: Suite) -> str:
    shown = words.ordered(found, suite.primary)
    best = {name: max(f"{summary.test[name]:.4f}" for summary in shown) for name in suite.user_metrics}
    split = next((i for i, summary in enumerate(shown) if summary.family == "baseline"), len(shown))
    rows = [_row(summary, found, suite, best) for summary in shown]
    body = [*rows[:split], *([r"\midrule"] if 0 < split < len(rows) else []), *rows[split:]]
    headings = ["Method", *(escape(name) for name in suite.user_metrics), "Gain over counterpart"]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_caption(found, suite)}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(headings) - 1)}}}",
            r"\toprule",
            rf"{' & '.join(headings)} \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    )


def _row(summary: MethodSummary, found: ScenarioFindings, suite: Suite, best: Mapping[Metric, str]) -> str:
    judgement = found.judgement(summary.method)
    mark = MARKS.get(judgement.outcome, "") if judgement else ""
    means = []
    for metric in suite.user_metrics:
        text = f"{summary.test[metric]:.4f}"
        text = rf"\textbf{{{text}}}" if text == best[metric] else text
        means.append(text + (mark if metric == suite.primary else ""))
    gain = escape(words.effect(judgement.counterpart)).replace("-", "$-$") if judgement else ""
    name = escape(summary.method) + cite(works_of(METHODS.get(summary.method).reference))
    return rf"{name} & {' & '.join(means)} & {gain} \\"


def _caption(found: ScenarioFindings, suite: Suite) -> str:
    outcomes = {judgement.outcome for judgement in found.judgements}
    family = max((_family(judgement.counterpart) for judgement in found.judgements), default=1)
    level = f"$\\alpha = {suite.alpha:g}$, {TITLES[suite.correction]}" + (
        f" over {family} candidates" if family > 1 else ""
    )
    parts = [
        rf"{escape(found.counts.scenario)}: means over {found.counts.judged_users:,} users"
        f"{f' and {suite.seeds} seeds' if suite.seeds > 1 else ''}; best of each column in bold.",
    ]
    if outcomes & {Finding.HELPS, Finding.NOT_THE_SOURCE, Finding.UNATTRIBUTED}:
        parts.append(rf"$\dagger$: better than its counterpart without the source ({level}).")
    if Finding.HELPS in outcomes:
        parts.append(r"$\ddagger$: also better than its placebo.")
    if Finding.HURTS in outcomes:
        parts.append(rf"$\triangledown$: worse than its counterpart ({level}).")
    if Finding.EQUIVALENT in outcomes:
        parts.append(rf"$\approx$: equivalent to its counterpart within $\pm${100 * suite.margin:g}\%.")
    parts.append(
        f"Gains in {escape(suite.primary)}, in per cent of the counterpart's mean, "
        f"with {_simultaneous(suite)}{100 * (1 - suite.alpha):g}\\% intervals."
    )
    return " ".join(parts)


def _simultaneous(suite: Suite) -> str:
    return "simultaneous " if suite.correction in ("max-t", "bonferroni") else ""


def _family(verdict: Verdict) -> int:
    return 1 if verdict.outcome is Outcome.NOT_COMPARABLE or verdict.comparison is None else verdict.comparison.family


# --- CSV ----------------------------------------------------------------------------------------------------------

COLUMNS = (
    "scenario", "method", "placebo", "family", "seeds", "metric", "test", "validation", "verdict",
    *(f"{question}_{what}" for question in ("counterpart", "best_baseline", "placebo_run")
      for what in ("control", "difference", "low", "high", "relative", "p", "p_adjusted", "d_z", "outcome")),
)  # fmt: skip


def as_csv(findings: Findings) -> str:
    """Return a row per method, placebo and metric; comparisons stand in the rows of the primary metric."""
    target = io.StringIO()
    writer = csv.DictWriter(target, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for found in findings.scenarios:
        for summary in found.methods:
            writer.writerows(_rows(summary, found, findings.suite))
    return target.getvalue()


def _rows(summary: MethodSummary, found: ScenarioFindings, suite: Suite) -> list[dict[str, Any]]:
    judgement = found.judgement(summary.method) if summary.placebo is None else None
    rows: list[dict[str, Any]] = []
    for name in summary.test:
        row: dict[str, Any] = {
            "scenario": found.counts.scenario,
            "method": summary.method,
            "placebo": summary.placebo or "",
            "family": summary.family,
            "seeds": summary.seeds,
            "metric": name,
            "test": summary.test[name],
            "validation": summary.validation.get(name, ""),
        }
        if judgement is not None and name == suite.primary:
            row["verdict"] = judgement.outcome.value
            row |= _numbers("counterpart", judgement.counterpart)
            row |= _numbers("best_baseline", judgement.best_baseline)
            row |= _numbers("placebo_run", judgement.placebo)
        rows.append(row)
    return rows


def _numbers(question: str, verdict: Verdict | None) -> dict[str, Any]:
    if verdict is None or verdict.comparison is None:
        return {}
    comparison = verdict.comparison
    values = {
        "control": comparison.control,
        "difference": comparison.difference,
        "low": comparison.low,
        "high": comparison.high,
        "relative": comparison.relative,
        "p": comparison.pvalue,
        "p_adjusted": comparison.adjusted,
        "d_z": comparison.d_z,
        "outcome": verdict.outcome.value,
    }
    return {f"{question}_{name}": value for name, value in values.items()}
