"""What the user can mend: exit code 2, a message that names the value, a hint with the next step."""

import gzip
import hashlib
import json
import zipfile

import pytest
from typer.testing import CliRunner

from tlbench.cli.app import app
from tlbench.data import load

FAST = ["--baselines", "popularity,ease", "--methods", "pooled-ease", "--quiet"]


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def refused(*arguments):
    """Run a command that must be refused; return what it says on stderr."""
    done = run(*arguments)
    assert done.exit_code == 2, (done.exit_code, done.output, done.exception)
    assert done.stdout == ""
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture
def local(tmp_path, monkeypatch):
    """Write a file and a catalogue with one data set `mine` around it; return the catalogue's path."""
    monkeypatch.setenv("TLBENCH_CACHE", str(tmp_path / "cache"))

    def write(content: bytes, *, form="amazon-csv-2014", sha256=None, user_ids="demo", name="mine.csv.gz"):
        (tmp_path / name).write_bytes(content)
        total = sha256 or hashlib.sha256(content).hexdigest()
        catalogue = tmp_path / "datasets.toml"
        catalogue.write_text(
            f'schema = 1\n[datasets.mine]\nformat = "{form}"\nfile = "{name}"\nsha256 = "{total}"\n'
            f'user_ids = "{user_ids}"\n'
        )
        return str(catalogue)

    return write


def rows(*lines):
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


GOOD = [f"u{u},i{i},{1 + (u + i) % 5}.0,{1_640_000_000 + 977 * (5 * u + 7 * i)}" for u in range(12) for i in range(8)]


def on_mine(catalogue, *more):
    return ["run", "demo-movies:mine", "--catalogue", catalogue, "--out", "out", *FAST, *more]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], ["no scenario is given", "demo-movies->demo-books"]),
        (["run", "demo-movies->demo-boks"], ["unknown data set `demo-boks`", "did you mean `demo-books`"]),
        (["run", "demo-movies->demo-books", "--methods", "poled-ease"], ["`poled-ease`", "did you mean `pooled-ease`"]),
        (["run", "demo-movies->demo-books", "--baselines", "eas"], ["`eas`", "did you mean `ease`"]),
        (["run", "demo-movies->demo-books", "--metrics", "ndgc@10"], ["`ndgc", "did you mean `ndcg`"]),
        (["run", "demo-movies->demo-books", "--metrics", "ndcg@0"], ["ndcg@0"]),
        (["run", "demo-movies->demo-books", "--protocol", "tempral"], ["`tempral`", "did you mean `temporal`"]),
        (["run", "demo-books->demo-books"], ["as source and as target"]),
        (["run", "demo-books"], ["is not a scenario"]),
        (["run", "demo-movies->demo-books", "--set", "ease.l3=1"], ["`l3`", "did you mean `l2`"]),
        (["run", "demo-movies->demo-books", "--set", "ease"], ["METHOD.NAME=VALUE"]),
        (["run", "demo-movies->demo-books", "--margin", "200%"], ["`margin` is 2.0"]),
        (["run", "demo-movies->demo-books", "--k-core", "500"], ["empty after --k-core 500", "--k-core 1"]),
        (["run", "missing.toml"], ["missing.toml", "check the path"]),
        (["run", "demo-movies->demo-books", "--catalogue", "no.toml"], ["no.toml"]),
        (["run", "demo-movies->demo-books", "--plugin", "no.py"], ["no.py"]),
        (["report", "nowhere"], ["`nowhere` holds no results"]),
        (["compare", "nowhere", "elsewhere"], ["`nowhere` holds no results"]),
        (["compare", "a::ease", "b"], ["a folder and a method"]),
        (["data", "path", "demo-boks"], ["did you mean `demo-books`"]),
    ],
)
def test_a_wrong_argument_is_named_and_a_hint_given(tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    said = refused(*arguments)
    for word in words:
        assert word in said


def test_a_file_of_strangers_gives_nothing_to_transfer(local, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = refused(*on_mine(local(rows(*GOOD)), "--k-core", "1"))
    assert "none of `pooled-ease` can run" in said
    assert "needs shared users" in said


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (rows(*GOOD)[:-20], {}, ["mine.csv.gz"]),
        (rows(*GOOD), {"sha256": "0" * 64}, ["0000", "sha256"]),
        (rows(*GOOD[:5], "u1,i1,good,1400000000", *GOOD[5:]), {}, ["line 6", "good"]),
        (rows(*GOOD[:5], "u77,i1,9.0,1400000000", *GOOD[5:]), {}, ["line 6", "9"]),
        (rows("u1,i1"), {}, ["mine.csv.gz"]),
        (gzip.compress(b"", mtime=0), {}, ["mine.csv.gz"]),
        (b"no archive", {"form": "movielens-dat", "name": "mine.zip"}, ["mine.zip"]),
    ],
)
def test_a_bad_file_is_named_with_its_line(local, tmp_path, monkeypatch, content, options, words):
    monkeypatch.chdir(tmp_path)
    said = refused(*on_mine(local(content, **options), "--k-core", "1"))
    for word in words:
        assert word in said


def test_a_missing_file_is_named(local, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    catalogue = local(rows(*GOOD))
    (tmp_path / "mine.csv.gz").unlink()
    assert "mine.csv.gz" in refused(*on_mine(catalogue))


def test_lenient_drops_and_counts_what_cannot_be_used(local, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    catalogue = local(rows(*GOOD[:5], "u77,i1,9.0,1400000000", *GOOD[5:]))
    said = refused(*on_mine(catalogue, "--lenient", "--k-core", "1"))
    assert "needs shared users" in said


def test_swapped_columns_are_suspected_where_one_family_shares_nobody(local, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    users = load("demo-movies").users.to_list()
    swapped = [f"i{i},{user},5.0,1400000000" for i, user in enumerate(users[:20])]
    said = refused(*on_mine(local(rows(*swapped)), "--k-core", "1"))
    assert "share no user" in said
    assert "user and item columns are swapped" in said


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file, not a folder")
    said = refused("run", "demo-movies:demo-books", "--out", "taken", *FAST)
    assert "taken" in said
    assert "--out" in said


def test_results_of_an_unknown_schema_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("run", "demo-movies:demo-books", "--out", "out", *FAST).exit_code == 0
    (split,) = tmp_path.glob("out/*/split.json")
    split.write_text(json.dumps({**json.loads(split.read_text()), "schema": 99}))
    assert "schema 99" in refused("report", "out")


def test_a_zip_without_ratings_is_refused(local, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    archive = tmp_path / "other.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("readme.txt", "nothing here")
    said = refused(*on_mine(local(archive.read_bytes(), form="movielens-csv", name="mine.zip")))
    assert "mine.zip" in said
