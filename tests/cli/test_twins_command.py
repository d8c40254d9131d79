"""`tlbench twins`: what it finds, in every form."""

import csv
import json

import pytest
from typer.testing import CliRunner

from tlbench.cli.app import app


@pytest.fixture
def shops(tmp_path, monkeypatch):
    """A source in which `same` is the target's `thing`, and `twice-a` and `twice-b` are one."""
    monkeypatch.setenv("TLBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    day = 86_400 * 15_000
    source = ["user,item,timestamp"]
    target = ["user,item,timestamp"]
    for k in range(12):
        source += [f"u{k},same,{day + 86_400 * k}"] + [f"u{k + 20},twice-{x},{day + 86_400 * k}" for x in "ab"]
        target.append(f"u{k},thing,{day + 86_400 * k}")
    for k in range(60):
        source.append(f"u{k},s{k % 6},{day + 86_400 * (100 + k)}")
        target.append(f"u{k},t{k % 7},{day + 86_400 * (200 + k)}")
    for name, lines in (("source", source), ("target", target)):
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return f"{tmp_path / 'source.csv'}->{tmp_path / 'target.csv'}"


def ran(*arguments):
    result = CliRunner().invoke(app, ["twins", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_json_has_every_pair(shops):
    tables = json.loads(ran(shops, "--format", "json", "--quiet"))["twins"]
    found = {(pair["left_item"], pair["right_item"], pair["grade"]) for table in tables for pair in table["pairs"]}
    assert ("twice-a", "twice-b", "same events") in found


def test_the_terminal_says_how_many_there_are(shops):
    text = ran(shops, "--quiet")
    assert "same events: 1 pairs" in text
    assert max(map(len, text.splitlines())) <= 200


def test_the_table_is_written_and_printed_alike(shops, tmp_path):
    out = tmp_path / "twins.csv"
    printed = ran(shops, "--format", "csv", "--out", str(out), "--quiet")
    assert out.read_text() == printed
    rows = list(csv.DictReader(printed.splitlines()))
    assert {row["grade"] for row in rows} == {"same events"}
