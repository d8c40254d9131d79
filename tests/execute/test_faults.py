"""Whichever call of the system fails, and whenever: an error with a hint, no partial file, and the next run goes on."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import filelock
import pytest
from typer.testing import CliRunner

from tlbench.cli.app import app
from tlbench.io import atomic

PLUGIN = Path(__file__).with_name("tiny_plugin.py")
RUN = ("run", "tiny-a->tiny-b", "--plugin", str(PLUGIN), "--baselines", "popularity,tiny-noise", "--seeds", "2")
RUN += ("--methods", "pooled-item-knn", "--k-core", "1", "--protocol", "ratio", "--jobs", "1", "--quiet")
UNSTEADY = (".time.json", "environment.json", "report.json")  # they hold seconds
KINDS = ("open", "write", "fsync", "rename", "mkdir", "lock")
REASONS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT, errno.EROFS)


class Faults:
    """Calls of the system below a folder, of which the n-th of one kind fails; without a kind none does."""

    def __init__(self, root: Path, kind: str | None = None, number: int = 0, reason: int = errno.ENOSPC) -> None:
        self.root, self.kind, self.number, self.reason = root, kind, number, reason
        self.calls = dict.fromkeys(KINDS, 0)

    def meet(self, kind: str) -> None:
        """Count a call, and fail where it is the one."""
        place = self.calls[kind]
        self.calls[kind] += 1
        if (kind, place) == (self.kind, self.number):
            raise OSError(self.reason, os.strerror(self.reason))

    @contextmanager
    def injected(self) -> Iterator[Faults]:
        """Let the calls inside the block meet their faults."""
        with pytest.MonkeyPatch.context() as patch:
            self._before(patch, "rename", Path, "replace")
            self._before(patch, "mkdir", Path, "mkdir")
            self._before(patch, "lock", filelock.FileLock, "acquire")
            self._before(patch, "fsync", os, "fsync", everywhere=True)
            self._on_open(patch)
            self._on_write(patch)
            yield self

    def _before(self, patch: pytest.MonkeyPatch, kind: str, owner: Any, name: str, *, everywhere: bool = False) -> None:
        real: Callable[..., Any] = getattr(owner, name)

        def call(first: Any, *rest: Any, **named: Any) -> Any:
            if everywhere or self._is_ours(getattr(first, "lock_file", first)):
                self.meet(kind)
            return real(first, *rest, **named)

        patch.setattr(owner, name, call)

    def _on_open(self, patch: pytest.MonkeyPatch) -> None:
        real = Path.open

        def call(path: Path, mode: str = "r", *rest: Any, **named: Any) -> Any:
            if "w" in mode and self._is_ours(path):
                self.meet("open")
            return real(path, mode, *rest, **named)

        patch.setattr(Path, "open", call)

    def _on_write(self, patch: pytest.MonkeyPatch) -> None:
        """A write that fails has written half."""
        real = atomic._write_through

        def call(path: Path, content: bytes) -> None:
            try:
                self.meet("write")
            except OSError:
                path.write_bytes(content[: len(content) // 2])
                raise
            real(path, content)

        patch.setattr(atomic, "_write_through", call)

    def _is_ours(self, path: object) -> bool:
        return str(path).startswith(str(self.root))


def steady(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(UNSTEADY) and path.name != ".lock"
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], dict[str, int]]:
    """The files of a run that nothing disturbs, and how many calls of each kind it makes."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    with Faults(out).injected() as faults:
        done = CliRunner().invoke(app, [*RUN, "--out", str(out)])
    assert done.exit_code == 0, done.output
    return steady(out), faults.calls


def assert_survived(out: Path, kind: str, number: int, reason: int, wanted: dict[str, bytes]) -> None:
    """Run with one fault: the program says so, leaves nothing half done, and goes on when asked again."""
    case = f"{kind} {number} {errno.errorcode[reason]}"
    with Faults(out, kind, number, reason).injected():
        done = CliRunner().invoke(app, [*RUN, "--out", str(out)])
    assert done.exit_code == 2, (case, done.exit_code, done.output, done.exception)
    assert "error: " in done.stderr, case
    assert "hint: " in done.stderr, case
    assert "Traceback" not in done.output, case
    assert not list(out.rglob("*.part")), case
    for path, content in steady(out).items():
        # The plan is written again as it grows: first without the placebos, which are asked of what gained.
        assert content == wanted.get(path, content) or path.endswith("split.json"), (case, path)
    again = CliRunner().invoke(app, [*RUN, "--out", str(out)])
    assert again.exit_code == 0, (case, again.output)
    assert steady(out) == wanted, case


@pytest.mark.parametrize("kind", KINDS)
def test_first_and_last_call_of_a_kind_may_fail(kind, undisturbed, tmp_path):
    wanted, calls = undisturbed
    assert calls[kind], "the run makes such calls"
    for number in {0, calls[kind] - 1}:
        assert_survived(tmp_path / str(number), kind, number, errno.ENOSPC, wanted)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_call_of_a_kind_may_fail(kind, undisturbed, tmp_path, record_property):
    wanted, calls = undisturbed
    for number, reason in zip(range(calls[kind]), cycle(REASONS), strict=False):
        assert_survived(tmp_path / str(number), kind, number, reason, wanted)
    record_property("attacks", calls[kind])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="`ulimit` belongs to POSIX shells")
@pytest.mark.parametrize("form", ["terminal", "markdown", "json", "html", "junit"])
def test_report_that_is_cut_at_any_length_is_an_error(form, tmp_path, record_property):
    out = tmp_path / "out"
    assert CliRunner().invoke(app, [*RUN, "--out", str(out)]).exit_code == 0
    report = f"exec {sys.executable} -m tlbench report {out} --format {form} --plugin {PLUGIN}"
    whole = subprocess.run(["bash", "-c", report], capture_output=True, check=True).stdout
    lengths = [length for length in (0, 1, 2, 4, 16, 64) if 1024 * length < len(whole)]
    for length in lengths:
        cut = tmp_path / "cut"
        done = subprocess.run(["bash", "-c", f"ulimit -f {length}; {report} > {cut}"], capture_output=True, text=True)
        assert done.returncode == 2, (length, done.stderr)
        assert "cut off" in done.stderr
    record_property("attacks", len(lengths))
