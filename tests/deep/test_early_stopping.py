"""Validation chooses the number of epochs; the method sees no held-out interaction."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from tlbench.methods.checkpoints import checkpoints_in
from tlbench.methods.deep.lightgcn import LightGcn
from tlbench.methods.early_stopping import best_epoch, choose_epochs, stale
from tlbench.rng import stream


@dataclass(frozen=True)
class Counting:
    """Its scorer after n epochs is the number n."""

    rounds: int | None = None
    patience: int = 3

    epochs_field: ClassVar[str] = "rounds"

    def stages(self, data, rng, *, progress=None):
        yield from range(1, 101)

    def fit(self, data, rng, *, progress=None):
        return self.rounds


MARKS = {n: -abs(n - 7) for n in range(1, 101)}
COURSE = (0.1, 0.2, 0.5, 0.4, 0.45, 0.3, 0.2, 0.1, 0.0)


def test_the_best_epoch_is_taken_and_patience_ends_the_search():
    stopped = choose_epochs(Counting(), None, stream(0, "fit"), MARKS.__getitem__)
    assert stopped.recommender == Counting(rounds=7)
    assert len(stopped.marks) == 7 + 3


def test_the_first_of_equal_epochs_is_taken():
    assert best_epoch([0.1, 0.3, 0.3, 0.2]) == 2
    assert not stale([0.1, 0.2], 2)
    assert stale([0.3, 0.2, 0.3], 2)


def test_a_number_that_was_given_is_kept_without_a_look_at_validation():
    def mark(scorer):
        raise AssertionError

    assert choose_epochs(Counting(rounds=4), None, stream(0, "fit"), mark).recommender.rounds == 4


@pytest.mark.parametrize("stop", [2, 5, 8])
def test_a_killed_search_goes_on_and_chooses_the_same(tmp_path, training, stop):
    method, data, given = LightGcn(factors=8, patience=6), training(), []

    def mark_until_killed(scorer):
        if len(given) == stop:
            raise KeyboardInterrupt
        given.append(COURSE[len(given)])
        return given[-1]

    def mark(scorer):
        given.append(COURSE[len(given)])
        return given[-1]

    with pytest.raises(KeyboardInterrupt), checkpoints_in(tmp_path / "cell", seconds=0):
        choose_epochs(method, data, stream(0, "fit"), mark_until_killed)
    with checkpoints_in(tmp_path / "cell", seconds=0):
        stopped = choose_epochs(method, data, stream(0, "fit"), mark)
    assert stopped.recommender.epochs == 3
    assert stopped.marks == tuple(given) == COURSE
