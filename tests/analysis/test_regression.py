"""The gate: outcomes by literal t-tests, what fails it, and the formats by schemas that others wrote."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pytest
import xmlschema
from scipy import stats

from tlbench.analysis.compare import ComparedSide, compare_results, parse_side
from tlbench.analysis.regression import (
    FEW,
    BeforeAfter,
    ChangeOutcome,
    FailOn,
    Gate,
    chance_to_catch,
    detectable_loss,
    differing,
    judge_changes,
)
from tlbench.errors import NotComparable, TlbenchError
from tlbench.report.changes import rule_line
from tlbench.rng import stream
from tlbench.stats.comparison import compare
from tlbench.stats.paired import pair_values

SCENARIO = "demo-movies->demo-books"
SCHEMA = Path(__file__).parents[2] / "tlbench" / "report" / "schemas" / "gate.schema.json"


def paired(gain, *, spread=0.02, n=400, method="ease", metric="ndcg@10"):
    """Control's mean 0.2, mean difference exactly `gain`, standard deviation of the differences exactly `spread`."""
    noise = stream(0, "gate").normal(size=n)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    found = pair_values(0.2 + gain + spread * noise, np.full(n, 0.2))
    return BeforeAfter(SCENARIO, method, metric, compare(found, candidate=method, control=method, metric=metric))


def judged(*pairs, margin=0.01, alpha=0.05):
    return judge_changes(pairs, margins={"ndcg@10": margin, "mrr@10": margin}, alpha=alpha)


def one_sided(gain, margin, *, spread=0.02, n=400):
    """Non-inferiority by scipy: p of "the mean difference is at most -margin"."""
    noise = stream(0, "gate").normal(size=n)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    return stats.ttest_1samp(gain + spread * noise, -margin, alternative="greater").pvalue


@pytest.mark.parametrize(
    ("gain", "spread", "outcome", "not_worse"),
    [
        (0.0040, 0.02, ChangeOutcome.IMPROVED, True),
        (-0.0040, 0.02, ChangeOutcome.REGRESSED, False),
        (0.0, 0.01, ChangeOutcome.EQUIVALENT, True),
        (-0.0005, 0.004, ChangeOutcome.EQUIVALENT, True),
        (0.0, 0.05, ChangeOutcome.INCONCLUSIVE, False),
        (0.0010, 0.02, ChangeOutcome.INCONCLUSIVE, True),
    ],
)
def test_outcome_follows_the_interval_and_the_margin(gain, spread, outcome, not_worse):
    (change,) = judged(paired(gain, spread=spread))
    assert (change.outcome, change.not_worse) == (outcome, not_worse)
    assert change.inferiority == pytest.approx(one_sided(gain, 0.002, spread=spread), rel=1e-9)


def test_a_real_loss_that_is_shown_to_be_smaller_than_the_margin_passes():
    (change,) = judged(paired(-0.0005, spread=0.004))
    assert change.comparison.adjusted < 0.05
    assert change.comparison.difference < 0
    assert Gate((change,), FailOn.INCONCLUSIVE).passed


def test_p_above_alpha_alone_does_not_pass_a_strict_gate():
    (change,) = judged(paired(-0.002, spread=0.05))
    assert change.comparison.pvalue > 0.05
    assert Gate((change,), FailOn.REGRESSED).passed
    assert not Gate((change,), FailOn.INCONCLUSIVE).passed


def test_not_worse_passes_even_where_inconclusive_fails():
    (change,) = judged(paired(0.0010))
    assert change.outcome is ChangeOutcome.INCONCLUSIVE
    assert Gate((change,), FailOn.INCONCLUSIVE).passed


def test_regressions_are_corrected_over_methods_and_metrics():
    alone = judged(paired(-0.0023))
    many = judged(paired(-0.0023), *(paired(0.0, method=f"m{i}", metric="mrr@10") for i in range(9)))
    assert alone[0].outcome is ChangeOutcome.REGRESSED
    assert many[0].outcome is not ChangeOutcome.REGRESSED
    assert many[0].comparison.adjusted == pytest.approx(10 * alone[0].comparison.adjusted)
    assert many[0].inferiority == alone[0].inferiority


def test_each_metric_has_its_margin():
    changes = judge_changes(
        [paired(0.0, spread=0.02), paired(0.0, spread=0.02, metric="mrr@10")],
        margins={"ndcg@10": 0.005, "mrr@10": 0.05},
    )
    assert [change.outcome for change in changes] == [ChangeOutcome.INCONCLUSIVE, ChangeOutcome.EQUIVALENT]


def test_what_cannot_be_compared_fails_a_strict_gate_only_where_it_was_there():
    gone = BeforeAfter(SCENARIO, "ease", "ndcg@10", NotComparable("it failed: out of memory"))
    new = BeforeAfter(SCENARIO, "ials", "ndcg@10", NotComparable("new"), fatal=False)
    changes = tuple(judged(gone, new))
    assert Gate(changes).passed
    assert [change.method for change in Gate(changes, strict=True).failing] == ["ease"]


@pytest.mark.parametrize("loss", [0.01, 0.02, 0.04])
def test_promised_chance_is_the_share_of_planted_losses_caught(loss):
    """By brute force: normal differences with a true loss, judged 4,000 times."""
    rng = stream(7, "planted")
    n, spread, base, times = 300, 0.03, 0.2, 4000
    draws = rng.normal(-loss * base, spread, size=(times, n))
    means, errors = draws.mean(axis=1), draws.std(axis=1, ddof=1) / np.sqrt(n)
    seen = means / errors < stats.t.ppf(0.025, n - 1)
    small = stats.t.sf((means + 0.01 * base) / errors, n - 1) < 0.05
    noise = rng.normal(size=n)
    noise = spread * (noise - noise.mean()) / noise.std(ddof=1)
    typical = compare(pair_values(base + noise, np.full(n, base)), candidate="a", control="b", metric="m")
    promised = chance_to_catch(typical, loss, margin=0.01, alpha=0.05)
    assert promised == pytest.approx((seen & ~small).mean(), abs=0.02)


def test_detectable_loss_is_the_one_caught_with_80_per_cent():
    comparison = paired(0.0).comparison
    loss = detectable_loss(comparison, margin=0.01, alpha=0.05)
    assert chance_to_catch(comparison, loss, margin=0.01, alpha=0.05) == pytest.approx(0.8, abs=1e-9)


@pytest.mark.parametrize("count", [1, FEW - 1, FEW])
def test_nothing_is_promised_where_few_users_differ(count):
    """Nine users who lose all among 1,290 say little of how surely a larger loss would be seen."""
    lost = np.full(1290, 0.2)
    lost[:count] = 0.0
    found = pair_values(lost, np.full(1290, 0.2))
    pair = BeforeAfter(SCENARIO, "ease", "ndcg@10", compare(found, candidate="ease", control="ease", metric="ndcg@10"))
    (change,) = judged(pair)
    assert differing(change.comparison) == count
    assert (change.detectable is None) == (count < FEW)
    assert ("too few to promise a chance" in rule_line(Gate((change,)))) == (count < FEW)


# --- two folders --------------------------------------------------------------------------------------------------


@pytest.fixture
def folders(tmp_path, make_results, values):
    """Old and new results: `ease` as before, `item-knn` worse, `ials` better, `popularity` gone, `random` new."""
    old = {
        "popularity": values(spread=0),
        "ease": values(spread=0),
        "item-knn": values(0.02, spread=0.01, key="k"),
        "ials": values(seeds=3, key="a"),
    }
    new = {
        "ease": values(spread=0),
        "item-knn": values(0.0, spread=0.01, key="l"),
        "ials": values(0.02, seeds=3, key="b"),
        "random": values(-0.1, key="r"),
    }
    return make_results(tmp_path / "old", {SCENARIO: old}), make_results(tmp_path / "new", {SCENARIO: new})


def test_two_folders_are_compared_method_by_method(folders):
    old, new = folders
    found = {change.method: change for change in compare_results(ComparedSide(old), ComparedSide(new))}
    assert {name: change.outcome.value for name, change in found.items()} == {
        "popularity": "not comparable",
        "ease": "equivalent",
        "item-knn": "regressed",
        "ials": "improved",
        "random": "not comparable",
    }
    assert found["ease"].reason == "no user's value differs"
    assert found["popularity"].fatal
    assert not found["random"].fatal
    assert found["ials"].comparison.n_seeds == 3


def test_folders_of_other_splits_are_not_comparable(tmp_path, make_results, values):
    sides = [
        ComparedSide(make_results(tmp_path / digest, {SCENARIO: {"ease": values()}}, digest=digest * 64))
        for digest in "ab"
    ]
    (change,) = compare_results(*sides)
    assert change.outcome is ChangeOutcome.NOT_COMPARABLE
    assert "different splits" in change.reason


def test_two_methods_of_one_folder_are_compared(folders):
    (change,) = compare_results(parse_side(f"{folders[0]}::ease"), parse_side(f"{folders[0]}::item-knn"))
    assert change.outcome is ChangeOutcome.IMPROVED
    assert change.comparison.difference == pytest.approx(0.02)


def test_an_unknown_metric_is_named(folders):
    with pytest.raises(TlbenchError, match="has no metric `mrr@10`"):
        compare_results(ComparedSide(folders[0]), ComparedSide(folders[1]), metrics=("mrr@10",))


# --- formats ------------------------------------------------------------------------------------------------------


@pytest.fixture
def gate(folders):
    return Gate(tuple(compare_results(ComparedSide(folders[0]), ComparedSide(folders[1]))), strict=True)


def test_json_fits_the_published_schema(gate):
    from tlbench.report.changes import gate_as_json

    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    table = json.loads(gate_as_json(gate))
    jsonschema.Draft202012Validator(schema).validate(table)
    assert table["passed"] is False
    assert [change["fails"] for change in table["changes"]] == [gate.fails(change) for change in gate.changes]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**table, "passed": "yes"})


def test_junit_fits_the_schema_of_the_jenkins_plugin(gate, junit_schema):
    from tlbench.report.junit import gate_as_junit

    schema = xmlschema.XMLSchema(str(junit_schema))
    schema.validate(gate_as_junit(gate))
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        schema.validate("<testsuite/>")


def test_junit_counts_failures_and_has_a_case_a_comparison(gate):
    from tlbench.report.junit import gate_as_junit

    root = ElementTree.fromstring(gate_as_junit(gate))
    cases = {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}
    assert cases == {
        "popularity": ["failure", "system-out"],
        "ease": ["system-out"],
        "item-knn": ["failure", "system-out"],
        "ials": ["system-out"],
        "random": ["skipped", "system-out"],
    }
    assert root.get("failures") == "2"
    assert root.get("tests") == "5"


def test_markdown_names_what_fails_first_and_folds_the_rest(gate):
    from tlbench.report.changes import gate_as_markdown

    text = gate_as_markdown(gate, title="tlbench check made")
    head, rest = text.split("<details>")
    assert "FAILED: 1 improved, 1 regressed, 1 equivalent, 2 not comparable" in head
    assert "- regressed" in head
    assert "+ improved" not in head
    assert "+ improved" in rest
    assert all(line.count("|") == 7 for line in text.splitlines() if line.startswith("|"))


def test_a_passed_gate_folds_nothing(gate):
    from tlbench.report.changes import gate_as_markdown

    fine = replace(gate, changes=tuple(change for change in gate.changes if not gate.fails(change)))
    assert "<details open>" in gate_as_markdown(fine)
    assert "What fails" not in gate_as_markdown(fine)
