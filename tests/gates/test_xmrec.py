"""The published figures of XMRec's starter kit come out, and our data for its markets are what it publishes."""

import dataclasses

import polars as pl
import pytest

from tlbench.data.catalogue import open_catalogue
from tlbench.data.loading import load_entry
from tlbench.io.sums import sha256_of_file


def test_the_published_runs_give_the_published_figures(script, gate_data):
    checks = script("xmrec").published_runs(gate_data("xmrec"))
    assert len(checks) == 6
    assert [check.name for check in checks if not check.agrees] == []
    assert [check.difference < 1e-9 for check in checks[:2]] == [True, True]


@pytest.mark.parametrize(("name", "t"), [("s1", -3.97), ("s1-s2-s3", -3.20)])
def test_adding_markets_to_the_published_model_is_a_negative_transfer(script, gate_data, name, t):
    from scipy import stats

    xmrec, folder = script("xmrec"), gate_data("xmrec")
    comparison = xmrec.negative_transfer(folder, name)
    assert xmrec.in_words(comparison).startswith("hurts")
    assert comparison["difference"] / comparison["standard_error"] == pytest.approx(t, abs=0.005)
    assert comparison["pvalue"] == pytest.approx(2 * stats.t.cdf(t, comparison["n_users"] - 1), rel=0.05)


def test_the_prepared_market_holds_what_is_published_and_trains_on_nothing_that_tests(script, gate_data, tmp_path):
    script("xmrec").prepare(gate_data("xmrec"), tmp_path / "data")
    given = {name: pl.read_csv(tmp_path / "data" / "given" / f"{name}.csv") for name in ("train", "test", "candidates")}
    assert given["train"].height == 19_483
    assert given["test"].height == 2697
    assert given["candidates"].group_by("user").len()["len"].unique().to_list() == [100]
    assert given["train"].join(given["test"], on=["user", "item"]).is_empty()
    assert given["test"].join(given["candidates"], on=["user", "item"]).height == 2697


@pytest.mark.parametrize("market", ["t1", "s1", "s2", "s3"])
def test_the_built_in_markets_are_the_published_files(gate_data, tmp_path, monkeypatch, market):
    """Sum and counts of the catalogue, whose address is not fetched here."""
    monkeypatch.setenv("TLBENCH_CACHE", str(tmp_path))
    file = gate_data("xmrec") / market / "train_5core.tsv"
    entry = open_catalogue(None).get(f"xmrec-{market}")
    assert entry.sha256 == sha256_of_file(file)
    assert entry.url.endswith(f"/DATA/{market}/train_5core.tsv")
    found = load_entry(dataclasses.replace(entry, file=file, url=None))
    assert (found.n_users, found.n_items, len(found)) == dataclasses.astuple(entry.expects)
