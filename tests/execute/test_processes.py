"""Several processes give the same bytes as one, share the data, and a bad cell costs itself only."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tlbench.execute.shared import read_shared, write_shared
from tlbench.pipeline import run_suite
from tlbench.suite import Settings
from tlbench.suite.settings import cores

CHOSEN = ("--baselines", "tiny-noise,tiny-broken,popularity", "--methods", "pooled-item-knn", "--seeds", "3")


def records(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("seed-*")
        if not path.name.endswith((".time.json", ".failed.json"))
    }


def reasons(folder):
    found = [json.loads(path.read_text()) for path in folder.rglob("*.failed.json")]
    return {f"{table['cell']['method']} {table['cell']['seed']}": table["reason"] for table in found}


def bases(array):
    """The arrays whose memory an array uses, outwards."""
    while array is not None:
        yield array
        array = getattr(array, "base", None)


def test_a_mapped_split_is_the_split(tmp_path, tiny_split):
    write_shared(tiny_split, tmp_path / "split")
    mapped = read_shared(tmp_path / "split")
    assert (mapped.digest, mapped.selection.digest) == (tiny_split.digest, tiny_split.selection.digest)
    for mine, theirs in (
        (mapped.training.target.matrix, tiny_split.training.target.matrix),
        (mapped.training.source.matrix, tiny_split.training.source.matrix),
        (mapped.selection.training.target.matrix, tiny_split.selection.training.target.matrix),
    ):
        assert (mine != theirs).nnz == 0
        assert any(isinstance(base, np.memmap) for base in bases(mine.data))
        assert type(mine.data) is np.ndarray
    assert (mapped.test != tiny_split.test).nnz == 0
    assert (mapped.selection.test != tiny_split.selection.test).nnz == 0
    assert mapped.scenario.target.users.to_list() == tiny_split.scenario.target.users.to_list()


@pytest.mark.parametrize(("jobs", "threads"), [(1, None), (2, None), (3, 8), (16, 2)])
def test_jobs_times_threads_are_as_many_as_cores(jobs, threads):
    each = Settings(jobs=jobs, threads=threads).threads_of_a_job
    assert each >= 1
    assert each == 1 or each * jobs <= (threads or cores())


def mistaken(tiny_suite, how):
    return tiny_suite(
        baselines=("tiny-noise", "tiny-broken", "popularity"), seeds=3, parameters={"tiny-broken": {"how": how}}
    )


def test_bad_cells_fail_alone_with_the_reason_and_can_be_retried_alone(tmp_path, tiny_suite, monkeypatch):
    """Then the cause is mended, and only what failed runs again."""
    suite = mistaken(tiny_suite, "memory")
    findings = run_suite(suite, tmp_path / "out")
    assert findings.failed
    assert set(reasons(tmp_path / "out")) == {f"tiny-broken {seed}" for seed in range(3)}
    assert all(reason.startswith("out of memory") for reason in reasons(tmp_path / "out").values())
    assert len(records(tmp_path / "out")) == 2 * (3 + 1 + 1 + 1)
    monkeypatch.setenv("TINY_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("TINY_MENDED", str(tmp_path))
    more = replace(suite, baselines=(*suite.baselines, "random"))
    assert not run_suite(more, tmp_path / "out", retry_failed=True).failed
    assert (tmp_path / "log").read_text().splitlines() == ["tiny-broken"] * 4  # the first seed also on validation
    assert reasons(tmp_path / "out") == {}
    assert not list((tmp_path / "out").rglob("random/*"))


def test_a_bug_in_a_method_is_kept_with_its_trace(tmp_path, tiny_suite):
    run_suite(replace(mistaken(tiny_suite, "error"), seeds=1), tmp_path / "out")
    (path,) = (tmp_path / "out").rglob("*.failed.json")
    table = json.loads(path.read_text())
    assert table["reason"] == "ZeroDivisionError: one by nought"
    assert "tiny_plugin.py" in table["trace"]


def test_a_cell_that_kills_its_process_is_marked_and_the_others_are_as_in_one_process(tmp_path, tiny_run, tiny_suite):
    process = tiny_run(*CHOSEN, "--seeds", "1", "--set", "tiny-broken.how='killed'", "--jobs", "2")
    stdout, stderr = process.communicate()
    assert process.returncode == 1, stderr
    assert "failed: tiny-broken seed 0" in stdout
    assert "a worker process died" in stderr
    assert "lack of memory" in reasons(tmp_path / "out")["tiny-broken 0"]
    assert not list((tmp_path / "out").glob(".scratch*"))
    run_suite(replace(mistaken(tiny_suite, "error"), seeds=1), tmp_path / "one")
    assert records(tmp_path / "out") == records(tmp_path / "one")
    assert len(records(tmp_path / "out")) == 2 * 4
