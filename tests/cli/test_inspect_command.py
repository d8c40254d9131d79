"""The domain-gap card as people and programs see it, and where a run keeps it."""

import json

import pytest
from typer.testing import CliRunner

from tlbench.cli.app import app


def inspect(*arguments):
    done = CliRunner().invoke(app, ["inspect", "demo-movies->demo-books", "--quiet", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_card_fits_80_columns_and_names_every_figure():
    text = inspect()
    assert max(map(len, text.splitlines())) <= 80
    for name in ("shared users", "linked items", "popular alike", "taste alike", "other words", "other ratings"):
        assert f"\n  {name}" in text
    assert "3 % of the source is later than 2021-09-25" in text
    said = " ".join(text.split())
    assert "resemble each other in both more than by chance" in said
    assert "they say where transfer can start, not that it helps" in said


def test_the_card_tells_of_twins():
    assert "no twins among 400 items" in inspect()
    assert "no twins among 400 items" in inspect("--format", "markdown")


def test_without_a_cut_the_card_says_so():
    assert "no one moment cuts the domains" in " ".join(inspect("--protocol", "ratio").split())


def test_markdown_says_the_same():
    text = inspect("--format", "markdown")
    assert text.startswith("# demo-movies->demo-books\n")
    assert "| taste alike | canonical correlations" in text


def test_json_has_the_documented_shape():
    card = json.loads(inspect("--format", "json"))
    assert set(card) == {"schema", "scenario", "cut", "domains", "sources", "sentences", "twins"}
    assert card["twins"]["exposed_share"] == 0.0
    assert card["twins"]["sources"][0]["items"] == 0
    assert set(card["domains"][0]) == {
        *("name", "role", "users", "items", "interactions", "density", "history", "gini", "popularity"),
        *("ratings", "mean_rating", "first", "last"),
    }
    assert set(card["sources"][0]) == {
        *("source", "shared_users", "shared_of_source", "shared_of_target"),
        *("linked_items", "linked_of_source", "linked_of_target", "linked_by"),
        *("rating_distance", "after_cut", "popularity", "text", "taste", "missing"),
    }
    assert set(card["sources"][0]["text"]) == {"distance", "accuracy", "texts"}
    assert set(card["sources"][0]["taste"]) == {
        *("correlations", "by_chance", "strength", "strength_by_chance", "pvalue", "users"),
    }


def test_a_run_keeps_the_card_and_the_page_shows_it(tmp_path):
    options = ("--methods", "pooled-item-knn", "--baselines", "popularity", "--out", str(tmp_path), "--quiet")
    run = CliRunner().invoke(app, ["run", "demo-movies->demo-books", *options])
    assert run.exit_code == 0, run.output
    kept = json.loads((tmp_path / "demo-movies--demo-books" / "gap.json").read_text())["gap"]
    card = json.loads(inspect("--format", "json"))
    assert kept == {key: card[key] for key in kept}
    page = CliRunner().invoke(app, ["report", str(tmp_path), "--format", "html"]).stdout
    assert "How far apart the domains are" in page
    assert "canonical correlations" in page
    (tmp_path / "demo-movies--demo-books" / "gap.json").unlink()  # as results of before
    page = CliRunner().invoke(app, ["report", str(tmp_path), "--format", "html"])
    assert page.exit_code == 0
    assert "How far apart the domains are" not in page.stdout


def test_a_scenario_without_bridges_is_told_so(tmp_path):
    for name in ("one", "two"):
        rows = [f"{name}{u},{name}-{i},5,1300000000" for u in range(20) for i in range(6)]
        (tmp_path / f"{name}.csv").write_text("\n".join(rows) + "\n")
    entry = '[datasets."{0}"]\nformat = "amazon-csv-2014"\nfile = "{0}.csv"\nuser_ids = "{0}"\n'
    (tmp_path / "c.toml").write_text("schema = 1\n" + "".join(map(entry.format, ("one", "two"))))
    done = CliRunner().invoke(
        app, ["inspect", "one->two", "--protocol", "ratio", "--catalogue", str(tmp_path / "c.toml"), "--quiet"]
    )
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    assert "one shares too few users and items with the target" in said
    assert "not known: 0 shared users, 50 are needed" in said


@pytest.mark.parametrize("links", ["title", "lost.csv"])
def test_a_wrong_way_to_link_is_an_error(links):
    done = CliRunner().invoke(app, ["inspect", "demo-movies->demo-books", "--links", links])
    assert done.exit_code == 2
