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
    assert "freed" in run("data", "remove", "plays").stdout
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


def test_offline_asks_nobody_and_says_where_the_file_belongs(tmp_path):
    for command in (("run", "--out", tmp_path / "out"), ("inspect",), ("link",)):
        done = run(command[0], "movielens->amazon-books", "--offline", "--quiet", *command[1:])
        assert done.exit_code == 2
        assert "is not on this machine and `--offline` rules out fetching it" in done.stderr
        assert str(tmp_path / "cache" / "raw") in done.stderr
    assert not (tmp_path / "cache" / "raw").exists()


def test_the_environment_can_forbid_the_network(tmp_path, monkeypatch):
    monkeypatch.setenv("TLBENCH_OFFLINE", "1")
    done = run("run", "movielens->demo-books", "--out", tmp_path / "out", "--quiet")
    assert done.exit_code == 2
    assert "`--offline` rules out" in done.stderr


def test_what_is_not_here_yet_is_told_with_the_way_to_get_it():
    path = run("data", "path", "amazon-books")
    assert path.stdout.strip().endswith("Books.csv.gz")
    assert "is not here yet; `tlbench data fetch amazon-books@2023`" in path.stderr
    checked = run("data", "verify", "amazon-books")
    assert checked.exit_code == 2
    assert checked.stdout == "missing    amazon-books@2023 Books.csv.gz\n"
    assert "hint: `tlbench data fetch amazon-books@2023`" in checked.stderr


def test_what_code_makes_has_no_file():
    fetched = run("data", "fetch", "demo-books")
    assert fetched.exit_code == 2
    assert "`demo-books` has no file to fetch" in fetched.stderr
    checked = run("data", "verify", "demo-books")
    assert checked.exit_code == 0
    assert "has no file to verify" in checked.stderr


def test_a_near_miss_is_answered_with_the_nearest_name():
    for command in (
        ("run", "movielens->amazn-books"),
        ("data", "fetch", "amazn-books"),
        ("data", "path", "amazn-books"),
    ):
        done = run(*command)
        assert done.exit_code == 2
        assert "did you mean `amazon-books`?" in done.stderr
