"""Findings and evidence -> all that is known of each transfer method, in lines of 80 columns; and one user's values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlbench.report import words
from tlbench.report.bars import histogram
from tlbench.values import Variant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tlbench.analysis.evidence import MethodEvidence, ScenarioEvidence
    from tlbench.analysis.summary import MethodSummary, ScenarioFindings
    from tlbench.analysis.verdict import Judgement, Verdict
    from tlbench.stats.attribution import Attribution
    from tlbench.stats.gain_shares import GainShare
    from tlbench.store.contents import ScenarioResults


def detail_lines(found: ScenarioFindings, seen: ScenarioEvidence) -> list[str]:
    """Say of every judged method its verdict in words, its three comparisons, its users and segments."""
    by_method = {one.method: one for one in seen.methods}
    summaries = {summary.method: summary for summary in found.methods if summary.placebo is None}
    lines: list[str] = []
    for judgement in found.judgements:
        shares = found.gain_shares.get(judgement.method, ())
        lines.extend(_method(judgement, summaries[judgement.method], by_method.get(judgement.method), shares))
    return lines


def _method(
    judgement: Judgement, summary: MethodSummary, seen: MethodEvidence | None, shares: Sequence[GainShare]
) -> Iterator[str]:
    seconds = "" if summary.seconds is None else f", {summary.seconds:.2g} s a run"
    yield ""
    yield f"{summary.method} ({summary.family}, {summary.seeds} seed{'s' if summary.seeds > 1 else ''}{seconds})"
    yield f"  {judgement.sentence}."
    yield _comparison("counterpart", judgement.counterpart)
    yield _comparison("best baseline", judgement.best_baseline)
    if judgement.placebo is not None:
        yield _comparison("placebo", judgement.placebo)
    if seen is not None and seen.attribution is not None:
        yield from _attribution(seen.attribution)
    if shares and judgement.counterpart.comparison is not None:
        yield f"  {words.gain_from(shares, gained=judgement.counterpart.comparison.difference > 0)}"
    if seen is not None:
        yield f"  {'users':<14}{user_bars(seen)}"
        for segmentation in seen.segments:
            yield f"  {segmentation.sentence}"


def _attribution(found: Attribution) -> Iterator[str]:
    """Say which part of the gain needs the source and which part the placebo has too; the two add up to the gain."""
    for what, part in (("needs source", found.survives), ("placebo too", found.also_placebo)):
        base = found.gain.control_mean
        if base:
            numbers = (
                f"{100 * part.difference / base:+.1f}% [{100 * part.low / base:.1f}, {100 * part.high / base:.1f}]"
            )
            yield f"  {what:<14}{numbers} of {found.gain.control}"


def _comparison(question: str, verdict: Verdict) -> str:
    comparison = verdict.comparison
    if comparison is None:
        return f"  {question:<14}{verdict.reason}"
    size = "" if comparison.d_z is None else f" d_z {comparison.d_z:+.2f}"
    name = Variant.parse(comparison.control).placebo or comparison.control
    numbers = f"{words.effect(verdict):<18}p {words.p_value(comparison.adjusted):<7}"
    return f"  {question:<14}{name:<17}{numbers}{size}".rstrip()


def user_bars(seen: MethodEvidence) -> str:
    """Draw how users' differences are distributed, losses left of the middle and gains right of it."""
    total = sum(part.users for part in seen.bins)
    worse = [part for part in seen.bins if part.high <= 0 and part.low < part.high]
    better = [part for part in seen.bins if part.low >= 0 and part.low < part.high]
    bars = histogram([part.users for part in (*worse, *better)])
    left, right = bars[: len(worse)], bars[len(worse) :]
    lose, gain = (sum(part.users for part in side) for side in (worse, better))
    same = total - lose - gain
    shares = [f"{100 * count / total:.0f} %" for count in (lose, same, gain)]
    return f"worse {shares[0]} {left}|{right} better {shares[2]} (same {shares[1]})"


def user_lines(results: Sequence[ScenarioResults], user: str, metrics: Sequence[str]) -> list[str]:
    """Say what every method gave one user, averaged over seeds; empty where nobody judged that user."""
    lines: list[str] = []
    for result in results:
        rows: dict[str, list[list[float]]] = {}
        for run in result.runs:
            if user in run.values.index:
                rows.setdefault(run.cell.label, []).append([float(run.values[name][user]) for name in metrics])
        if rows:
            lines += [result.counts.scenario, f"  {'method':<34}{''.join(f'{name:>14}' for name in metrics[:3])}"]
            lines += [f"  {label:<34}{_means(found)}" for label, found in rows.items()]
            lines += _features(result, user)
    return lines


def _means(rows: list[list[float]]) -> str:
    return "".join(f"{sum(column) / len(column):>14.4f}" for column in list(zip(*rows, strict=True))[:3])


def _features(result: ScenarioResults, user: str) -> list[str]:
    if result.features is None or user not in result.features.index:
        return []
    known = result.features.loc[user]
    return [f"  {', '.join(f'{name} {known[name]:g}' for name in result.features.columns)}"]
