"""What the display says of a suite follows from the events of its cells."""

import json

import pytest

from tlbench.cli.board import Board
from tlbench.pipeline import run_suite
from tlbench.progress import CellEvent


def event(method, seed, state, seconds=0.0):
    return CellEvent("a->b", method, f"seed {seed}", state, seconds)


def test_cells_are_counted_by_state():
    board = Board()
    for seed, state in enumerate(["waiting", "reused", "running", "done", "failed", "waiting"]):
        board.take(event("ease", seed, state, 2.0))
    assert (board.total, board.ended) == (6, 3)
    assert board.line().startswith("3 of 6 cells, 1 running, 1 reused, 1 failed, a->b ease")


def test_nothing_is_estimated_before_a_cell_is_finished():
    board = Board()
    board.take(event("ease", 0, "waiting"))
    assert board.seconds_left() is None


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_time_left_comes_from_finished_cells_of_the_same_method(jobs):
    board = Board(jobs)
    board.take(event("ease", 0, "done", 10.0))
    board.take(event("ials", 0, "done", 2.0))
    for seed in (1, 2):
        board.take(event("ease", seed, "waiting"))
    board.take(event("unknown", 0, "waiting"))
    assert board.seconds_left() == (10 + 10 + 6) / jobs


def test_a_run_tells_what_became_of_every_cell(tmp_path, tiny_suite):
    class Listener:
        def __init__(self):
            self.events = []

        def track(self, steps, label, *, total=None):
            return iter(steps)

        def say(self, message):
            pass

        def cell(self, event):
            self.events.append((event.method, event.name, event.state))

    suite = tiny_suite(baselines=("tiny-broken", "popularity"))
    first, second = Listener(), Listener()
    run_suite(suite, tmp_path / "out", progress=first)
    run_suite(suite, tmp_path / "out", progress=second)
    of_broken = [state for method, _, state in first.events if method == "tiny-broken"]
    assert of_broken == ["waiting", "running", "failed"]
    assert [state for method, _, state in first.events if method == "popularity"] == ["waiting", "running", "done"]
    assert ("popularity", "seed 0 fold 1", "reused") in second.events
    assert ("popularity", "seed 0 fold 1", "running") not in second.events


def test_json_progress_is_one_object_a_line_and_quiet_says_nothing(tiny_run):
    chosen = ("--baselines", "popularity", "--methods", "pooled-item-knn")
    process = tiny_run(*chosen, "--json-progress")
    _, stderr = process.communicate()
    events = [json.loads(line) for line in stderr.splitlines()]
    assert {event["event"] for event in events} == {"cell"}
    assert {event["scenario"] for event in events} == {"tiny-a->tiny-b"}
    states = [event["state"] for event in events if event["event"] == "cell" and event["method"] == "popularity"]
    assert states == ["waiting", "running", "done"]
    process = tiny_run(*chosen, "--quiet")
    assert process.communicate()[1] == ""
