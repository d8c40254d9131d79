"""One run per folder; a dead owner does not keep the others out."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tlbench.errors import TlbenchError
from tlbench.store.lock import OWNER, locked

HOLD = (
    "import sys, time, pathlib; from tlbench.store.lock import locked\n"
    "with locked(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
)


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_run_is_refused_and_told_who_is_there(tmp_path, holder):
    with pytest.raises(TlbenchError, match=rf"in use by process {holder.pid} of ") as caught, locked(tmp_path):
        pass
    assert "--out" in caught.value.hint


def test_a_killed_owner_leaves_no_lock(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    time.sleep(0.05)
    with locked(tmp_path):
        pass
    assert not (tmp_path / OWNER).exists()


def test_the_lock_is_gone_after_an_error(tmp_path):
    with pytest.raises(KeyError), locked(tmp_path):
        raise KeyError
    with locked(tmp_path):
        pass


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TlbenchError, match="cannot write into"), locked(tmp_path / "file" / "x"):
        pass
