"""For whom: harmed users, segments, trends; and how much of a gain is the source's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tlbench.errors import NotComparable, TlbenchError
from tlbench.evaluation import Cell, RunResult
from tlbench.rng import stream
from tlbench.stats.attribution import attribute
from tlbench.stats.paired import Paired, pair_values
from tlbench.stats.segments import UNKNOWN, harmed, segment
from tlbench.stats.trend import trend

USERS = np.array([f"u{i}" for i in range(400)])


@pytest.fixture(scope="module")
def helped_when_new() -> tuple[Paired, pd.DataFrame]:
    """Users with short histories gain 0.1, those with long ones nothing."""
    rng = stream(0, "segments")
    history = rng.integers(1, 100, size=400)
    control = rng.random(400)
    gain = np.where(history < 26, 0.1, 0.0) + 0.05 * rng.normal(size=400)
    features = pd.DataFrame({"history": history, "country": np.resize(["x", "y"], 400)}, index=USERS)
    return pair_values(control + gain, control, users=USERS), features


def test_harmed_users_are_those_who_lose_more_than_the_margin() -> None:
    paired = pair_values(np.array([0.5, 0.4, 0.39, 0.0, 0.6]), np.array([0.5, 0.41, 0.41, 0.5, 0.5]))
    found = harmed(paired, 0.0101)
    assert found.value == 0.4
    assert found.low is not None
    assert 0 < found.low < 0.4
    with pytest.raises(TlbenchError, match="margin"):
        harmed(paired, -1.0)


def test_segments_are_the_users_between_quantiles(helped_when_new: tuple[Paired, pd.DataFrame]) -> None:
    paired, features = helped_when_new
    found = {one.column: one for one in segment(paired, features, margin=0.01)}["history"]
    assert sum(part.n_users for part in found.segments) == 400
    assert all(80 <= part.n_users <= 120 for part in found.segments)
    for part in found.segments:
        low, high = (float(edge) for edge in part.label.split(" to "))
        rows = features["history"].between(low, high).to_numpy()
        expected = stats.ttest_1samp(paired.difference[rows, 0], 0)
        assert part.n_users == rows.sum()
        assert part.difference == pytest.approx(paired.difference[rows].mean())
        assert part.pvalue == pytest.approx(expected.pvalue, rel=1e-9)


def test_an_interaction_is_found_where_there_is_one(helped_when_new: tuple[Paired, pd.DataFrame]) -> None:
    found = {one.column: one for one in segment(*helped_when_new, margin=0.01)}
    assert found["history"].adjusted is not None
    assert found["history"].adjusted < 0.001
    assert found["history"].sentence.startswith("users with history 1 to 2")
    assert found["country"].adjusted is not None
    assert found["country"].adjusted > 0.05
    assert "no segment can be told" in found["country"].sentence


def test_segments_are_corrected_over_all_columns_together(helped_when_new: tuple[Paired, pd.DataFrame]) -> None:
    found = segment(*helped_when_new, margin=0.01)
    parts = [part for one in found for part in one.segments]
    smallest = min(parts, key=lambda part: part.pvalue)
    assert smallest.adjusted == pytest.approx(len(parts) * smallest.pvalue)


def test_users_without_a_value_are_a_segment_of_their_own(helped_when_new: tuple[Paired, pd.DataFrame]) -> None:
    paired, features = helped_when_new
    holes = features.astype({"history": float}).iloc[:300].copy()
    holes.iloc[0, 0] = np.nan
    found = segment(paired, holes, margin=0.01)
    assert [one.segments[-1].label for one in found] == [UNKNOWN, UNKNOWN]
    assert [one.segments[-1].n_users for one in found] == [101, 100]


def test_a_column_of_one_value_is_one_segment_without_interaction() -> None:
    paired = pair_values(np.array([0.1, 0.2, 0.4]), np.zeros(3), users=USERS[:3])
    found = segment(paired, pd.DataFrame({"same": [7, 7, 7]}, index=USERS[:3]), margin=0.01)[0]
    assert [part.label for part in found.segments] == ["7"]
    assert (found.statistic, found.adjusted) == (None, None)


def test_segments_of_one_user_and_of_no_difference_are_reported_without_a_warning() -> None:
    paired = pair_values(np.array([0.1, 0.2, 0.2, 0.2]), np.array([0.0, 0.2, 0.2, 0.2]), users=USERS[:4])
    found = segment(paired, pd.DataFrame({"kind": list("abbb")}, index=USERS[:4]), margin=0.01)[0]
    assert [(part.n_users, part.pvalue) for part in found.segments] == [(1, 1.0), (3, 1.0)]


def test_features_of_other_users_or_listed_twice_are_refused(helped_when_new: tuple[Paired, pd.DataFrame]) -> None:
    paired, features = helped_when_new
    with pytest.raises(TlbenchError, match="no user"):
        segment(paired, features.set_axis([f"v{i}" for i in range(400)]), margin=0.01)
    with pytest.raises(TlbenchError, match="two rows"):
        segment(paired, pd.concat([features, features]), margin=0.01)
    with pytest.raises(TlbenchError, match="no column"):
        segment(paired, features[[]], margin=0.01)


def test_a_trend_finds_the_slope_that_was_planted() -> None:
    rng = stream(1, "trend")
    target, source = rng.integers(0, 100, size=400), rng.integers(0, 100, size=400)
    difference = 0.08 - 0.01 * np.log2(1 + target) + 0.006 * rng.normal(size=400) * np.log2(2 + target)
    paired = pair_values(difference, np.zeros(400), users=USERS)
    found = trend(paired, pd.DataFrame({"target": target, "source": source}, index=USERS))
    by_name = {slope.column: slope for slope in found.slopes}
    assert by_name["target"].low < -0.01 < by_name["target"].high
    assert by_name["target"].adjusted < 0.05
    assert by_name["source"].low < 0 < by_name["source"].high
    assert found.n_users == 400


def test_a_trend_refuses_what_cannot_be_told_apart() -> None:
    paired = pair_values(np.arange(50.0), np.zeros(50), users=USERS[:50])
    with pytest.raises(TlbenchError, match="do not vary or repeat"):
        trend(paired, pd.DataFrame({"a": np.arange(50), "b": np.arange(50)}, index=USERS[:50]))
    with pytest.raises(TlbenchError, match="negative"):
        trend(paired, pd.DataFrame({"a": np.arange(50) - 3}, index=USERS[:50]))
    with pytest.raises(TlbenchError, match="2 users"):
        trend(paired, pd.DataFrame({"a": [1, 2]}, index=USERS[:2]))


# --- attribution ------------------------------------------------------------------------------------------------


def runs(method: str, table: np.ndarray, *, users: np.ndarray = USERS[:60], digest: str = "d", placebo=None) -> list:
    return [
        RunResult(
            Cell("x->y", method, {}, seed, placebo),
            digest,
            pd.DataFrame({"ndcg@10": table[:, seed]}, index=pd.Index(users, name="user")),
            {},
            0,
        )
        for seed in range(table.shape[1])
    ]


@pytest.fixture(scope="module")
def three() -> tuple[list, list, list]:
    rng = stream(2, "attribution")
    base = rng.random((60, 3))
    placebo = base + rng.normal(0.02, 0.02, (60, 1)) + rng.normal(0, 0.01, (60, 3))
    method = placebo + rng.normal(0.05, 0.02, (60, 1)) + rng.normal(0, 0.01, (60, 3))
    return runs("cmf", method), runs("ials", base), runs("cmf", placebo, placebo="shuffled-bridge")


def test_the_parts_of_a_gain_add_up(three: tuple[list, list, list]) -> None:
    found = attribute(*three, "ndcg@10")
    assert found.gain.difference == pytest.approx(found.survives.difference + found.also_placebo.difference)
    assert found.survives.low < 0.05 < found.survives.high
    assert found.also_placebo.low < 0.02 < found.also_placebo.high
    assert found.survives.control == "cmf~shuffled-bridge"


def test_the_surviving_share_has_fiellers_interval(three: tuple[list, list, list]) -> None:
    one, two, placebo = ([side[0]] for side in three)
    share = attribute(one, two, placebo, "ndcg@10").share
    assert share.value == pytest.approx(0.05 / 0.07, abs=0.05)
    method, base, without = (side[0].values["ndcg@10"].to_numpy() for side in (one, two, placebo))
    for ratio in (share.low, share.high):
        assert ratio is not None
        tested = stats.ttest_1samp((method - without) - ratio * (method - base), 0)
        assert tested.pvalue == pytest.approx(0.05, abs=1e-9)


def test_a_user_missing_from_one_side_counts_there_and_the_parts_still_add_up(three: tuple[list, list, list]) -> None:
    method, base, placebo = three
    short = [RunResult(r.cell, r.split_digest, r.values.iloc[1:], {}, 0) for r in placebo]
    found = attribute(method, base, short, "ndcg@10")
    assert found.survives.missing_control == 1
    assert found.gain.difference == pytest.approx(found.survives.difference + found.also_placebo.difference)


def test_a_placebo_of_another_split_cannot_attribute(three: tuple[list, list, list]) -> None:
    method, base, _ = three
    other = runs("cmf", np.zeros((60, 3)), digest="e", placebo="shuffled-bridge")
    with pytest.raises(NotComparable, match="different splits"):
        attribute(method, base, other, "ndcg@10")


def test_a_gain_that_is_none_has_no_share() -> None:
    base = stream(3, "none").random((60, 2))
    worse = base - 0.1 * stream(4, "worse").random((60, 2))
    found = attribute(runs("cmf", worse), runs("ials", base), runs("cmf", base, placebo="p"), "ndcg@10")
    assert found.share.value is None
