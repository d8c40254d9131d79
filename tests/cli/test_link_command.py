"""From `tlbench link` over a table corrected by hand to a run, and what a run reuses when links change."""

import gzip
import json

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from tlbench.cli.app import app

CATALOGUE = """schema = 1
[datasets."shop-films"]
format = "amazon-csv-2014"
file = "films.csv"
items_file = "films.json.gz"
user_ids = "film people"

[datasets."shop-tapes"]
format = "amazon-csv-2014"
file = "tapes.csv"
items_file = "tapes.json.gz"
user_ids = "tape people"

[datasets."shop-soap"]
format = "amazon-csv-2014"
file = "tapes.csv"
user_ids = "soap people"
"""
WORKS = ("Heat", "Ali", "Duel", "Big", "Alien", "Brazil", "Clue", "Dune", "Fargo", "Giant", "Jaws", "Laura")


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Two shops without common ids that sell the same works."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "catalogue.toml").write_text(CATALOGUE)
    for seed, (name, wrap) in enumerate((("films", "{} (1990)"), ("tapes", "{} [VHS]"))):
        rng = np.random.default_rng(seed)
        rows = [
            f"{name}{u},{name}-{i},5,{1_400_000_100 + 20 * u + i}" for u in range(60) for i in rng.permutation(12)[:8]
        ]
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n")
        items = [{"asin": f"{name}-{i}", "title": wrap.format(work)} for i, work in enumerate(WORKS)]
        with gzip.open(folder / f"{name}.json.gz", "wt") as out:
            out.write("\n".join(map(json.dumps, items)) + "\n")
    return folder


def started(shop, out, *more):
    options = ("--methods", "pooled-popularity", "--baselines", "popularity", "--protocol", "ratio", "--placebo")
    where = ("--catalogue", shop / "catalogue.toml", "--out", out, "--quiet")
    return run("run", "shop-films->shop-tapes", *options, *where, *more)


def split_of(out):
    return json.loads((out / "shop-films--shop-tapes" / "split.json").read_text())


def stamps(out):
    return {path: path.stat().st_mtime_ns for path in out.rglob("seed-*.json")}


def test_link_prints_how_many_match_within_80_columns(shop):
    done = run("link", "shop-films->shop-tapes", "--catalogue", shop / "catalogue.toml", "--quiet")
    assert done.exit_code == 0, done.output
    assert "  target items with a matching title: 12" in done.stdout
    assert "  linked: 12 (12 exact, 0 fuzzy)" in done.stdout
    assert "  collisions, given up because an item is linked elsewhere: 0" in done.stdout
    assert "most doubtful" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_link_where_titles_are_missing_says_how_to_get_them(shop):
    done = run("link", "shop-soap->shop-films", "--catalogue", shop / "catalogue.toml", "--quiet")
    assert done.exit_code == 2
    assert "`shop-soap` has no titles to link by; `tlbench data fetch shop-soap --items`" in done.stderr


def test_a_run_links_by_title_unless_told_otherwise_and_every_report_says_so(shop, tmp_path):
    done = started(shop, tmp_path / "run")
    assert done.exit_code == 0, done.output
    line = "shop-films: 12 of 12 items linked by title to the 12 of shop-tapes"
    assert line in done.stdout
    assert line in run("report", tmp_path / "run", "--format", "markdown").stdout
    assert line in run("report", tmp_path / "run", "--format", "html").stdout
    told = json.loads(run("report", tmp_path / "run", "--format", "json").stdout)
    source = told["scenarios"][0]["card"]["domains"][0]
    assert (source["linked_items"], source["linked_by"]) == (12, "title")
    assert told["suite"]["links"] == "titles"


def test_without_links_the_reason_is_told(shop, tmp_path):
    done = started(shop, tmp_path / "run", "--links", "none")
    assert done.exit_code == 2
    assert "`--links none` links nothing by title" in done.stderr


def test_a_corrected_table_is_fed_back_and_results_with_other_links_are_not_reused(shop, tmp_path):
    table, out = tmp_path / "links.csv", tmp_path / "run"
    written = run("link", "shop-films->shop-tapes", "--out", table, "--catalogue", shop / "catalogue.toml", "--quiet")
    assert written.exit_code == 0, written.output
    assert started(shop, out).exit_code == 0
    by_title, first = split_of(out), stamps(out)
    assert started(shop, out, "--links", table).exit_code == 0
    same, second = split_of(out), stamps(out)
    assert same["card"]["digest"] == by_title["card"]["digest"]  # the same links: cells are still true
    assert second == first
    assert same["card"]["domains"][0]["linked_by"] == "table"

    pl.read_csv(table).with_columns(kept=pl.col("target_title") != "Jaws [VHS]").write_csv(table)
    assert started(shop, out, "--links", table).exit_code == 0
    other, third = split_of(out), stamps(out)
    assert other["inputs"] != same["inputs"]  # the file's content counts, not its name
    assert other["card"]["digest"] != by_title["card"]["digest"]
    assert other["card"]["domains"][0]["linked_items"] == 11
    assert all(third[path] != stamp for path, stamp in second.items())


@pytest.mark.parametrize(
    ("links", "message"),
    [("title", "unknown way to link items `title`"), ("lost.csv", "`lost.csv` is not a table of links")],
)
def test_a_wrong_way_to_link_is_refused_before_any_work(shop, tmp_path, links, message):
    done = started(shop, tmp_path / "run", "--links", links)
    assert done.exit_code == 2
    assert message in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_table_beside_a_suite_file_is_found(shop, tmp_path):
    (tmp_path / "links.csv").write_text("source,source_item,target_item\nshop-films,films-0,tapes-1\n")
    suite = tmp_path / "suite.toml"
    lines = ("schema = 1", 'scenarios = ["shop-films->shop-tapes"]', 'links = "links.csv"', 'protocol = "ratio"')
    suite.write_text("\n".join((*lines, 'baselines = ["popularity"]', 'methods = ["pooled-popularity"]')))
    done = run("run", suite, "--catalogue", shop / "catalogue.toml", "--out", tmp_path / "run", "--quiet")
    assert done.exit_code == 0, done.output
    assert split_of(tmp_path / "run")["card"]["domains"][0]["linked_items"] == 1
    assert run("report", tmp_path / "run").exit_code == 0


def test_a_report_needs_no_table_any_more(shop, tmp_path):
    table = tmp_path / "links.csv"
    table.write_text("source,source_item,target_item\nshop-films,films-0,tapes-1\n")
    assert started(shop, tmp_path / "run", "--links", table).exit_code == 0
    table.unlink()
    assert "1 of 12 items linked by a table" in run("report", tmp_path / "run").stdout
