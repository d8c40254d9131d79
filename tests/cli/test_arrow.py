"""What a shell makes of an unquoted arrow, tried in a real one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tlbench.cli.app import app

SHELLS = [shell for shell in ("bash", "zsh") if shutil.which(shell)]
OPTIONS = "--baselines popularity --methods pooled-ease -q --out out"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "xterm-256color"}


def shell(command, cwd, program="bash"):
    script = f'tlbench() {{ "{sys.executable}" -m tlbench "$@"; }}; {command}'
    return subprocess.run([program, "-c", script], cwd=cwd, capture_output=True, text=True, env=ENVIRONMENT)


@pytest.mark.parametrize("program", SHELLS)
def test_an_unquoted_arrow_runs_what_was_meant(tmp_path, program):
    done = shell(f"tlbench run demo-movies->demo-books {OPTIONS}", tmp_path, program)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    report = (tmp_path / "demo-books").read_text()
    assert report.startswith("demo-movies->demo-books\n")
    assert "\x1b" not in report
    assert '"demo-movies->demo-books"' in done.stderr
    assert "quotes" in done.stderr


def test_options_before_the_arrow_and_two_sources_survive_it(tmp_path):
    done = shell(f"tlbench run {OPTIONS} demo-movies+demo-noise->demo-books", tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "demo-books").read_text().startswith("demo-movies+demo-noise->demo-books\n")


@pytest.mark.parametrize("redirection", ["| cat", ">/dev/null"])
def test_where_the_file_cannot_be_found_out_the_right_command_is_shown(tmp_path, redirection):
    done = shell(f"set -o pipefail; tlbench run demo-movies- {redirection}", tmp_path)
    assert done.returncode == 2
    assert 'tlbench run "demo-movies->TARGET"' in done.stderr
    assert "demo-movies:TARGET" in done.stderr


@pytest.mark.parametrize("arrow", ["->", ":", "→"])
def test_all_ways_to_write_the_arrow_give_the_same_report(tmp_path, monkeypatch, arrow):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["run", f"demo-movies{arrow}demo-books", *OPTIONS.split()])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("demo-movies->demo-books\n")


def test_no_colour_reaches_a_pipe(tmp_path):
    command = [sys.executable, "-m", "tlbench", "run", "demo-movies:demo-books", *OPTIONS.split()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert "\x1b" not in done.stdout + done.stderr


def test_a_file_of_data_that_the_shell_emptied_is_said(tmp_path):
    (tmp_path / "orders.csv").write_text("user,item\n1,2\n")
    done = shell("tlbench run clicks.csv->orders.csv", tmp_path)
    assert done.returncode == 2
    assert "emptied that file" in done.stderr


def test_files_stand_in_a_scenario(tmp_path, monkeypatch):
    from tlbench.data import load

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TLBENCH_CACHE", str(tmp_path / "cache"))
    for name, file in (("demo-movies", "clicks.csv"), ("demo-books", "orders.tsv")):
        data = load(name)
        moments = data.timestamp.astype("datetime64[s]").astype(str)
        rows = zip(data.users.gather(data.user), data.items.gather(data.item), moments, strict=True)
        separator = "\t" if file.endswith("tsv") else ","
        lines = ["customer_id,sku,event_ts".replace(",", separator), *(separator.join(row) for row in rows)]
        (tmp_path / file).write_text("\n".join(lines) + "\n")
    done = CliRunner().invoke(app, ["run", "clicks.csv->orders.tsv", *OPTIONS.split()[:-3], "--out", "out"])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("clicks->orders\n")
    assert "1,400" in done.stdout  # users that both files share
    assert "`clicks.csv` is read as csv; comma-separated" in done.stderr
