"""Every report says what transfer does for users of whom the target knows little, as one family."""

import pandas as pd
import pytest
from scipy import stats

from tlbench.analysis.short_history import short_history
from tlbench.pipeline import read_findings
from tlbench.plugins import register_all
from tlbench.report.words import short_history_lines

register_all()

SCENARIO = "demo-movies->demo-books"
SHORT = 200
"""Of 400 users made by hand, those with 0 to 4 target interactions: 40 of each number."""


@pytest.fixture
def made(tmp_path, make_results, values):
    ease = values()
    pooled = values(0.0, key="a")
    pooled[:SHORT] += 0.02
    pooled[SHORT:] -= 0.02
    tables = {"ease": ease, "ials": values(-0.05, key="b"), "pooled-ease": pooled, "cmf": values(-0.05, key="c")}
    return tables, make_results(tmp_path / "made", {SCENARIO: tables})


def test_gains_are_those_of_the_segment_with_intervals_that_hold_at_once(made):
    values, folder = made
    found = read_findings(folder).scenarios[0].short_history
    assert (found.users, found.judged) == (SHORT, 400)
    assert list(found.gains) == ["pooled-ease", "cmf"]
    gain = found.gains["pooled-ease"]
    difference = (values["pooled-ease"] - values["ease"])[:SHORT, 0]
    literal = stats.ttest_1samp(difference, 0.0)
    assert gain.difference == pytest.approx(difference.mean())
    assert gain.pvalue == pytest.approx(literal.pvalue)
    assert gain.adjusted == pytest.approx(min(1.0, 2 * literal.pvalue))
    interval = literal.confidence_interval(1 - 0.05 / 2)
    assert (gain.low, gain.high) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert (gain.candidate, gain.control) == ("pooled-ease", "ease")


def test_the_report_counts_them_and_names_only_what_can_be_told_from_nothing(made):
    findings = read_findings(made[1])
    (line,) = short_history_lines(findings.scenarios[0], findings.suite)
    assert line.startswith(
        "200 of 400 judged users have fewer than 5 demo-books interactions; among them: pooled-ease +"
    )
    assert "cmf" not in line
    assert line.endswith("of 2 methods at once")


@pytest.mark.parametrize("histories", [None, "unknown", [5.0, 9.0], [4.0, 9.0]])
def test_without_such_users_or_their_histories_nothing_is_said(made, histories):
    suite = read_findings(made[1]).suite
    features = histories if histories is None else pd.DataFrame({"other": [1, 2]})
    if isinstance(histories, list):
        features = pd.DataFrame({"target interactions": histories})
    assert short_history([], features, suite) is None
