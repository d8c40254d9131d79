"""The gate of CD-CDR fetches, checks counts and runs both directions, here on small files from a server of ours."""

import functools
import http.server
import threading
from dataclasses import replace

import numpy as np
import polars as pl
import pytest


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Two small domains with shared users, as Amazon's 2014 CSV behind a server, and a catalogue of them."""
    monkeypatch.setenv("TLBENCH_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "server"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name, first in (("sports", 0), ("clothing", 60)):
        rows = [
            f"U{user},{name}{item},5.0,{1_300_000_000 + user}"
            for user in range(first, first + 120)
            for item in rng.choice(30, 12, replace=False)
        ]
        (folder / f"{name}.csv").write_text("\n".join([*rows, f"U9999,{name}0,1.0,1300000000"]) + "\n")
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        entries = [
            f'[datasets."{name}"]\nformat = "amazon-csv-2014"\nuser_ids = "amazon"\n'
            f'url = "http://127.0.0.1:{server.server_port}/{name}.csv"\n'
            for name in ("sports", "clothing")
        ]
        (tmp_path / "served.toml").write_text("schema = 1\n" + "\n".join(entries))
        yield tmp_path / "served.toml"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that logs nothing."""

    def log_message(self, *arguments):
        pass


def small(domain, cdcdr):
    """The domain with the counts of the served file: the user with one interaction is not in the 5-core."""
    return replace(domain, dataset=domain.name, counts=cdcdr.Counts(120, 30, 1440))


@pytest.mark.slow
def test_both_directions_stand_beside_the_published_rows(script, served, tmp_path):
    cdcdr = script("cdcdr")
    domains = tuple(small(domain, cdcdr) for domain in (cdcdr.CLOTHING, cdcdr.SPORTS))
    tables = cdcdr.gate(domains, 60, catalogue=served, tune=0, out=tmp_path / "results")
    for table, domain in zip(tables, (cdcdr.SPORTS, cdcdr.CLOTHING), strict=True):
        assert table.startswith(f"| -> {domain.name} |")
        assert "`pooled-ease`" in table
        assert f"| **CD-CDR, published** | {domain.published['CD-CDR'][0]:.4f} |" in table


def test_counts_that_differ_are_named_line_by_line_and_nothing_runs(script, served, tmp_path):
    cdcdr = script("cdcdr")
    domains = tuple(replace(domain, dataset=domain.name) for domain in (cdcdr.CLOTHING, cdcdr.SPORTS))
    with pytest.raises(SystemExit, match="counts differ") as caught:
        cdcdr.gate(domains, cdcdr.SHARED_USERS, catalogue=served, tune=0, out=tmp_path / "results")
    lines = str(caught.value).splitlines()[1:]
    assert lines[0] == "clothing: users: 120, the paper has 39,387"
    assert lines[-1] == "shared users: 60, the paper has 3,908"
    assert len(lines) == 7
    assert not (tmp_path / "results").exists()


def test_every_user_is_dealt_eight_to_one_to_one(script, served):
    from tlbench.data import load

    cdcdr = script("cdcdr")
    parts = cdcdr.dealt(cdcdr.k_core(load("sports", catalogue=served), 5), "sports")
    shares = parts.group_by("user", "part").len().pivot(on="part", index="user", values="len")
    assert shares["train"].unique().to_list() == [10]  # of 12: places below .8 of 12
    assert shares["validation"].unique().to_list() == [1]
    assert shares["test"].unique().to_list() == [1]
    assert parts.select(pl.struct("user", "item").n_unique()).item() == 1440
