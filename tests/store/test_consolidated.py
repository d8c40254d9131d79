"""What lies together gives the same as the cells one by one, and never stands for a cell that is another one."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlbench.evaluation import Cell, RunResult
from tlbench.split.counts import FoldCounts, ScenarioCounts
from tlbench.store import consolidated
from tlbench.store.consolidated import INDEX, TIMES, VALUES
from tlbench.store.contents import Plan
from tlbench.store.files import Damaged
from tlbench.store.folds import _Join, average
from tlbench.store.results import ResultsFolder
from tlbench.suite import read_request

NAME = "demo-movies->demo-books"
CELLS = tuple(
    Cell(NAME, method, {"x": 1}, seed, None, fold) for fold in (1, 2) for method in ("ease", "ials") for seed in (0, 1)
)


def result(cell, *, shift=0.0):
    users = [f"u{i}" for i in range(cell.fold, cell.fold + 4)]
    draw = np.random.default_rng([cell.fold, cell.seed, len(cell.method)])
    values = pd.DataFrame(draw.random((4, 2)) + shift, columns=["ndcg@10", "mrr@10"])
    values.index = pd.Index(users, name="user", dtype=object)
    return RunResult(cell, "digest", values, {"ndcg@10": 0.5}, 1, {"fit": 0.25})


@pytest.fixture
def folder(tmp_path):
    folds = tuple(FoldCounts(fold, "digest", 10, 4, 4) for fold in (1, 2))
    made = ResultsFolder(tmp_path)
    made.write_suite(read_request(None, {"scenarios": [NAME]}).suite, {})
    made.write_plan(
        Plan(ScenarioCounts(NAME, "k-fold", "digest", (), 5, 0, 5, 0, 5, False, folds), CELLS, {}), "inputs"
    )
    for cell in CELLS:
        made.write_run(result(cell), "address")
    return made


def assert_same(one, other):
    for name in ("runs", "by_fold"):
        for left, right in zip(getattr(one, name), getattr(other, name), strict=True):
            pd.testing.assert_frame_equal(left.values, right.values, check_exact=True)
            bare = [replace(run, values=None) for run in (left, right)]
            assert vars(bare[0]) == vars(bare[1])


def count_of_singles(monkeypatch):
    """Count cells whose values are read from files of their own."""
    from tlbench.store import results

    read = []
    original = results.read_values
    monkeypatch.setattr(results, "read_values", lambda path, *more: (read.append(path), original(path, *more))[1])
    return read


def test_cells_together_are_the_cells(folder, monkeypatch):
    alone = folder.read_populations(NAME, consolidate=True)[0]
    read = count_of_singles(monkeypatch)
    assert_same(folder.read_populations(NAME)[0], alone)
    assert not read
    assert len(alone.runs) == 4
    assert len(alone.by_fold) == 8


def test_cell_that_was_renewed_counts_from_its_own_file(folder, monkeypatch):
    folder.read_populations(NAME, consolidate=True)[0]
    folder.write_run(result(CELLS[3], shift=1.0), "address")
    read = count_of_singles(monkeypatch)
    found = folder.read_populations(NAME)[0]
    assert [path.parent.parent.parent.name for path in read] == ["ials"]
    pd.testing.assert_frame_equal(found.by_fold[3].values, result(CELLS[3], shift=1.0).values)
    assert folder.has(CELLS[3], "address")
    folder.read_populations(NAME, consolidate=True)[0]
    read.clear()
    assert_same(folder.read_populations(NAME)[0], found)
    assert not read


@pytest.mark.parametrize("ending", [".json", ".users.parquet", ".time.json"])
def test_damaged_cell_is_refused_although_it_lies_together_too(folder, ending):
    folder.read_populations(NAME, consolidate=True)[0]
    path = folder.cell_stem(CELLS[0]).with_suffix(ending)
    path.write_bytes(path.read_bytes()[:-2] + b"!!")
    assert not folder.has(CELLS[0], "address")
    with pytest.raises(Damaged, match=path.name):
        folder.read_populations(NAME)[0]


@pytest.mark.parametrize("name", [INDEX, TIMES, VALUES])
@pytest.mark.parametrize("harm", ["cut", "empty", "gone", "tripled"])
def test_harm_to_what_lies_together_moves_nothing(folder, name, harm):
    alone = folder.read_populations(NAME, consolidate=True)[0]
    path = folder.scenario(NAME) / name
    content = path.read_bytes()
    if harm == "gone":
        path.unlink()
    elif harm == "tripled":
        path.write_bytes(content.replace(b"0", b"3"))
    else:
        path.write_bytes(content[: len(content) // 2] if harm == "cut" else b"")
    assert_same(folder.read_populations(NAME, consolidate=True)[0], alone)
    assert path.read_bytes() == content


def test_address_decides_whether_a_cell_is_there(folder):
    folder.read_populations(NAME, consolidate=True)[0]
    assert consolidated.read_consolidated(folder.scenario(NAME)) is not None
    assert folder.has(CELLS[0], "address")
    assert not folder.has(CELLS[0], "another")


users = st.lists(st.sampled_from([f"u{i}" for i in range(9)]), min_size=1, unique=True)
numbers = st.floats(-1e6, 1e6) | st.just(float("nan"))


@settings(deadline=None)
@given(st.lists(users, min_size=1, max_size=4), st.data())
def test_folds_are_averaged_as_pandas_would_to_the_last_bit(lists, data):
    tables = []
    for ids in lists:
        values = data.draw(st.lists(st.tuples(numbers, numbers), min_size=len(ids), max_size=len(ids)))
        index = pd.Index(ids, name="user", dtype=object)
        tables.append(pd.DataFrame(values, columns=["a", "b"], index=index, dtype=np.float64))
    join = _Join()
    for _ in range(2):
        pd.testing.assert_frame_equal(join.average(tables), average(tables), check_exact=True)


def test_what_lies_together_is_the_same_each_time(folder):
    folder.read_populations(NAME, consolidate=True)
    before = [(folder.scenario(NAME) / name).read_bytes() for name in (INDEX, VALUES)]
    for cell in CELLS:
        folder.write_run(replace(result(cell), timing={"fit": 9.0}), "address")
    folder.read_populations(NAME, consolidate=True)
    assert [(folder.scenario(NAME) / name).read_bytes() for name in (INDEX, VALUES)] == before
