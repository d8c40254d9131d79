"""Nothing of a run outlives its main process, at whichever moment that is killed, start-up included."""

import os
import signal
import sys
import time

import psutil
import pytest

MOMENTS = 10
SLOW = ("--baselines", "tiny-noise,popularity", "--methods", "pooled-item-knn", "--seeds", "6", "--jobs", "2")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sessions of processes are counted by Linux")


def members_of(session):
    """Processes of a session that are more than remnants."""
    found = []
    for process in psutil.process_iter(["pid", "status"]):
        try:
            if os.getsid(process.pid) == session and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except OSError:
            continue
    return found


def kill_after(tiny_run, seconds, number):
    """Kill a run of two jobs after so many seconds; return how many processes it had and which are left 2 s later."""
    process = tiny_run(*SLOW, "--set", "tiny-noise.seconds=0.5")
    time.sleep(seconds)
    members = members_of(process.pid)
    os.kill(process.pid, number)
    process.wait()
    end = time.monotonic() + 2
    while members_of(process.pid) and time.monotonic() < end:
        time.sleep(0.05)
    return len(members), members_of(process.pid)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_of_a_killed_run_2_seconds_later(tiny_run, tmp_path, number, record_property):
    most = 0
    for moment in range(MOMENTS):
        n, left = kill_after(tiny_run, 0.4 + 0.6 * moment, number)
        assert left == [], f"killed after {0.4 + 0.6 * moment} s"
        most = max(most, n)
    record_property("attacks", MOMENTS)
    assert most >= 4  # the main process, the one that forks, and two workers


def test_process_whose_main_is_gone_ends_at_once(command):
    import subprocess

    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    code = "from tlbench.execute.lifeline import end_with_main; end_with_main(); print('alive')"
    environment = {**os.environ, "TLBENCH_MAIN_PROCESS": str(gone.pid)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")


def test_fork_that_holds_the_interpreter_ends_with_the_process_that_forked_it():
    import subprocess

    code = (
        "import os, time\n"
        "from tlbench.execute.lifeline import end_with_main\n"
        "end_with_main()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    import re; re.match(r'(a+)+$', 'a' * 60 + 'b')  # holds the interpreter for ages\n"
        "print(child, flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", code], stdout=subprocess.PIPE, text=True)
    child = int(process.stdout.readline())
    time.sleep(0.2)
    process.kill()
    process.communicate()
    end = time.monotonic() + 2
    while psutil.pid_exists(child) and psutil.Process(child).status() != "zombie" and time.monotonic() < end:
        time.sleep(0.05)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie"
