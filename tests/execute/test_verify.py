"""Stored results are computed again and compared bit for bit; the environment says what they were made with."""

import json
import time

import polars as pl
import pytest

from tlbench.errors import TlbenchError
from tlbench.io.sums import sha256_of_file
from tlbench.pipeline import run_suite, verify_suite
from tlbench.store.files import read_json, write_json
from tlbench.suite import Settings


@pytest.fixture
def out(tmp_path, tiny_suite):
    run_suite(tiny_suite(seeds=2, placebo=True), tmp_path / "out")
    return tmp_path / "out"


def test_what_was_just_computed_agrees(out):
    checks = list(verify_suite(out, cells=100))
    assert len(checks) == 7
    assert all(check.agrees for check in checks)


def test_a_sample_has_the_size_that_was_asked_for_and_a_seed(out):
    samples = [[check.cell for check in verify_suite(out, cells=3, seed=seed)] for seed in (0, 0, 1)]
    assert [len(sample) for sample in samples] == [3, 3, 3]
    assert samples[0] == samples[1] != samples[2]


def test_one_flipped_bit_is_found(out):
    (path,) = out.rglob("tiny-noise/*/fold-1/seed-1.users.parquet")
    frame = pl.read_parquet(path)
    values = frame["ndcg@10"].to_numpy().copy()
    values.view("int64")[5] ^= 1
    frame.with_columns(pl.Series("ndcg@10", values)).write_parquet(path)
    with pytest.raises(TlbenchError, match="damaged"):
        list(verify_suite(out, cells=100))
    record = path.with_name("seed-1.json")
    write_json(record, {**read_json(record), "values_sha256": sha256_of_file(path)})  # as if it had been computed so
    wrong = [check for check in verify_suite(out, cells=100) if not check.agrees]
    assert [(check.cell.method, check.cell.seed) for check in wrong] == [("tiny-noise", 1)]
    assert "ndcg@10 differs for 1 of" in wrong[0].difference


def test_another_split_is_found(out):
    text = (out / "suite.toml").read_text()
    (out / "suite.toml").write_text(text.replace("split_seed = 0", "split_seed = 1"))
    assert all("the split is another one" in check.difference for check in verify_suite(out, cells=2))


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(TlbenchError, match="holds no results"):
        list(verify_suite(tmp_path, cells=1))


def test_the_environment_names_everything_that_can_move_a_number(out):
    table = json.loads((out / "environment.json").read_text())
    (environment,) = table["environments"].values()
    for name in ("numpy", "scipy", "numba", "llvmlite", "pandas", "polars", "statsmodels", "optuna"):
        assert environment["packages"][name]
    assert environment["linear_algebra"][0]["version"]
    assert set(environment["code"]) == {"sha256", "commit", "dirty"}
    assert environment["threads"] >= 1
    (split,) = out.glob("*/split.json")
    assert all(domain["sha256"] for domain in json.loads(split.read_text())["card"]["domains"])


def test_cells_of_another_environment_keep_its_name(out, tiny_suite):
    before = json.loads((out / "environment.json").read_text())["environments"]
    run_suite(tiny_suite(seeds=3, placebo=True), out, settings=Settings(threads=1, jobs=1, block_size=64))
    after = json.loads((out / "environment.json").read_text())["environments"]
    named = {json.loads(path.read_text())["environment"] for path in out.rglob("seed-*.time.json")}
    assert named == set(after) > set(before)


def test_a_clock_that_goes_backwards_changes_nothing(tmp_path, tiny_suite, monkeypatch):
    moments = iter(range(10**9, 0, -1000))
    monkeypatch.setattr(time, "time", lambda: float(next(moments)))
    monkeypatch.setattr(time, "time_ns", lambda: next(moments) * 10**9)
    suite = tiny_suite(seeds=2)
    assert not run_suite(suite, tmp_path / "one").failed
    assert not run_suite(suite, tmp_path / "one").failed
    monkeypatch.undo()
    run_suite(suite, tmp_path / "two")
    cells = [
        {p.relative_to(tmp_path / n).as_posix(): p.read_bytes() for p in (tmp_path / n).rglob("seed-*.users.parquet")}
        for n in ("one", "two")
    ]
    assert cells[0] == cells[1]
    assert len(cells[0]) == 5


def test_a_full_disk_stops_the_run_and_marks_no_cell(tmp_path, tiny_suite, monkeypatch):
    """Eighteen files fit, the next does not."""
    from tlbench.io import atomic as files

    real, written = files._write_through, []

    def filling(path, content):
        if len(written) == 18:
            raise OSError(28, "No space left on device")
        written.append(path)
        real(path, content)

    monkeypatch.setattr(files, "_write_through", filling)
    with pytest.raises(TlbenchError, match="No space left on device"):
        run_suite(tiny_suite(seeds=3), tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*.failed.json"))
    finished = len(list((tmp_path / "out").rglob("seed-?.json")))
    assert finished >= 2
    monkeypatch.undo()
    assert not run_suite(tiny_suite(seeds=3), tmp_path / "out").failed
