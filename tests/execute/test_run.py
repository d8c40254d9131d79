"""A run keeps what is finished, repeats nothing, and says what failed; tried with real processes where it matters."""

import os
import signal
import time
from dataclasses import replace

import pytest

from tlbench.pipeline import forecast_suite, run_suite


def files(folder, *, without=()):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(tuple(without))
    }


def fits(log):
    return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def log(tmp_path, monkeypatch):
    path = tmp_path / "log"
    monkeypatch.setenv("TINY_LOG", str(path))
    return path


def test_a_second_run_fits_nothing_and_changes_no_cell(tmp_path, tiny_suite, log):
    suite = tiny_suite(seeds=2)
    run_suite(suite, tmp_path / "out")
    before = files(tmp_path / "out")
    run_suite(suite, tmp_path / "out")
    assert len(fits(log)) == 3
    assert files(tmp_path / "out") == before


def test_more_seeds_add_cells_and_repeat_none(tmp_path, tiny_suite, log):
    run_suite(tiny_suite(seeds=1), tmp_path / "out")
    findings = run_suite(tiny_suite(seeds=3), tmp_path / "out")
    assert len(fits(log)) == 4
    assert {summary.method: summary.seeds for summary in findings.scenarios[0].methods}["tiny-noise"] == 3


@pytest.mark.parametrize(
    "change",
    [{"metrics": ("ndcg@5",)}, {"split_seed": 1}, {"parameters": {"tiny-noise": {"seconds": 0.001}}}, {"k_core": 9}],
    ids=["metrics", "split", "parameters", "filters"],
)
def test_whatever_matters_runs_the_cell_again(tmp_path, tiny_suite, log, change):
    run_suite(tiny_suite(), tmp_path / "out")
    run_suite(replace(tiny_suite(), **change), tmp_path / "out")
    assert len(fits(log)) == 4


def test_judging_otherwise_runs_nothing_again(tmp_path, tiny_suite, log):
    run_suite(tiny_suite(), tmp_path / "out")
    run_suite(replace(tiny_suite(), margin=0.05, alpha=0.01, correction="bonferroni"), tmp_path / "out")
    assert len(fits(log)) == 2


def test_a_forecast_runs_and_writes_nothing(tmp_path, tiny_suite, log):
    (forecast,) = forecast_suite(tiny_suite(seeds=2), tmp_path / "out")
    assert (forecast.cells, forecast.done) == (5, 0)
    assert fits(log) == []
    assert not (tmp_path / "out").exists()


def test_a_forecast_knows_what_is_done_and_how_long_it_took(tmp_path, tiny_suite):
    run_suite(tiny_suite(seeds=1, parameters={"tiny-noise": {"seconds": 0.3}}), tmp_path / "out")
    (forecast,) = forecast_suite(tiny_suite(seeds=3, parameters={"tiny-noise": {"seconds": 0.3}}), tmp_path / "out")
    row = {row.label: row for row in forecast.rows}["tiny-noise"]
    assert (row.cells, row.done, row.measured) == (3, 1, True)
    assert 0.6 <= row.seconds_left == forecast.seconds_left < 20


def test_the_command_line_prints_the_forecast_on_stdout(tiny_run, tmp_path):
    process = tiny_run("--baselines", "tiny-noise", "--methods", "pooled-item-knn", "--seeds", "2", "--dry-run")
    stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    assert "tiny-a->tiny-b: 4 cells over 1 fold, 0 cells done" in stdout
    assert "pooled-item-knn~shuffled-bridge           <=2     0" in stdout
    assert "4 cells to run: about" in stdout
    assert "MiB" in stdout
    assert not (tmp_path / "out").exists()


def test_a_forecast_of_tuning_lists_every_trial_and_cell_that_then_run(tiny_suite, tmp_path):
    suite = tiny_suite(baselines=("tiny-tuned", "popularity"), tune=3, protocol="k-fold:3", placebo=True)
    (before,) = forecast_suite(suite, tmp_path / "out")
    rows = {row.label: row for row in before.rows}
    assert (rows["popularity"].cells, rows["popularity"].trials) == (3, 0)
    assert (rows["tiny-tuned"].cells, rows["tiny-tuned"].trials) == (3, 9)
    assert rows["pooled-item-knn~shuffled-bridge"].trials == 9
    run_suite(suite, tmp_path / "out")
    made = [*(tmp_path / "out").glob("*/*/*/fold-*/seed-?.json")]
    tried = [path for path in (tmp_path / "out").glob("*/*/tuning/*/trial-*.json") if ".time" not in path.name]
    assert (len(made), len(tried)) == (before.cells, before.trials)
    (after,) = forecast_suite(suite, tmp_path / "out")
    assert (after.done, after.tried) == (before.cells, before.trials)
    assert after.seconds_left == 0


def test_a_placebo_that_nobody_asks_yet_is_not_counted_but_costs_what_its_method_costs(tiny_suite, tmp_path):
    (forecast,) = forecast_suite(tiny_suite(seeds=2), tmp_path / "out")
    rows = {row.label: row for row in forecast.rows}
    placebo, method = rows["pooled-item-knn~shuffled-bridge"], rows["pooled-item-knn"]
    assert not placebo.asked
    assert placebo.seconds == method.seconds
    assert forecast.cells == sum(row.cells for row in forecast.rows if row is not placebo)
    assert forecast.most_seconds_left == pytest.approx(forecast.seconds_left + placebo.seconds_left)


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def test_ctrl_c_exits_130_and_finished_cells_are_used_by_the_next_run(tiny_run, tmp_path):
    chosen = ("--baselines", "tiny-noise", "--methods", "pooled-item-knn", "--seeds", "6")
    slow = (*chosen, "--set", "tiny-noise.seconds=0.4")
    log = tmp_path / "log"
    process = tiny_run(*slow, TINY_LOG=str(log))
    wait_for(lambda: len(list(tmp_path.glob("out/*/tiny-noise/*/fold-1/seed-?.json"))) >= 2)
    os.kill(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert "finished cells are kept" in stderr
    assert "Traceback" not in stderr
    finished = len(list(tmp_path.glob("out/*/tiny-noise/*/fold-1/seed-?.json")))
    assert 2 <= finished < 6
    assert not list(tmp_path.glob("out/**/*.part"))
    started = len(fits(log))
    process = tiny_run(*slow, TINY_LOG=str(log))
    stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    assert "tiny-noise" in stdout
    assert len(fits(log)) - started == 6 - finished
