"""Pairing brings the same users and seeds together, and says what it could not pair."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from tlbench.errors import NotComparable, TlbenchError
from tlbench.evaluation import Cell, RunResult
from tlbench.registry import METHODS, MethodEntry
from tlbench.stats.paired import pair, pair_values


def run(
    values: Mapping[str, float],
    *,
    method: str = "a",
    seed: int = 0,
    digest: str = "d",
    metric: str = "ndcg@10",
    placebo: str | None = None,
) -> RunResult:
    table = pd.DataFrame({metric: list(values.values())}, index=pd.Index(list(values), name="user"), dtype=np.float64)
    return RunResult(Cell("x->y", method, {}, seed, placebo), digest, table, {}, 0)


@pytest.fixture
def deterministic_method(monkeypatch: pytest.MonkeyPatch) -> str:
    entry = MethodEntry("fixed", object, "baseline", (), None, None, True, "none")
    monkeypatch.setitem(METHODS._entries, "fixed", entry)
    return "fixed"


def test_users_are_matched_by_id_whatever_their_order() -> None:
    paired = pair([run({"u": 0.5, "v": 0.25})], [run({"v": 1.0, "u": 0.0}, method="b")], "ndcg@10")
    found = dict(zip(paired.users, paired.difference[:, 0], strict=True))
    assert found == {"u": 0.5, "v": -0.75}


def test_missing_users_count_as_the_floor_and_are_counted() -> None:
    paired = pair([run({"u": 0.5})], [run({"u": 0.25, "v": 1.0, "w": 0.5}, method="b")], "ndcg@10")
    assert (paired.missing_candidate, paired.missing_control, paired.n_users) == (2, 0, 3)
    assert paired.candidate.mean() == pytest.approx(0.5 / 3)


def test_the_order_of_runs_does_not_matter() -> None:
    one, two = run({"u": 0.1, "v": 0.2}, seed=1), run({"v": 0.4, "u": 0.3}, seed=2)
    control = [run({"u": 0.0, "v": 0.0}, method="b", seed=seed) for seed in (1, 2)]
    first = pair([one, two], control, "ndcg@10")
    second = pair([two, one], control[::-1], "ndcg@10")
    assert np.array_equal(first.candidate, second.candidate)
    assert np.array_equal(first.candidate[:, 0], [0.1, 0.2])


def test_a_deterministic_side_is_broadcast_over_seeds(deterministic_method: str) -> None:
    control = [run({"u": 0.5, "v": 0.25}, method=deterministic_method)]
    candidate = [run({"u": 0.1 * seed, "v": 0.0}, seed=seed) for seed in range(3)]
    paired = pair(candidate, control, "ndcg@10")
    assert paired.n_seeds == 3
    assert np.array_equal(paired.control, [[0.5] * 3, [0.25] * 3])


def test_one_run_of_a_random_method_or_of_a_placebo_does_not_stand_for_many(deterministic_method: str) -> None:
    candidate = [run({"u": 0.1, "v": 0.0}, seed=seed) for seed in range(3)]
    with pytest.raises(NotComparable, match="1 seeds and `a` has 3"):
        pair(candidate, [run({"u": 0.5, "v": 0.25}, method="drawn")], "ndcg@10")
    with pytest.raises(NotComparable, match="1 seeds and `a` has 3"):
        pair(candidate, [run({"u": 0.5, "v": 0.25}, method=deterministic_method, placebo="shuffled")], "ndcg@10")


def test_unlike_splits_are_not_comparable() -> None:
    with pytest.raises(NotComparable, match="different splits"):
        pair([run({"u": 0.5})], [run({"u": 0.5}, method="b", digest="e")], "ndcg@10")


def test_a_missing_metric_is_not_comparable_and_the_hint_names_those_there() -> None:
    with pytest.raises(NotComparable, match=r"no `recall@10`") as caught:
        pair([run({"u": 0.5})], [run({"u": 0.5}, method="b")], "recall@10")
    assert "`ndcg@10`" in (caught.value.hint or "")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e101])
def test_a_value_that_is_not_finite_is_refused_by_the_users_name(value: float) -> None:
    with pytest.raises(TlbenchError, match="user `v`"):
        pair([run({"u": 0.5, "v": value})], [run({"u": 0.5, "v": 0.0}, method="b")], "ndcg@10")


def test_mixed_methods_repeated_seeds_repeated_users_and_empty_sides_are_refused() -> None:
    control = [run({"u": 0.5}, method="b")]
    with pytest.raises(TlbenchError, match="mixes runs of `a` and `c`"):
        pair([run({"u": 0.5}), run({"u": 0.5}, method="c", seed=1)], control, "ndcg@10")
    with pytest.raises(TlbenchError, match="seed 0 of `a` appears twice"):
        pair([run({"u": 0.5}), run({"u": 0.5})], control, "ndcg@10")
    with pytest.raises(TlbenchError, match="has no runs"):
        pair([], control, "ndcg@10")
    table = pd.DataFrame({"ndcg@10": [0.1, 0.2]}, index=["u", "u"])
    twice = RunResult(Cell("x->y", "a", {}, 0), "d", table, {}, 0)
    with pytest.raises(TlbenchError, match="user `u` is listed twice"):
        pair([twice], control, "ndcg@10")


def test_a_difference_that_is_only_a_rounding_error_counts_as_none() -> None:
    paired = pair_values(np.array([[0.1 + 0.2], [0.5]]), np.array([[0.3], [0.25]]))
    assert paired.user_difference.tolist() == [0.0, 0.25]


def test_arrays_of_unlike_length_or_without_users_are_refused() -> None:
    with pytest.raises(NotComparable, match="2 users and the control 3"):
        pair_values(np.zeros(2), np.zeros(3))
    with pytest.raises(NotComparable, match="2 seeds"):
        pair_values(np.zeros((4, 2)), np.zeros((4, 3)))
    with pytest.raises(TlbenchError, match="no user"):
        pair_values(np.zeros(0), np.zeros(0))
