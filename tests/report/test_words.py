"""The story of a scenario: at most two sentences, whatever came out."""

import pytest

from tlbench.analysis.verdict import Finding
from tlbench.analysis.wording import about, per_cent
from tlbench.pipeline import read_findings
from tlbench.registry import METHODS
from tlbench.report.words import story

SCENARIO = "demo-movies->demo-books"
GAINS = {
    Finding.HELPS: (0.02, 0.0),
    Finding.HURTS: (-0.02, 0.0),
    Finding.NOT_THE_SOURCE: (0.02, 0.04),
    Finding.UNATTRIBUTED: (0.02, 0.0195),
    Finding.INCONCLUSIVE: (0.0003, 0.0),
}
"""Mean gain of the method and of its placebo over the counterpart."""


def sentences(text):
    return [part for part in text.removesuffix(".").split(". ") if part]


def findings(folder, make_results, values, gain, placebo, *, others=0, baseline=None):
    methods = {
        "ease": values(spread=0),
        "ials": values(baseline if baseline is not None else -0.05, spread=0.01, key="i"),
    }
    names = ["pooled-ease", "cmf", "emcdr", "pooled-item-knn", "knn-transfer", "codebook"]
    methods |= dict.fromkeys(("item-knn", "user-knn", "own-codebook"), values(-0.06, spread=0.01))
    methods |= {name: values(gain - 0.001 * i, key=name) for i, name in enumerate(names[: others + 1])}
    methods |= {f"{name}~{METHODS.get(name).placebo}": values(placebo, key="b") for name in names[: others + 1]}
    return read_findings(make_results(folder / "made", {SCENARIO: methods})).scenarios[0]


@pytest.mark.parametrize("outcome", GAINS)
@pytest.mark.parametrize("others", [0, 2])
@pytest.mark.parametrize("baseline", [-0.05, 0.1])
def test_the_story_has_at_most_two_sentences(tmp_path, make_results, values, outcome, others, baseline):
    found = findings(tmp_path, make_results, values, *GAINS[outcome], others=others, baseline=baseline)
    assert found.judgement("pooled-ease").outcome is outcome
    text = story(found)
    assert 1 <= len(sentences(text)) <= 2, text
    assert text.endswith(".")


def test_a_story_of_many_methods_names_four_and_counts_the_rest(tmp_path, make_results, values):
    found = findings(tmp_path, make_results, values, 0.03, 0.0, others=5)
    assert all(one.outcome is Finding.HELPS for one in found.judgements)
    text = story(found)
    assert text.endswith("6 of 6 transfer methods help: pooled-ease, cmf, emcdr, pooled-item-knn, 2 more.")
    assert len(sentences(text)) == 2


@pytest.mark.parametrize(("share", "text"), [(0.041, "+4.1"), (-0.00001, "0.0"), (0.0, "0.0"), (-0.02, "-2.0")])
def test_what_rounds_to_zero_has_no_sign(share, text):
    assert per_cent(share, 1, signed=True) == text


@pytest.mark.parametrize(("number", "text"), [(7, "7"), (80_441, "80,000"), (86, "86"), (1_290, "1,300")])
def test_estimates_have_two_digits(number, text):
    assert about(number) == text
