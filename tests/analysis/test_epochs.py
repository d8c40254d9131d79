"""Epochs to the counterpart's quality, from courses that are written out."""

from types import SimpleNamespace

import pytest

from tlbench.analysis.epochs import EpochsToQuality, epochs_to_quality
from tlbench.plugins import register_all
from tlbench.report.sections.epochs import epochs as section

register_all()


def run(method, fold, marks, *, seed=0, placebo=None):
    return SimpleNamespace(cell=SimpleNamespace(method=method, fold=fold, seed=seed, placebo=placebo), epochs=marks)


def results(*runs):
    return SimpleNamespace(by_fold=runs)


FOLDS = (
    run("neumf", 1, (0.1, 0.2, 0.3, 0.25)),
    run("neumf", 2, (0.2, 0.4)),
    run("neumf", 3, (0.5,)),
    run("finetuned-neumf", 1, (0.3, 0.35)),
    run("finetuned-neumf", 2, (0.1, 0.3, 0.4, 0.2)),
    run("finetuned-neumf", 3, (0.4, 0.45)),
)


def test_the_first_epoch_with_the_counterparts_best_mark_counts():
    found = epochs_to_quality(results(*FOLDS))
    assert found == (EpochsToQuality("finetuned-neumf", "neumf", 3, 2, 2.0, 2),)


@pytest.mark.parametrize(
    "other", [run("neumf", 1, ()), run("neumf", 1, (0.1,), seed=1), run("neumf", 1, (0.1,), placebo="x")]
)
def test_without_a_course_of_the_counterpart_there_is_nothing_to_say(other):
    assert epochs_to_quality(results(run("finetuned-neumf", 1, (0.3,)), other)) == ()


def test_a_method_that_never_comes_there_has_a_dash():
    found = epochs_to_quality(results(run("neumf", 1, (0.5,)), run("finetuned-neumf", 1, (0.1, 0.2))))
    table, note = section(SimpleNamespace(found=SimpleNamespace(epochs=found)))
    assert table.rows == [("finetuned-neumf", "neumf", "1", "0", "-", "1")]
    assert "validation" in note.text
    assert list(section(SimpleNamespace(found=SimpleNamespace(epochs=())))) == []
