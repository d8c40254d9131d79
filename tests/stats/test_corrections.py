"""Corrections for many comparisons: against their definitions written out."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.stats.multitest
from hypothesis import given
from hypothesis import strategies as st

from tlbench.errors import TlbenchError
from tlbench.stats.comparison import compare
from tlbench.stats.corrections import adjust, adjust_pvalues
from tlbench.stats.paired import pair_values

PVALUES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("holm", "holm"),
        ("hochberg", "simes-hochberg"),
        ("bonferroni", "bonferroni"),
        ("bh", "fdr_bh"),
        ("by", "fdr_by"),
    ],
)
@given(pvalues=PVALUES)
def test_values_are_those_of_statsmodels(ours: str, theirs: str, pvalues: list[float]) -> None:
    expected = statsmodels.stats.multitest.multipletests(pvalues, method=theirs)[1]
    assert adjust_pvalues(pvalues, ours) == pytest.approx(expected, rel=1e-12)


@given(PVALUES)
def test_holm_multiplies_by_the_number_of_hypotheses_left(pvalues: list[float]) -> None:
    order = np.argsort(pvalues, kind="stable")
    expected, highest = [0.0] * len(pvalues), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(pvalues) - rank) * pvalues[place]))
        expected[place] = highest
    assert adjust_pvalues(pvalues, "holm") == pytest.approx(expected)


@given(PVALUES)
def test_hochberg_steps_up_with_the_same_factors(pvalues: list[float]) -> None:
    order = np.argsort(pvalues, kind="stable")
    expected, lowest = [0.0] * len(pvalues), 1.0
    for rank in range(len(pvalues) - 1, -1, -1):
        lowest = min(lowest, (len(pvalues) - rank) * pvalues[order[rank]])
        expected[order[rank]] = lowest
    assert adjust_pvalues(pvalues, "hochberg") == pytest.approx(expected)


def test_values_are_those_of_r_p_adjust() -> None:
    # p.adjust(c(0.01, 0.02, 0.03, 0.04), m) in R 4.2.2 for m in holm, hochberg, bonferroni, BH, BY
    pvalues = [0.01, 0.02, 0.03, 0.04]
    assert adjust_pvalues(pvalues, "holm") == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert adjust_pvalues(pvalues, "hochberg") == pytest.approx([0.04, 0.04, 0.04, 0.04])
    assert adjust_pvalues(pvalues, "bonferroni") == pytest.approx([0.04, 0.08, 0.12, 0.16])
    assert adjust_pvalues(pvalues, "bh") == pytest.approx([0.04, 0.04, 0.04, 0.04])
    assert adjust_pvalues(pvalues, "by") == pytest.approx([0.08333333] * 4)


def test_adjust_keeps_the_order_and_says_what_was_done() -> None:
    control = np.linspace(0, 1, 20)
    candidates = [control + np.resize(shift, 20) for shift in ([0.1, 0.2], [0.1, -0.1], [0.0, 0.05])]
    raw = [compare(pair_values(c, control), candidate="a", control="b", metric="m") for c in candidates]
    found = adjust(raw)
    assert [c.pvalue for c in found] == [c.pvalue for c in raw]
    assert [c.adjusted for c in found] == pytest.approx(adjust_pvalues([c.pvalue for c in raw]))
    assert {(c.correction, c.family) for c in found} == {("holm", 3)}


def test_an_unknown_correction_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TlbenchError, match="unknown correction `sidak`") as caught:
        adjust_pvalues([0.1, 0.2], "sidak")  # type: ignore[arg-type]
    assert "`holm`" in (caught.value.hint or "")


def test_max_t_is_refused_without_the_values_it_flips() -> None:
    with pytest.raises(TlbenchError, match="`max-t` corrects from users' values"):
        adjust_pvalues([0.1, 0.2], "max-t")
