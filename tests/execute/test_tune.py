"""Tuning: the same budget for everybody, validation only, the same trials however often it was interrupted."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from tlbench.evaluation import Cell, evaluate
from tlbench.execute.tasks import SearchTask, Tools
from tlbench.pipeline import run_suite
from tlbench.registry import METHODS, Choice, IntRange, LogRange, MethodEntry, Range
from tlbench.rng import stream
from tlbench.store.results import ResultsFolder
from tlbench.tune import PATIENCE, SEED, Budget, Search, Trial, Tuning, at_edges, tune

METRIC = "ndcg@10"


def search_of(name, placebo=None, **fixed):
    return Search(METHODS.get(name), placebo, METRIC, fixed)


def without_seconds(tuning):
    return [replace(trial, seconds=0.0) for trial in tuning.trials]


@pytest.fixture(scope="module")
def tuned(tiny_split):
    return tune(tiny_split.selection, search_of("tiny-tuned"), Budget(25))


def test_a_plain_search_over_the_defaults_and_what_follows_finds_popularity(tuned):
    """`share` 1 is popularity alone, which beats noise."""
    assert len(tuned.trials) == 25
    assert tuned.trials[0].parameters == {"share": 0.5, "scale": 1.0, "rounds": 3, "kind": "a"}
    assert tuned.best.parameters["share"] > 0.9
    assert tuned.best.value == max(trial.value for trial in tuned.trials)


def test_a_trial_is_worth_what_evaluation_says_on_validation(tiny_split, tuned):
    trial = tuned.trials[7]
    cell = Cell("tiny-a->tiny-b", "tiny-tuned", trial.parameters, SEED)
    result = evaluate(tiny_split.selection, cell, entry=METHODS.get("tiny-tuned"), metrics=(METRIC,))
    assert trial.value == result.values[METRIC].mean()


@pytest.mark.parametrize("stop", [0, 1, 9, 10, 17])
def test_an_interrupted_search_goes_on_as_if_nothing_had_happened(tiny_split, tuned, stop):
    went_on = tune(tiny_split.selection, search_of("tiny-tuned"), Budget(25), known=tuned.trials[:stop])
    assert without_seconds(went_on) == without_seconds(tuned)


def test_a_smaller_budget_is_the_beginning_of_a_larger_one(tiny_split, tuned):
    assert (
        without_seconds(tune(tiny_split.selection, search_of("tiny-tuned"), Budget(12))) == without_seconds(tuned)[:12]
    )


def test_what_the_user_chose_is_not_searched(tiny_split):
    tuning = tune(tiny_split.selection, search_of("tiny-tuned", share=0.25), Budget(6))
    assert {trial.parameters["share"] for trial in tuning.trials} == {0.25}
    assert all("share" not in trial.drawn for trial in tuning.trials)


def test_every_value_lies_in_the_space(tuned):
    for trial in tuned.trials:
        assert 0 <= trial.parameters["share"] <= 1
        assert 1e-3 <= trial.parameters["scale"] <= 1e3
        assert trial.parameters["rounds"] in range(1, 10)
        assert trial.parameters["kind"] in ("a", "b")


# --- what is held out for test ------------------------------------------------------------------------------------


class Untouchable:
    """Any look at it fails."""

    def __getattribute__(self, name):
        raise AssertionError(f"the test part was looked at: {name}")


@pytest.mark.parametrize("name", ["tiny-tuned", "ials", "pooled-item-knn"])
def test_the_test_part_is_not_even_read(tiny_split, tmp_path, name):
    hidden = replace(tiny_split)
    vars(hidden).update(test=Untouchable(), users=Untouchable())
    task = SearchTask("tiny-a->tiny-b", name, METRIC, (), Budget(3), "0" * 64)
    tools = Tools(ResultsFolder(tmp_path), (METRIC,))
    task.run(hidden, tools)
    assert [trial.state for trial in task.tuning(tools).trials] == ["complete"] * 3


def test_what_is_tuned_on_knows_nothing_of_what_is_tested(tiny_split):
    chosen_on = tiny_split.selection
    assert chosen_on.selection is None
    for known in (chosen_on.training.target.matrix, chosen_on.test):
        assert known.multiply(tiny_split.test > 0).nnz == 0


# --- budget -------------------------------------------------------------------------------------------------------


def test_baselines_transfer_methods_and_placebos_get_the_same_number_of_trials(tmp_path, tiny_suite):
    suite = tiny_suite(baselines=("tiny-tuned", "ease"), methods=("pooled-item-knn",), placebo=True, tune=4)
    findings = run_suite(suite, tmp_path / "out")
    table = pl.read_parquet(tmp_path / "out" / "tiny-a--tiny-b" / "tuning.parquet")
    labels = table.with_columns(pl.col("placebo").fill_null("")).group_by("method", "placebo").len()
    assert set(labels["len"]) == {4}
    assert set(labels.select("method", "placebo").iter_rows()) == {
        ("tiny-tuned", ""),
        ("ease", ""),
        ("item-knn", ""),
        ("pooled-item-knn", ""),
        ("pooled-item-knn", "shuffled-bridge"),
    }
    assert not findings.failed


def test_the_best_parameters_are_those_that_are_judged(tmp_path, tiny_suite):
    suite = tiny_suite(baselines=("tiny-tuned",), seeds=2, tune=5)
    run_suite(suite, tmp_path / "out")
    from tlbench.store.results import ResultsFolder

    found = ResultsFolder(tmp_path / "out").read_scenario("tiny-a->tiny-b")
    best = {tuning.label: tuning.best.parameters for tuning in found.tunings}
    assert [run.cell.parameters for run in found.of("tiny-tuned")] == [best["tiny-tuned"]] * 2
    assert found.of("pooled-item-knn")[0].cell.parameters == best["pooled-item-knn"]


def test_time_ends_a_search_and_none_starts_after_it(tiny_split):
    tuning = tune(tiny_split.selection, search_of("tiny-tuned"), Budget(10_000, seconds=0.3))
    assert 1 <= len(tuning.trials) < 10_000
    assert tuning.finished
    assert sum(trial.seconds for trial in tuning.trials[:-1]) < 0.3


def test_a_trial_that_fails_costs_one_of_the_budget(tiny_split):
    entry = replace(METHODS.get("tiny-tuned"), build=Picky)
    tuning = tune(tiny_split.selection, Search(entry, None, METRIC), Budget(12))
    states = {trial.parameters["kind"]: trial.state for trial in tuning.trials}
    assert states == {"a": "complete", "b": "failed"}
    assert len(tuning.trials) == 12
    assert tuning.best.parameters["kind"] == "a"
    assert "kind b" in next(trial.reason for trial in tuning.trials if trial.state == "failed")


# --- iterative methods --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Picky:
    """Fails for one kind."""

    share: float = 0.5
    scale: float = 1.0
    rounds: int = 3
    kind: str = "a"

    def fit(self, data, rng, *, progress=None):
        if self.kind == "b":
            raise ValueError("kind b")
        return METHODS.get("tiny-tuned").build(share=self.share).fit(data, rng)


class Fixed:
    def __init__(self, scores):
        self.scores = scores

    def __call__(self, users):
        return self.scores[users]


@dataclass(frozen=True)
class Rising:
    """Scores that near the truth until the epoch `peak` and leave it afterwards."""

    rounds: int = 40
    peak: int = 7
    quality: float = 1.0

    epochs_field: ClassVar[str] = "rounds"
    truth: ClassVar[sparse.csr_matrix]

    def stages(self, data, rng, *, progress=None):
        truth = self.truth.toarray() > 0
        noise = rng.standard_normal(truth.shape)
        for epoch in range(1, self.rounds + 1):
            weight = self.quality * (10 - abs(epoch - self.peak))
            yield Fixed((noise + weight * truth).astype(np.float32))

    def fit(self, data, rng, *, progress=None):
        *_, last = self.stages(data, rng)
        return last


def rising(split, **space):
    space = {"rounds": IntRange(1, 40), **space}
    build = type("Rising", (Rising,), {"truth": split.test})
    entry = MethodEntry("rising", build, "baseline", (), None, None, False, "none", space)
    return Search(entry, None, "ndcg@20")


def test_early_stopping_takes_the_best_epoch_and_does_not_search_it(tiny_split):
    (trial,) = tune(tiny_split.selection, rising(tiny_split.selection), Budget(1)).trials
    best = int(np.argmax(trial.epochs)) + 1
    assert trial.parameters["rounds"] == best <= 7
    assert len(trial.epochs) == best + PATIENCE < 40
    assert trial.value == max(trial.epochs)
    assert "rounds" not in trial.drawn


def test_hopeless_trials_are_pruned_and_count(tiny_split):
    tuning = tune(tiny_split.selection, rising(tiny_split.selection, quality=Range(0.0, 1.0)), Budget(25))
    states = [trial.state for trial in tuning.trials]
    assert len(states) == 25
    assert "pruned" in states
    assert tuning.best.state == "complete"


def test_stages_of_ials_are_its_fits(tiny_split):
    entry = METHODS.get("ials")
    users = np.arange(tiny_split.training.n_users)
    recommender = entry.build(iterations=4, factors=16)
    staged = [s(users) for s in recommender.stages(tiny_split.training, stream(0, "x"))]
    for epochs, scores in enumerate(staged, 1):
        alone = entry.build(iterations=epochs, factors=16).fit(tiny_split.training, stream(0, "x"))(users)
        assert scores.tobytes() == alone.tobytes()
    assert len(staged) == 4


# --- what is said of it -------------------------------------------------------------------------------------------


def tuning_with(parameters, values=(1.0,)):
    trials = tuple(
        Trial(number, parameters, dict(parameters), "complete", value) for number, value in enumerate(values)
    )
    return Tuning("m", None, Budget(len(values)), trials)


@pytest.mark.parametrize(
    ("dimension", "inside", "edges"),
    [
        (Range(0, 1), (0.02, 0.5, 0.98), (0.0, 0.009, 0.995, 1.0)),
        (LogRange(1e-3, 1e3), (1e-2, 1.0, 800.0), (1e-3, 1.1e-3, 900.0, 1e3)),
        (IntRange(5, 30), (6, 29), (5, 30)),
        (Choice((16, 32, 64)), (32,), (16, 64)),
        (Choice(("a", "b", "c")), ("a", "c"), ()),
        (Choice((False, True)), (False, True), ()),
    ],
)
def test_the_edge_of_a_space_is_told(dimension, inside, edges):
    entry = MethodEntry("m", dict, "baseline", (), None, None, True, "none", {"x": dimension})
    assert [value for value in inside if at_edges(tuning_with({"x": value}), entry)] == []
    assert [value for value in edges if not at_edges(tuning_with({"x": value}), entry)] == []


def test_a_flat_optimum_has_many_trials_near_the_best():
    assert tuning_with({}, (0.5, 0.496, 0.494, 0.3)).near_best == 2
