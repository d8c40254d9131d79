"""What reports say of a tuning: budget, best parameters, flatness, edges, and the course of the search."""

import re
from dataclasses import replace

import altair as alt
import pytest

from tlbench.pipeline import read_findings, read_report
from tlbench.registry import METHODS
from tlbench.report import as_markdown
from tlbench.report.charts.gallery import pictures
from tlbench.report.charts.tuning import trial_rows
from tlbench.report.document import Report
from tlbench.report.page.build import as_html
from tlbench.report.paper.methods import methods_paragraph
from tlbench.report.paper.references import as_bibtex
from tlbench.report.tuning import best_so_far, tuning_details, tuning_lines, tuning_rows
from tlbench.tune import Budget, Trial, Tuning

SCENARIO = "demo-movies->demo-books"


def tuning(method, *values, placebo=None, budget=None, **best):
    """Trials with these values; None failed, a negative one was pruned at that value; `best` is drawn by the best."""
    defaults = dict(vars(METHODS.get(method).build()))
    top = max(value for value in values if value is not None)
    trials = []
    for number, value in enumerate(values):
        state = "failed" if value is None else "pruned" if value < 0 else "complete"
        drawn = best if value == top else {}
        reason = "out of memory" if value is None else None
        known = None if value is None else abs(value)
        trials.append(Trial(number, {**defaults, **drawn}, drawn, state, known, reason=reason, seconds=2.0))
    return Tuning(method, placebo, budget or Budget(len(values)), tuple(trials))


TUNINGS = (
    tuning("ease", 0.2, 0.25, -0.3, 0.249, l2=321.5),
    tuning("pooled-ease", 0.3, None, 0.31, 0.2, l2=50.0, weight=1.0),
    tuning("pooled-ease", 0.2, 0.1, 0.22, 0.1, placebo="shuffled-bridge", l2=50.0, weight=0.5),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_results, values):
    methods = {
        "ease": values(spread=0),
        "pooled-ease": values(0.02, key="p"),
        "pooled-ease~shuffled-bridge": values(0.0, key="b"),
    }
    return make_results(tmp_path_factory.mktemp("tuned") / "made", {SCENARIO: methods}, tune=4)


@pytest.fixture(scope="module")
def findings(folder):
    found = read_findings(folder)
    return replace(found, scenarios=(replace(found.scenarios[0], tunings=TUNINGS),))


@pytest.fixture(scope="module")
def untuned(findings):
    return replace(
        findings, suite=replace(findings.suite, tune=0), scenarios=(replace(findings.scenarios[0], tunings=()),)
    )


def test_the_best_so_far_never_falls_and_ignores_what_was_pruned_or_failed():
    ease, pooled, _ = TUNINGS
    assert best_so_far(ease) == [0.2, 0.25, 0.25, 0.25]
    assert best_so_far(pooled) == [0.3, 0.3, 0.31, 0.31]
    assert best_so_far(tuning("ease", None, 0.1)) == [None, 0.1]


def test_the_table_has_best_defaults_trial_flatness_and_edges(findings):
    ease, pooled, placebo = tuning_rows(findings.scenarios[0])
    assert ease == ("ease", "0.2500", "0.2000", "2", "4 (1 pruned)", "2", "l2=321.5")
    assert pooled == ("pooled-ease", "0.3100", "0.3000", "3", "4 (1 failed)", "1", "l2=50, weight=1*")
    assert placebo[0] == "pooled-ease~shuffled-bridge"


def test_the_lines_say_the_budget_used_and_name_edges_once(findings):
    head, used, warning = tuning_lines(findings.scenarios[0], findings.suite)
    assert head.startswith("tuned on validation ndcg@10: 4 trials for every baseline, transfer method and placebo")
    assert used == "tuning used 12 trials (1 pruned, 1 failed) in 3 searches"
    assert warning.endswith("pooled-ease (weight)")


def test_a_search_that_time_ended_or_that_found_nothing_is_named(findings):
    late = tuning("ease", 0.2, 0.3, budget=Budget(9, 4.0))
    failed = Tuning("pooled-ease", None, Budget(1), (replace(TUNINGS[1].trials[1], number=0),))
    found = replace(findings.scenarios[0], tunings=(late, failed))
    text = "\n".join(tuning_lines(found, replace(findings.suite, tune=9, tune_seconds=4.0)))
    assert "4 s" in text
    assert "time ended searches before 9 trials: ease (2)" in text
    assert "no trial of pooled-ease succeeded (out of memory)" in text
    assert tuning_rows(found)[1][-1] == "no trial succeeded"


def test_verbose_draws_the_course_of_each_search(findings):
    text = "\n".join(tuning_details(findings.scenarios[0]))
    assert "0.2000 ▁███ 0.2500" in text
    assert "pooled-ease~shuffled-bridge: best in trial 3 of 4 trials" in text


def test_without_tuning_every_format_says_so(untuned):
    assert "default parameters; verdicts compare defaults" in as_markdown(Report(untuned))
    assert "with default parameters" in methods_paragraph(untuned)
    assert "Hyper-parameters were searched" not in methods_paragraph(untuned)
    assert "bergstra" not in as_bibtex(untuned)


def test_the_paragraph_of_a_tuned_run_names_trials_sampler_and_validation(findings):
    text = methods_paragraph(findings)
    assert "default hyper-parameters" not in text
    for said in (
        "4 trials each",
        "tree-structured Parzen estimator",
        "on the validation part only",
        "In 1 of 3 searches",
    ):
        assert said in text
    assert {"bergstra2011algorithms", "akiba2019optuna"} <= set(re.findall(r"^@\w+\{(\w+),", as_bibtex(findings), re.M))


def test_the_chart_shows_every_trial(findings, folder):
    rows = trial_rows(TUNINGS)
    assert [row["value"] for row in rows] == [trial.value for one in TUNINGS for trial in one.trials]
    made = {picture.name: picture for picture in pictures(Report(findings, lambda: read_report(folder).evidence))}
    spec = made["tuning-demo-movies--demo-books"].spec
    alt.Chart.from_dict(spec, validate=True)
    assert [panel["title"]["text"] for panel in spec["concat"]] == ["ease", "pooled-ease"]


@pytest.mark.parametrize("width", [400, 1400])
def test_the_page_has_a_section_with_course_and_settings(open_page, findings, folder, tmp_path, width):
    file = tmp_path / "tuned.html"
    file.write_text(as_html(Report(findings, lambda: read_report(folder).evidence)), encoding="utf-8")
    page = open_page(file, width, "dark")
    assert page.locator("#tuning-demo-movies--demo-books svg.marks").count() == 1
    page.get_by_text("Best settings of 3 searches").click()
    table = page.get_by_label("Tuning, demo-movies->demo-books").locator("tbody tr")
    assert [row.locator("td").last.inner_text() for row in table.all()][:2] == ["l2=321.5", "l2=50, weight=1*"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_text("tuning used 12 trials").count() == 1
