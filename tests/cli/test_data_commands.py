"""`tlbench data`: what is fetched, imported, listed and removed."""

import pytest
from typer.testing import CliRunner

from tlbench.cli.app import app


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TLBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TLBENCH_CATALOGUE", raising=False)


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def plays(tmp_path):
    path = tmp_path / "plays.txt"
    path.write_text("who;what;when\n" + "".join(f"u{k % 9};i{k};{1_300_000_000 + k}000\n" for k in range(90)))
    return path


def test_import_shows_its_guess_in_one_line_and_the_counts(plays):
    done = run("data", "import", plays, "--as", "plays", "--columns", "user=who,item=what,timestamp=when")
    assert done.exit_code == 0, done.output
    assert done.stdout == "plays: 9 users, 90 items, 90 interactions\n"
    assert "csv; semicolon-separated; with header; user = who, item = what, timestamp = when" in done.stderr
    listed = run("data", "list").stdout
    assert "plays" in listed
    assert run("data", "path", "plays").stdout == f"{plays}\n"
    assert run("data", "verify", "plays").stdout == "fine       plays plays.txt\n"
    assert "given back" in run("data", "remove", "plays").stdout
    assert run("data", "path", "plays").exit_code == 2


def test_import_without_recognisable_columns_says_how_to_name_them(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("only\n1\n2\n")
    done = run("data", "import", path, "--as", "x")
    assert done.exit_code == 2
    assert "hint:" in done.stderr


def test_wrong_columns_option_is_refused(plays):
    done = run("data", "import", plays, "--as", "x", "--columns", "user")
    assert done.exit_code == 2
    assert "`user` in `--columns` names no column" in done.stderr


def test_fetch_of_what_is_here_prints_where_it_is(catalogue):
    done = run("data", "fetch", "movielens@100k", "--catalogue", catalogue)
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{catalogue.parent / 'ml-100k.zip'}\n"


def test_removing_what_is_not_there_exits_with_2():
    done = run("data", "remove", "movielens@25m")
    assert done.exit_code == 2
    assert "nothing is stored" in done.stderr
