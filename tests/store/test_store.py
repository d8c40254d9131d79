"""Files are whole or absent, records are refused where they are not ours, and cells come back as they were."""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from tlbench.errors import TlbenchError
from tlbench.evaluation import Cell, RunResult
from tlbench.io.atomic import beside, sweep, write_whole
from tlbench.split.counts import FoldCounts, ScenarioCounts
from tlbench.store.contents import Plan
from tlbench.store.files import SCHEMA, Damaged, read_json, write_json
from tlbench.store.results import ResultsFolder

CELL = Cell("a->b", "ease", {"l2": 500.0}, 3)


def result(cell=CELL):
    index = pd.Index(["u2", "u1", "ü3"], name="user", dtype=object)
    values = pd.DataFrame({"ndcg@10": [0.1, 1 / 3, 0.0], "mrr@10": [1.0, 0.5, 0.25]}, index=index)
    return RunResult(cell, "digest", values, {"ndcg@10": 0.25, "mrr@10": 0.5}, 1, {"fit": 1.5, "score": 2.0})


@pytest.fixture
def folder(tmp_path):
    return ResultsFolder(tmp_path / "out")


def test_a_cell_comes_back_as_it_was_written(folder):
    folder.write_run(result(), "address")
    back = folder.read_run(CELL)
    pd.testing.assert_frame_equal(back.values, result().values)
    assert (back.cell, back.split_digest, back.validation) == (CELL, "digest", {"ndcg@10": 0.25, "mrr@10": 0.5})
    assert (back.cold_users, back.timing) == (1, {"fit": 1.5, "score": 2.0})


def test_the_same_cell_gives_the_same_bytes(tmp_path):
    contents = []
    for name in ("one", "two"):
        folder = ResultsFolder(tmp_path / name)
        folder.write_run(result(), "address")
        contents.append({path.name: path.read_bytes() for path in folder.root.rglob("*") if path.is_file()})
    assert contents[0] == contents[1]
    assert sorted(contents[0]) == ["seed-3.json", "seed-3.time.json", "seed-3.users.parquet"]


def test_only_a_cell_of_the_same_address_is_there(folder):
    assert not folder.has(CELL, "address")
    folder.write_run(result(), "address")
    assert folder.has(CELL, "address")
    assert not folder.has(CELL, "another address")
    assert not folder.has(Cell("a->b", "ease", {"l2": 501.0}, 3), "address")


@pytest.mark.parametrize("ending", [".json", ".users.parquet"])
@pytest.mark.parametrize("harm", ["missing", "cut", "empty", "altered"])
def test_a_cell_with_a_damaged_file_is_not_there(folder, ending, harm):
    folder.write_run(result(), "address")
    path = folder.cell_stem(CELL).with_suffix(ending)
    content = path.read_bytes()
    if harm == "missing":
        path.unlink()
    elif harm == "altered":
        path.write_bytes(content[:-9] + b"!" + content[-8:])
    else:
        path.write_bytes(content[: len(content) // 2] if harm == "cut" else b"")
    assert not folder.has(CELL, "address")


def test_a_record_of_another_schema_is_refused_with_a_hint(folder):
    folder.write_run(result(), "address")
    path = folder.cell_stem(CELL).with_suffix(".json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 99}))
    with pytest.raises(TlbenchError, match="schema 99") as caught:
        folder.has(CELL, "address")
    assert "another folder" in caught.value.hint


def test_a_failure_is_kept_and_a_later_success_removes_it(folder):
    folder.write_failure(CELL, "out of memory")
    assert folder.failure(CELL) == "out of memory"
    folder.write_run(result(), "address")
    assert folder.failure(CELL) is None


def test_no_path_holds_a_character_that_windows_refuses(folder):
    folder.write_run(result(Cell("a+c@1/d->b", "pooled-ease", {}, 0, "shuffled-bridge")), "address")
    parts = {part for path in folder.root.rglob("*") for part in path.relative_to(folder.root).parts}
    assert not [part for part in parts if set(part) & set('<>:"|?*\\')]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TlbenchError, match=r"cannot write `.*file/x\.json`") as caught:
        write_json(tmp_path / "file" / "x.json", {})
    assert "--out" in caught.value.hint


def test_a_full_disk_keeps_what_was_there_and_leaves_no_rest(tmp_path, monkeypatch):
    path = tmp_path / "x.json"
    write_json(path, {"old": 1})

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TlbenchError, match="No space left on device") as caught:
        write_json(path, {"new": 1})
    assert "make room" in caught.value.hint
    assert read_json(path) == {"schema": SCHEMA, "old": 1}
    assert [found.name for found in tmp_path.iterdir()] == ["x.json"]


def test_what_is_not_json_is_damaged(tmp_path):
    (tmp_path / "x.json").write_text('{"schema": 1, "a"')
    with pytest.raises(Damaged, match="is damaged"):
        read_json(tmp_path / "x.json")


def test_a_number_that_json_cannot_hold_is_refused(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"mean": float("nan")})


def test_sweeping_removes_rests_of_dead_processes_only(tmp_path):
    code = (
        "import sys, pathlib; from tlbench.io.atomic import beside;"
        "beside(pathlib.Path(sys.argv[1]) / 'x.json').write_text('rest')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True)
    assert len(list(tmp_path.iterdir())) == 1
    mine = beside(tmp_path / "y.json")
    mine.write_text("being written")
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [mine]


def test_a_kill_between_any_two_writes_leaves_the_cell_whole_or_absent(tmp_path, monkeypatch):
    """Stop before the n-th write for every n: `has` is true only where all files were written."""
    from tlbench.store import results

    for allowed in range(4):
        folder = ResultsFolder(tmp_path / str(allowed))
        count = 0

        def dying(path, content, allowed=allowed):
            nonlocal count
            count += 1
            if count > allowed:
                raise KeyboardInterrupt
            write_whole(path, content)

        monkeypatch.setattr(results, "write_whole", dying)
        monkeypatch.setattr("tlbench.store.files.write_whole", dying)
        if allowed < 3:
            with pytest.raises(KeyboardInterrupt):
                folder.write_run(result(), "address")
        else:
            folder.write_run(result(), "address")
        assert folder.has(CELL, "address") == (allowed == 3)


def test_values_are_kept_to_the_last_bit(folder):
    values = np.random.default_rng(0).random(1000)
    index = pd.Index([f"u{i}" for i in range(1000)], name="user", dtype=object)
    folder.write_run(RunResult(CELL, "d", pd.DataFrame({"ndcg@10": values}, index=index), {}, 0), "address")
    assert folder.read_run(CELL).values["ndcg@10"].to_numpy().tobytes() == values.tobytes()


def counts(scenario):
    fold = FoldCounts(1, "digest", 10, 3, 3)
    return ScenarioCounts(scenario, "ratio", "digest", (), 3, 0, 3, 0, 3, False, folds=(fold,))


def test_folder_of_another_scenario_is_not_believed(tmp_path):
    """Once, `x--y->z` and `x->y--z` shared a folder, and both reported the numbers of the second."""
    folder = ResultsFolder(tmp_path)
    folder.write_plan(Plan(counts("x->y--z"), (), {}), "inputs")
    for name in ("x->y--z", "x--y->z"):
        assert folder.scenario(name).parent == tmp_path
    with pytest.raises(TlbenchError, match="does not exist"):
        folder.read_scenario("x--y->z")
    folder.scenario("x->y--z").rename(folder.scenario("x--y->z"))
    with pytest.raises(TlbenchError, match="it belongs to `x->y--z`"):
        folder.read_scenario("x--y->z")


def test_folder_of_the_former_naming_is_refused_with_its_new_name(tmp_path):
    folder = ResultsFolder(tmp_path)
    folder.write_plan(Plan(counts("a/b->c"), (), {}), "inputs")
    now = folder.scenario("a/b->c")
    now.rename(tmp_path / "a.b--c")
    with pytest.raises(TlbenchError, match="older version") as caught:
        folder.read_scenario("a/b->c")
    assert now.name in caught.value.hint
