"""A profile made of planted values says what was planted, level by level."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.fixtures.made_results import cell, counts
from tlbench.analysis.profile import is_profile, make_profile
from tlbench.errors import TlbenchError
from tlbench.evaluation import RunResult
from tlbench.plugins import register_all
from tlbench.report.profile_text import profile_sentences, profiles_as_csv, profiles_as_json, profiles_as_text
from tlbench.scenario.grammar import parse_scenario
from tlbench.split.counts import FoldCounts
from tlbench.split.protocol import Protocol
from tlbench.store.contents import ScenarioResults
from tlbench.suite import Suite

register_all()

SCENARIO = "films->books"
PROTOCOL = "profile:0,2,10,all/3"
USERS = 900
GAIN = {"0": 0.06, "2": 0.03, "10": -0.03, "all": -0.01}
"""What pooled-ease gains over ease at each level; its placebo gains nothing."""


def ids_of(fold, rule):
    """Users of a group; a third of each has too little history for level 10."""
    ids = np.arange(USERS)[rule.group_of(fold) - 1 :: 3]
    return ids[len(ids) // 3 :] if str(rule.level_of(fold)) == "10" else ids


def made(gain=GAIN, *, labels=("popularity", "ease", "pooled-ease", "pooled-ease~shuffled-bridge")):
    """Results of every fold: users' values, with validation marks on the first group."""
    rule = Protocol.parse(PROTOCOL).rule
    taste = np.random.default_rng(0).uniform(0.1, 0.5, USERS)
    runs, folds = [], []
    for fold in rule.folds:
        level, ids = str(rule.level_of(fold)), ids_of(fold, rule)
        noise = np.random.default_rng(fold)
        folds.append(FoldCounts(fold, f"digest {fold}", 8_000, len(ids), 2 * len(ids), shown=3 * len(ids)))
        for label in labels:
            value = taste[ids] + noise.normal(scale=0.05, size=len(ids))
            value += gain[level] if label == "pooled-ease" else 0
            value -= 0.05 if label == "popularity" and level != "0" else 0
            index = pd.Index([f"u{i}" for i in ids], name="user", dtype=object)
            frame = pd.DataFrame({"ndcg@10": value}, index=index)
            marks = {"ndcg@10": float(value.mean())} if rule.chooses(fold) else {}
            of_fold = replace(cell(SCENARIO, label, 0), fold=fold)
            runs.append(RunResult(of_fold, f"digest {fold}", frame, marks, 0))
    card = replace(counts(SCENARIO, USERS, "d"), protocol=PROTOCOL, folds=tuple(folds))
    return ScenarioResults(card, (), {"codebook": "it needs ratings"}, {}, (), by_fold=tuple(runs))


def suite(**options):
    chosen = {"metrics": ("ndcg@10",), "placebo": True, "protocol": PROTOCOL, **options}
    return Suite(name="made", scenarios=(parse_scenario(SCENARIO),), **chosen)


@pytest.fixture(scope="module")
def profile():
    return make_profile(suite(), made())


def test_each_level_pools_its_groups_and_counts_its_users(profile):
    assert [(str(level.level), level.n_users) for level in profile.levels] == [
        ("0", 900),
        ("2", 900),
        ("10", 600),
        ("all", 900),
    ]
    assert profile.levels[-1].shown == 3
    assert profile.n_users == USERS


def test_the_best_baseline_is_chosen_at_each_level(profile):
    assert [level.best_baseline for level in profile.levels[1:]] == ["ease"] * 3


def test_gains_are_those_of_the_users_who_are_judged_at_the_level(profile):
    results = made()
    (method,) = profile.methods
    for point in method.points:
        mine, control = (
            np.concatenate(
                [
                    run.values["ndcg@10"].to_numpy()
                    for run in results.by_fold
                    if run.cell.label == label and Protocol.parse(PROTOCOL).rule.level_of(run.cell.fold) == point.level
                ]
            )
            for label in ("pooled-ease", "ease")
        )
        assert point.counterpart.difference == pytest.approx((mine - control).mean())
        assert point.counterpart.candidate_mean == pytest.approx(mine.mean())


def test_a_method_pays_where_all_three_gains_are_shown(profile):
    (method,) = profile.methods
    assert [str(level) for level in method.paying] == ["0", "2"]
    assert method.points[2].best_baseline.high < 0
    found = method.crossover
    assert found.start.at == -math.inf
    truth = math.expm1(math.log(3) + (math.log(11) - math.log(3)) / 2)
    assert found.end.low < truth < found.end.high


def test_intervals_hold_at_all_levels_at_once_and_are_wider_than_those_of_one(profile):
    (method,) = profile.methods
    for point in method.points:
        alone = point.counterpart.mean.interval(0.95)
        assert point.counterpart.low < alone[0] < alone[1] < point.counterpart.high
        assert point.counterpart.family == 4


def test_a_gain_that_the_placebo_has_too_pays_nowhere():
    labels = ("popularity", "ease", "pooled-ease", "pooled-ease~shuffled-bridge")
    results = made(labels=labels)
    runs = [
        replace(run, values=same.values) if run.cell.label.endswith("~shuffled-bridge") else run
        for run in results.by_fold
        for same in results.by_fold
        if same.cell.fold == run.cell.fold and same.cell.label == "pooled-ease"
    ]
    found = make_profile(suite(), replace(results, by_fold=tuple(runs)))
    assert found.paying == ()
    assert "No method is shown to pay" in profile_sentences(found)[0]


def test_without_placebos_two_gains_decide():
    found = make_profile(suite(placebo=False), made(labels=("popularity", "ease", "pooled-ease")))
    assert [str(level) for level in found.methods[0].paying] == ["0", "2"]
    assert found.methods[0].points[0].placebo is None


def test_under_no_gain_at_all_no_level_pays_and_what_could_be_seen_is_said():
    found = make_profile(suite(), made(dict.fromkeys(GAIN, 0.0)))
    assert found.paying == ()
    assert all(0 < level.visible < 0.1 for level in found.levels)
    assert "would have been found with a chance of 80 %" in profile_sentences(found)[0]


def test_the_sentence_names_the_range_with_its_interval_and_what_to_use_beyond(profile):
    said = profile_sentences(profile)[0]
    assert said.startswith("pooled-ease pays for users with fewer than ")
    assert said.endswith("target interactions (shown at 0, 2); beyond that use ease")


def test_the_text_fits_eighty_columns_and_other_forms_hold_the_same_numbers(profile):
    text = profiles_as_text([profile])
    assert max(map(len, text.splitlines())) <= 80
    table = json.loads(profiles_as_json([profile]))["profiles"][0]
    (method,) = table["methods"]
    assert method["pays"] == ["0", "2"]
    rows = profiles_as_csv([profile]).splitlines()
    assert len(rows) == 1 + 4 * 3
    first = dict(zip(rows[0].split(","), rows[1].split(","), strict=True))
    assert float(first["difference"]) == profile.methods[0].points[0].best_baseline.difference
    assert method["points"][0]["best_baseline"]["difference"] == profile.methods[0].points[0].best_baseline.difference


def test_results_of_another_protocol_are_no_profile():
    other = replace(made(), counts=replace(made().counts, protocol="k-fold:5"))
    with pytest.raises(TlbenchError, match="was not run as a profile"):
        make_profile(suite(), other)
    assert is_profile(suite())
    assert not is_profile(suite(protocol=None))
