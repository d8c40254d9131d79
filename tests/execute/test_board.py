"""What the display says of a suite follows from the events of its cells."""

import io
import json

import pytest
from rich.console import Console, Group

from tlbench.cli.board import Board
from tlbench.cli.live import live_board
from tlbench.cli.progress import LineProgress
from tlbench.execute.executor import Announcer
from tlbench.pipeline import run_suite
from tlbench.progress import CellEvent


def event(method, seed, state, seconds=0.0):
    return CellEvent("a->b", method, f"seed {seed}", state, seconds)


def test_cells_are_counted_by_state():
    board = Board()
    for seed, state in enumerate(["waiting", "reused", "running", "done", "failed", "waiting"]):
        board.take(event("ease", seed, state, 2.0))
    assert (board.steps(), board.steps("done", "reused", "failed")) == (6, 3)
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


def test_a_search_counts_for_its_trials_and_scenarios_to_come_for_the_others():
    board = Board(scenarios=3)
    board.take(CellEvent("a->b", "ease", "tuning", "running", steps=20))
    board.take(event("ease", 0, "waiting"))
    assert board.expected == 3 * 21
    assert board.line().startswith("0 of 21 cells and trials, 1 running")
    board.take(CellEvent("c->d", "ease", "seed 0", "done"))
    assert board.expected == round(22 * 3 / 2)


def drawn(width, *, scenario="amazon-grocery-overlap+amazon-beauty-overlap->amazon-electronics-overlap"):
    """The board in the middle of a run with two jobs, as lines."""
    console = Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None)
    methods = ["pooled-item-knn~shuffled-bridge", "instance-weighted", "ease", "ials"]
    with live_board(Board(2), console) as board:
        for method in methods:
            board.cell(CellEvent(scenario, method, "seed 0 fold 5", "waiting"))
        board.cell(CellEvent(scenario, "slim", "seed 0 fold 5", "reused"))
        board.cell(CellEvent(scenario, "ease", "seed 0 fold 5", "running"))
        board.cell(CellEvent(scenario, "ease", "seed 0 fold 5", "failed"))
        for method in methods[:2]:
            board.cell(CellEvent(scenario, method, "seed 0 fold 5", "running"))
        return lines(Group(board._whole, board._parts), width)


def lines(shown, width):
    """What is shown now, on a terminal of that width."""
    paper = Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None)
    paper.print(shown)
    return [line.rstrip() for line in paper.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [80, 100])
def test_the_board_holds_at_any_width_one_bar_and_a_line_per_job(width):
    whole, *parts = drawn(width)
    assert "suite" in whole
    assert whole.count("━") == 20 // 4
    assert "1/4" in whole
    assert "left" in whole
    assert "1 reused, 1 failed" in whole
    assert len(parts) == 2
    assert all(line.count("━") == 10 for line in parts)
    assert all(len(line) <= width for line in (whole, *parts))


def test_steps_of_a_cell_move_its_line_and_add_none():
    console = Console(width=80, file=io.StringIO(), force_terminal=True, color_system=None)
    with live_board(Board(), console) as board:
        board.cell(event("ials", 0, "running"))
        for step in board.track(range(4), "alternating least squares"):
            if step == 2:
                (line,) = lines(board._parts, 80)
    assert "ials seed 0, a->b" in line
    assert "2/4" in line


def test_no_more_is_told_to_run_than_there_are_jobs():
    told = []
    announcer = Announcer(2, told.append)
    for task in "abc":
        announcer.began(task)
    assert told == ["a", "b"]
    announcer.ended()
    assert told == ["a", "b", "c"]
    announcer.ended()
    announcer.began("d")
    assert told == ["a", "b", "c", "d"]


def test_logs_have_no_lines_for_the_steps_of_a_cell(monkeypatch, capsys):
    monkeypatch.setattr("tlbench.cli.progress._SECONDS_BETWEEN_LINES", -1.0)
    progress = LineProgress(Board())
    progress.cell(event("ials", 0, "running"))
    assert list(progress.track(range(3), "alternating least squares")) == [0, 1, 2]
    assert capsys.readouterr().err == ""
    progress.cell(event("ials", 0, "done", 1.0))
    assert capsys.readouterr().err == "1 of 1 cells\n"
    assert list(progress.track(range(2), "fetching ratings.csv")) == [0, 1]
    assert "fetching ratings.csv: 2 of 2" in capsys.readouterr().err


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
