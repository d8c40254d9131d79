"""What is held out is not in the memory of the process that fits, where cells run in processes."""

from pathlib import Path

import pytest

from tlbench.errors import TlbenchError
from tlbench.execute.shared import read_shared, write_shared
from tlbench.pipeline import read_findings, run_suite
from tlbench.plugins import register_file
from tlbench.split.withheld import fitting
from tlbench.suite import Settings

HOSTILE = Path(__file__).with_name("hostile_plugin.py")
PLUGINS = (Path(__file__).with_name("tiny_plugin.py"), HOSTILE)


@pytest.mark.parametrize("protocol", ["ratio", "k-fold:3"])
def test_method_that_looks_through_its_process_finds_nothing(tmp_path, tiny_suite, protocol):
    register_file(HOSTILE)
    suite = tiny_suite(baselines=("looks-around", "popularity"), methods=(), seeds=1, protocol=protocol)
    means = {}
    for jobs in (1, 2):
        out = tmp_path / str(jobs)
        run_suite(suite, out, settings=Settings(jobs=jobs, plugins=PLUGINS))
        (scenario,) = read_findings(out).scenarios
        assert not scenario.failed
        means[jobs] = {row.method: row.test["ndcg@10"] for row in scenario.methods}
    assert means[1]["looks-around"] > 0.99, "the method does find what lies in its process"
    assert means[2]["looks-around"] == means[2]["popularity"], "with nothing found, all scores are alike"
    assert means[2]["popularity"] == means[1]["popularity"]


def test_held_out_part_cannot_be_read_during_a_fit(tmp_path, tiny_split):
    write_shared(tiny_split, tmp_path / "a.split")
    split = read_shared(tmp_path / "a.split")
    assert (split.test != tiny_split.test).nnz == 0
    for level in (split, split.selection):
        with fitting(), pytest.raises(TlbenchError, match="held out while it was fitted"):
            _ = level.test
        assert level.test.nnz


def test_files_that_methods_map_do_not_hold_what_is_held_out(tmp_path, tiny_split):
    first, *others = write_shared(tiny_split, tmp_path / "a.split")
    assert {path.suffix for path in others} == {".test", ".validation"}
    content = first.read_bytes()
    for matrix in (tiny_split.test, tiny_split.selection.test):
        assert matrix.indptr.tobytes() not in content
    assert tiny_split.training.target.matrix.indptr.tobytes() in content
