"""One process holds a lock; the others wait or are told, and a dead holder holds nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tlbench.io.lock import Busy, exclusive

HOLD = (
    "import sys, time, pathlib; from tlbench.io.lock import exclusive\n"
    "with exclusive(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_who_does_not_wait_is_told(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(Busy), exclusive(tmp_path / "lock"):
        pass


def test_who_waits_says_so_once_and_goes_on_when_the_holder_dies(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    said = []

    def on_wait() -> None:
        said.append("waiting")
        threading.Timer(0.2, holder.kill).start()

    with exclusive(tmp_path / "lock", on_wait=on_wait):
        assert said == ["waiting"]


def test_lock_is_free_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), exclusive(tmp_path / "lock"):
        raise KeyError
    with exclusive(tmp_path / "lock"):
        pass


def test_folder_that_cannot_be_made_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError), exclusive(tmp_path / "file" / "lock"):
        pass
