"""What stands beside the verdicts: gains among shuffles, for other training parts, over all scenarios."""

import json
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from typer.testing import CliRunner

from tlbench.analysis.explanation import explain_comparison
from tlbench.analysis.families import judge_suite
from tlbench.analysis.summary import Findings, across_scenarios
from tlbench.analysis.verdict import Questions
from tlbench.cli.app import app
from tlbench.pipeline import read_findings
from tlbench.report import words
from tlbench.scenario.grammar import parse_scenario
from tlbench.stats.comparison import compare
from tlbench.stats.paired import pair_values
from tlbench.store.results import ResultsFolder
from tlbench.suite import Suite
from tlbench.values import Metric

SCENARIO, METHOD, CONTROL, METRIC = "demo-movies->demo-books", "pooled-item-knn", "item-knn", "ndcg@10"
DRAWS, FOLDS = 4, 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run of one method in three folds, with four shuffles of its placebo."""
    out = tmp_path_factory.mktemp("beside") / "run"
    chosen = ("--methods", METHOD, "--baselines", CONTROL, "--metrics", METRIC, "--protocol", f"k-fold:{FOLDS}")
    placebo = ("--placebo", "--placebo-draws", str(DRAWS))
    done = CliRunner().invoke(app, ["run", SCENARIO, *chosen, *placebo, "--out", str(out), "--quiet"])
    assert done.exit_code == 0, done.output
    return out


@pytest.fixture(scope="module")
def found(folder):
    return read_findings(folder).scenarios[0]


def values_in(folder, label, *, fold, seed=0):
    """The users' values of one cell, straight from its file."""
    (path,) = (folder / "demo-movies--demo-books" / label).glob(f"*/fold-{fold}/seed-{seed}.users.parquet")
    table = pd.read_parquet(path)
    return table.set_index("user")[METRIC] if "user" in table else table[METRIC]


def pooled(folder, label, *, seed=0):
    every = [values_in(folder, label, fold=fold, seed=seed) for fold in range(1, FOLDS + 1)]
    return pd.concat(every).groupby(level=0).mean()


def test_the_real_source_is_placed_among_its_shuffles_by_their_mean_gains(folder, found):
    draws = found.draws[METHOD]
    base = pooled(folder, CONTROL).mean()
    label = f"{METHOD}~shuffled-bridge"
    expected = sorted(pooled(folder, label, seed=seed).mean() / base - 1 for seed in range(DRAWS))
    assert len(set(expected)) == DRAWS
    assert draws.shuffled == pytest.approx(expected)
    assert draws.real == pytest.approx(pooled(folder, METHOD).mean() / base - 1)
    assert draws.pvalue == (1 + sum(gain >= draws.real for gain in expected)) / (1 + DRAWS)


def test_verdicts_do_not_depend_on_the_number_of_shuffles(folder, found):
    result = ResultsFolder(folder).read_scenario(SCENARIO)
    (placebo,) = result.of(METHOD, "shuffled-bridge")
    assert placebo.cell.seed == 0
    comparison = found.judgements[0].placebo.comparison
    assert comparison.n_seeds == 1
    assert comparison.control_mean == pytest.approx(pooled(folder, f"{METHOD}~shuffled-bridge").mean())


def test_the_interval_for_other_training_parts_is_nadeau_and_bengios(folder, found):
    base = pooled(folder, CONTROL).mean()
    gains = [
        (values_in(folder, METHOD, fold=fold).mean() - values_in(folder, CONTROL, fold=fold).mean()) / base
        for fold in range(1, FOLDS + 1)
    ]
    counts = found.counts.folds
    ratio = sum(fold.test_interactions for fold in counts) / sum(fold.training for fold in counts)
    error = math.sqrt((1 / FOLDS + ratio) * np.var(gains, ddof=1))
    half = stats.t.ppf(0.975, FOLDS - 1) * error
    parts = found.other_parts[METHOD]
    assert (parts.low, parts.high) == pytest.approx((np.mean(gains) - half, np.mean(gains) + half))
    assert 0.4 < ratio < 0.6  # a third is held out of two thirds


def test_reports_and_explain_tell_of_it(folder, found):
    table = json.loads((folder / "report.json").read_text())["scenarios"][0]
    assert len(table["placebo_draws"][METHOD]["shuffled"]) == DRAWS
    assert table["other_training_parts"][METHOD]["n_folds"] == FOLDS
    inquiry = explain_comparison(folder, METHOD)
    assert inquiry.other_parts == found.other_parts[METHOD]
    done = CliRunner().invoke(app, ["explain", str(folder), METHOD])
    text = " ".join(done.stdout.split())
    assert "for other training parts of this size the gain is" in text
    assert f"on average with {DRAWS} shuffled ones" in text
    assert f"place {found.draws[METHOD].rank} of {DRAWS + 1}" in text


SUITE = Suite(name="made", scenarios=(parse_scenario("s0->t"), parse_scenario("s1->t")), metrics=(Metric(METRIC),))


def many(effects):
    """Findings of scenarios in which two methods have these gains, each with the same error, as shares."""

    def judged(method, gain, place):
        rng = np.random.default_rng(place)
        noise = rng.normal(size=400)
        noise = 0.05 * (noise - noise.mean()) / noise.std()
        compared = compare(
            pair_values(0.2 + 0.2 * gain + noise, np.full(400, 0.2)), candidate=method, control="c", metric=METRIC
        )
        return judge_suite([Questions(f"s{place}->t", method, compared, compared)])[0]

    scenarios = [
        SimpleNamespace(
            counts=SimpleNamespace(scenario=f"s{place}->t", population=None),
            judgements=tuple(judged(name, gains[place], place) for name, gains in effects.items()),
        )
        for place in range(len(next(iter(effects.values()))))
    ]
    for one in scenarios:
        one.judgement = lambda name, one=one: next((j for j in one.judgements if j.method == name), None)
    return scenarios


def test_the_pooled_sentence_takes_the_highest_simultaneous_lower_bound():
    scenarios = many({"cmf": (0.30, 0.31, 0.29, 0.30), "emcdr": (0.1, 0.6, 0.3, 0.5)})
    findings = Findings(SUITE, tuple(scenarios))
    best = findings.pooled
    assert (best.method, best.of, best.pooled.level) == ("cmf", 2, 0.975)
    alone = replace(findings, suite=replace(SUITE, primary_method="emcdr")).pooled
    assert (alone.method, alone.of, alone.pooled.level) == ("emcdr", 1, 0.95)
    assert alone.pooled == across_scenarios(findings, "emcdr")
    assert words.headline_lines(findings)[1].startswith("on average over 4 scenarios, cmf gains +30.0 % [")


def test_no_method_is_said_to_gain_on_average_where_none_is_shown_to():
    findings = Findings(SUITE, tuple(many({"cmf": (0.1, -0.1)})))
    assert words.headline_lines(findings)[1] == "on average over 2 scenarios, cmf is not shown to gain"
