"""What the shell is told, for every way in which a command can end."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tlbench.analysis.regression import Gate
from tlbench.cli.gating import leave
from tlbench.cli.guard import ExitCode, Terminated, guarded
from tlbench.errors import NothingToCompare, TlbenchError


def ended(error):
    """Run a command that raises; return its exit code and what it said."""

    @guarded
    def command() -> None:
        """Raise."""
        raise error

    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, [])


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (TlbenchError("no", hint="yes"), 2, "error: no\nhint: yes\n"),
        (NothingToCompare("nothing", hint="look"), 3, "error: nothing\nhint: look\n"),
        (KeyboardInterrupt(), 130, "interrupted; finished cells are kept"),
        (Terminated(), 143, "terminated; finished cells are kept"),
        (MemoryError("of 5 GB"), 2, "error: out of memory: of 5 GB"),
        (OSError(errno.ENOSPC, "No space left on device"), 2, "error: the output is cut off: No space left on device"),
        (OSError(errno.EDQUOT, "Quota exceeded", "f.csv"), 2, "error: no space is left for `f.csv`"),
        (KeyError("k"), 70, "internal error: KeyError: 'k'; this is a defect of tlbench, please report it with "),
        (SystemExit(0), 70, "internal error: it called sys.exit(0)"),
        (RecursionError("deep"), 70, "internal error: RecursionError: deep"),
        (BaseException("b"), 70, "internal error: BaseException: b"),
    ],
)
def test_every_end_has_its_exit_code(error, code, said):
    done = ended(error)
    assert done.exit_code == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_trace_of_a_defect_lies_in_the_file_that_is_named():
    done = ended(ZeroDivisionError("one by\nnought"))
    (line,) = done.stderr.splitlines()
    name = line.rpartition(" ")[2]
    assert "ZeroDivisionError: one by" in Path(name).read_text()
    Path(name).unlink()


def test_no_code_stands_for_two_things():
    assert len({code.value for code in ExitCode}) == len(ExitCode)


def test_gate_without_a_comparison_does_not_open():
    with pytest.raises(NothingToCompare):
        leave(Gate(()))


FULL = Path("/dev/full")
RUN = [sys.executable, "-m", "tlbench"]
FAST = ("--baselines", "item-knn", "--methods", "pooled-item-knn", "--quiet")


@pytest.mark.parametrize("command", [["--help"], ["list", "methods"], ["run", "--help"]])
@pytest.mark.skipif(not FULL.exists(), reason="this system has no full device")
def test_output_that_is_cut_off_is_an_error(command):
    with FULL.open("w") as full:
        done = subprocess.run([*RUN, *command], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "error: " in done.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_report_that_does_not_fit_is_an_error(tmp_path, unbuffered):
    """A limit of 64 kB on files: once, 65,536 of 944,194 bytes were written with exit code 0."""
    out = tmp_path / "out"
    subprocess.run([*RUN, "run", "demo-movies->demo-books", *FAST, "--out", str(out)], check=True, capture_output=True)
    page = [*RUN, "report", str(out), "--format", "html"]
    subprocess.run(page, check=True, capture_output=True)  # the libraries of charts are in the cache now
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    shell = f"ulimit -f 64; exec {sys.executable} -m tlbench report {out} --format html > {tmp_path / 'page.html'}"
    done = subprocess.run(["bash", "-c", shell], stderr=subprocess.PIPE, text=True, timeout=120, env=environment)
    assert done.returncode == 2, done.stderr
    assert "cut off" in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_a_run_with_its_code_and_leaves_a_folder_that_goes_on(tmp_path, number, code):
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*RUN, "run", "demo-movies->demo-books", "--out", str(out), "--jobs", "2", "--seeds", "3"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(600):
        if list(out.rglob("seed-*.json")):
            break
        time.sleep(0.05)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == code, stderr
    assert "finished cells are kept" in stderr
    assert "Traceback" not in stderr
    assert not list(out.rglob("*.part"))
    assert not (out / ".owner.json").exists()
