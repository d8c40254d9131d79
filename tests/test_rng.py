"""Streams depend on their names; branches on their stream's seed and their names."""

import numpy as np

from tlbench.rng import across_folds, branch, stream


def test_streams_of_other_names_differ_and_of_the_same_names_agree():
    assert stream(1, "a", 2).random() == stream(1, "a", 2).random()
    assert len({stream(1, *names).random() for names in (("a", 2), ("a", "2"), ("a",), ("a2",))}) == 4


def test_a_branch_does_not_depend_on_what_its_stream_or_other_branches_drew():
    fresh, used = stream(1, "fit"), stream(1, "fit")
    used.random(100)
    branch(used, "items").random(100)
    assert branch(fresh, "users").random() == branch(used, "users").random()
    assert used.random() != fresh.random()


def test_folds_draw_anew_except_what_all_folds_draw_alike():
    first, second, none = stream(1, "fit", fold="1"), stream(1, "fit", fold="2"), stream(1, "fit")
    assert len({branch(rng, "users").random() for rng in (first, second, none)}) == 3
    assert len({branch(across_folds(rng), "source", 0).random() for rng in (first, second, none)}) == 1
    assert across_folds(stream(2, "fit", fold="1")).random() != across_folds(first).random()


def test_branches_of_branches_and_of_spawned_generators_differ():
    rng = stream(1, "fit")
    spawned = np.random.default_rng(5).spawn(2)
    draws = [branch(rng, "a"), branch(rng, "b"), branch(branch(rng, "a"), "b"), branch(rng, "a", "b")]
    draws += [branch(each, "a") for each in spawned]
    assert len({each.random() for each in draws}) == len(draws)


def test_a_longer_draw_begins_with_the_shorter_one():
    short, long = (branch(stream(0, "fit"), "items").standard_normal((n, 8), dtype=np.float32) for n in (30, 70))
    assert long[:30].tobytes() == short.tobytes()
