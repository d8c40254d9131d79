"""ABXI's histories are split as its code splits them."""

import polars as pl
import pytest


@pytest.mark.parametrize("place", range(4), ids=["food", "kitchen", "beauty", "electronics"])
def test_the_split_is_the_published_one(script, gate_data, tmp_path, place):
    abxi = script("abxi")
    direction = abxi.DIRECTIONS[place]
    events = abxi.read_events(gate_data("abxi"), direction.pair)
    abxi.check_counts(events, direction.pair)
    abxi.prepare(events, direction, tmp_path / "data")
    given = tmp_path / "data" / "given"
    train, validation, test, candidates = (
        pl.read_csv(given / f"{name}.csv") for name in ("train", "validation", "test", "candidates")
    )
    assert test.height == abxi.EXPECTED[direction.pair]["tested"][direction.domain]
    assert test["user"].is_unique().all()
    own = events.filter(domain=direction.domain)
    assert train.height + validation.height + test.height == own.height
    judged = candidates.group_by("user").len()
    assert judged["len"].unique().to_list() == [999]
    assert set(judged["user"]) == set(test["user"]) | set(validation["user"])
    pairs = own.select(pl.col("user", "item").cast(pl.Int64))
    assert candidates.join(pairs, on=["user", "item"]).is_empty()


@pytest.mark.parametrize("place", [1, 3], ids=["kitchen", "electronics"])
def test_the_source_holds_nothing_after_what_is_tested(script, gate_data, tmp_path, place):
    abxi = script("abxi")
    direction = abxi.DIRECTIONS[place]
    events = abxi.read_events(gate_data("abxi"), direction.pair)
    abxi.prepare(events, direction, tmp_path / "data")
    source = pl.read_csv(tmp_path / "data" / "source.csv")
    last = events.filter(left=0).select(pl.col("user").cast(pl.Int64), limit="timestamp")
    assert (source.join(last, on="user").select(pl.col("timestamp") <= pl.col("limit")).to_series()).all()
    tested = events.filter(left=0, domain=direction.domain)
    lost = events.filter(pl.col("domain") != direction.domain).height - source.height
    assert lost == events["user"].n_unique() - tested.height
