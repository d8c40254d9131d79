"""A method that writes to its input fails its own cell and moves no number of any other, whoever runs them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from tlbench.pipeline import run_suite
from tlbench.plugins import register_file
from tlbench.split.integrity import Altered, OwnDefect, Sums, is_own, lent
from tlbench.store.results import ResultsFolder
from tlbench.suite import Settings

HOSTILE = Path(__file__).with_name("hostile_plugin.py")
POISON = ("writes-data", "writes-indices", "writes-source", "writes-what-is-derived", "writes-overlap")
HONEST = ("popularity", "ials", "item-knn")


def values_of(out):
    folder = ResultsFolder(out)
    result = folder.read_scenario("tiny-a->tiny-b")
    return {run.cell.label: run.values for run in result.runs}, result.failed


@pytest.mark.parametrize("jobs", [1, 2])
def test_writer_fails_and_the_others_are_as_without_it(tmp_path, tiny_suite, jobs):
    register_file(HOSTILE)
    settings = Settings(jobs=jobs, plugins=(HOSTILE,))
    run_suite(tiny_suite(baselines=HONEST), tmp_path / "clean")
    mixed = tuple(name for pair in zip(POISON, HONEST * 2, strict=False) for name in pair)
    run_suite(tiny_suite(baselines=tuple(dict.fromkeys(mixed))), tmp_path / "mixed", settings=settings)
    clean, _ = values_of(tmp_path / "clean")
    mixed, failed = values_of(tmp_path / "mixed")
    assert {label.partition(" seed")[0] for label in failed} >= set(POISON) - {"writes-what-is-derived"}
    for label, reason in failed.items():
        assert f"`{label.partition(' seed')[0]}` wrote to its input: " in reason
    for name in clean:
        pd.testing.assert_frame_equal(mixed[name], clean[name], check_exact=True)


def test_writer_fails_its_trials_and_no_later_one(tmp_path, tiny_split):
    before = Sums.of(tiny_split)
    with pytest.raises(Altered), lent(tiny_split, borrower="x", trusted=False):
        tiny_split.training.target.matrix.data[:] = 7
    assert before.changed() == ()


def test_names_of_what_changed_are_paths(tiny_split):
    with (
        pytest.raises(Altered, match=r"split\.training\.target\.matrix\.data"),
        lent(tiny_split, borrower="x", trusted=False),
    ):
        tiny_split.training.target.matrix.data[0] += 1


def test_last_bit_of_any_array_counts(tiny_split):
    for path, array in Sums.of(tiny_split).arrays.items():
        with pytest.raises(Altered) as caught, lent(tiny_split, borrower="x", trusted=False):
            array.reshape(-1)[-1] = (
                np.nextafter(array.reshape(-1)[-1], 9e9) if array.dtype.kind == "f" else ~array.reshape(-1)[-1]
            )
        assert path in caught.value.message


def test_what_was_computed_meanwhile_is_forgotten(tiny_split):
    vars(tiny_split.training.target).pop("binary", None)
    with lent(tiny_split, borrower="x", trusted=False):
        tiny_split.training.target.binary.data[:] = 9
    assert (tiny_split.training.target.binary.data == 1).all()


def test_our_own_code_that_writes_stops_the_run(tiny_split):
    data = tiny_split.training.target.matrix.data
    kept = data.copy()
    with pytest.raises(OwnDefect, match="`ours` wrote"), lent(tiny_split, borrower="ours", trusted=True):
        data[0] += 1
    data[:] = kept


def test_only_our_own_modules_are_trusted():
    assert is_own(["tlbench.methods.baselines.ease", "tlbench.metrics.accuracy"])
    assert not is_own(["tlbench.methods.baselines.ease", "tlbench_plugin_x"])
    assert not is_own(["tlbench.methods.adapters.from_implicit"])


def test_sums_see_shape_and_type():
    one = Sums.of((np.zeros(4, dtype=np.float32), sparse.csr_matrix((2, 3))))
    assert one.changed() == ()
    assert set(one.sums) == {"tuple[0]", "tuple[1].indptr"}
