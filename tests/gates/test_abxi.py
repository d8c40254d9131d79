"""ABXI's histories are split as its code splits them."""

import numpy as np
import polars as pl
import pytest

from tlbench.data.loading import load
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.split.split import make_split


@pytest.fixture(params=range(4), ids=["food", "kitchen", "beauty", "electronics"])
def prepared(request, script, gate_data, tmp_path):
    """The script, one direction, its events as published, and the split that tlbench makes of what was prepared."""
    abxi = script("abxi")
    direction = abxi.DIRECTIONS[request.param]
    events = abxi.read_events(gate_data("abxi"), direction.pair)
    abxi.check_counts(events, direction.pair)
    abxi.prepare(events, direction, tmp_path)

    def read(name):
        return load(name, catalogue=tmp_path / "catalogue.toml")

    scenario = build_scenario(parse_scenario(direction.scenario), Filters(1), read, twins="keep")
    return abxi, direction, events, make_split(scenario, "merged-last-out", candidates=f"uniform:{abxi.NEGATIVES}")


def pairs(domain, matrix, users):
    """Users' and items' ids of a matrix's entries."""
    row, column = matrix.nonzero()
    return set(zip(users[row], domain.items.cast(pl.String).to_numpy()[column], strict=True))


def test_each_part_is_the_published_one(prepared):
    abxi, direction, events, split = prepared
    scenario = split.scenario
    users = np.empty(scenario.bridge.n_users, dtype=object)
    users[scenario.bridge.rows[0]] = scenario.sources[0].users.cast(pl.String).to_numpy()
    users[: scenario.target.n_users] = scenario.target.users.cast(pl.String).to_numpy()
    of_target = pl.col("domain") == direction.domain

    def published(*conditions):
        return set(events.filter(*conditions).select("user", "item").iter_rows())

    assert len(split.users) == abxi.EXPECTED[direction.pair]["tested"][direction.domain]
    assert pairs(scenario.target, split.test, users) == published(of_target, pl.col("left") == 0)
    assert pairs(scenario.target, split.selection.test, users) == published(of_target, pl.col("left") == 1)
    learnt = split.selection.training.target.matrix
    assert pairs(scenario.target, learnt, users) == published(of_target, pl.col("left") > 1)
    source = split.training.sources[0]
    assert pairs(scenario.sources[0], source.matrix, users) == published(~of_target, pl.col("left") > 0)


def test_each_positive_is_ranked_among_999_items_that_the_user_never_had(prepared):
    abxi, _, _, split = prepared
    listed = np.diff(split.candidates.items.indptr)[split.users]
    assert set(listed) == {abxi.NEGATIVES + 1}
    seen = split.candidates.items.multiply(split.training.target.matrix)
    assert seen.nnz == 0
    assert split.candidates.items.multiply(split.test).nnz == len(split.users)
