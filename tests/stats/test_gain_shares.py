"""Which share of a gain falls to tail items and to users of short history, against sums and a bootstrap of a ratio."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tlbench.evaluation import Cell, RunResult
from tlbench.report.words import gain_from
from tlbench.stats.gain_shares import GainShare, gain_shares
from tlbench.stats.histories import TARGET

USERS = 800


def runs(method, tables):
    """One run per seed; `tables` holds columns of shape (USERS, seeds) by metric."""
    ids = pd.Index([f"u{u}" for u in range(USERS)], name="user", dtype=object)
    seeds = next(iter(tables.values())).shape[1]
    return [
        RunResult(
            Cell("a->b", method, {}, seed),
            "d",
            pd.DataFrame({name: table[:, seed] for name, table in tables.items()}, index=ids),
            {},
            0,
        )
        for seed in range(seeds)
    ]


@pytest.fixture
def sides():
    """A gain of which tail items earn about a third and cold users, a fifth of all, about half."""
    rng = np.random.default_rng(4)
    history = rng.integers(0, 30, USERS)
    base = rng.beta(1, 5, (USERS, 2))
    gain = np.where(history <= 5, 0.12, 0.03)[:, None] + rng.normal(0, 0.1, (USERS, 2))
    tail = rng.beta(2, 4, (USERS, 2)) * gain
    control = runs("ease", {"ndcg@10": base, "tail-ndcg@10": 0.3 * base})
    candidate = runs("pooled-ease", {"ndcg@10": base + gain, "tail-ndcg@10": 0.3 * base + tail})
    features = pd.DataFrame({TARGET: history.astype(float)}, index=candidate[0].values.index)
    return candidate, control, features, gain, tail, history <= 5


def test_shares_are_the_parts_sums_over_the_gains(sides):
    candidate, control, features, gain, tail, cold = sides
    of_tail, of_cold = gain_shares(candidate, control, "ndcg@10", features=features)
    assert (of_tail.part, of_cold.part) == ("tail items", "users of short history")
    assert of_tail.value == pytest.approx(tail.sum() / gain.sum())
    assert of_cold.value == pytest.approx(gain[cold].sum() / gain.sum())
    assert of_cold.users == pytest.approx(cold.mean())
    assert of_tail.users is None


def test_intervals_are_those_of_a_bootstrap_of_the_ratio_over_users(sides):
    candidate, control, features, gain, tail, cold = sides
    # one seed: scipy resamples users alone
    found = gain_shares(candidate[:1], control[:1], "ndcg@10", features=features)
    parts = (tail[:, 0], np.where(cold, gain[:, 0], 0.0))
    for share, part in zip(found, parts, strict=True):
        drawn = stats.bootstrap(
            (part, gain[:, 0]),
            lambda top, bottom, axis=-1: top.mean(axis=axis) / bottom.mean(axis=axis),
            paired=True,
            n_resamples=4000,
            method="percentile",
            rng=np.random.default_rng(0),
        ).confidence_interval
        width = drawn.high - drawn.low
        assert share.low == pytest.approx(drawn.low, abs=0.08 * width)
        assert share.high == pytest.approx(drawn.high, abs=0.08 * width)


def test_nothing_is_said_of_a_gain_that_cannot_be_told_from_zero(sides):
    candidate, control, features, gain, *_ = sides
    noise = runs("m", {"ndcg@10": candidate[0].values[["ndcg@10"]].to_numpy() - gain[:, :1].mean()})
    assert gain_shares(noise, control[:1], "ndcg@10", features=features) == ()
    assert gain_shares(control, control, "ndcg@10", features=features) == ()


def test_shares_of_a_loss_are_those_of_the_gain_turned_round(sides):
    candidate, control, features, *_ = sides
    gained, lost = (
        gain_shares(*both, "ndcg@10", features=features) for both in ((candidate, control), (control, candidate))
    )
    for ours, theirs in zip(gained, lost, strict=True):
        assert ours.value == pytest.approx(theirs.value)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_what_is_not_known_or_tells_nothing_apart_is_left_out(sides):
    candidate, control, features, *_ = sides
    short = [runs(side[0].cell.method, {"ndcg@10": side[0].values[["ndcg@10"]].to_numpy()}) for side in sides[:2]]
    assert [share.part for share in gain_shares(*short, "ndcg@10", features=features)] == ["users of short history"]
    assert [share.part for share in gain_shares(candidate, control, "ndcg@10", features=None)] == ["tail items"]
    everybody = features.assign(**{TARGET: 3.0})
    assert [share.part for share in gain_shares(candidate, control, "ndcg@10", features=everybody)] == ["tail items"]


def test_a_line_says_of_what_and_from_whom():
    short = GainShare("users of short history", -0.04, -0.1, 0.02, 0.37)
    shares = (GainShare("tail items", 0.412, 0.33, 0.497), short)
    assert gain_from(shares, gained=True) == (
        "41 % [33, 50] of the gain comes from tail items, "
        "-4 % [-10, 2] from users of short history (37 % of the judged)"
    )
    assert gain_from(shares[1:], gained=False).startswith("-4 % [-10, 2] of the loss comes from users of short history")
