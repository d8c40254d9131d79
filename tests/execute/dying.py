"""A run that kills its own process at every stage of every write, one death a process, and remembers where it died."""

import json
import os
import signal
from pathlib import Path

from tlbench.io import atomic as files
from tlbench.pipeline import run_suite
from tlbench.plugins import register_all


def run_and_die(suite, root, plugin, deaths):
    """Run a suite; die where nobody has died before, else finish."""
    register_all([Path(plugin)])
    die = Undertaker(Path(deaths), Path(root))
    through, move = files._write_through, files._move

    def dying_write(path, content):
        die.at(path, "before")
        through(path, content[: len(content) // 2])
        die.at(path, "half")
        through(path, content)
        die.at(path, "written")

    def dying_move(path, target):
        move(path, target)
        die.at(target, "renamed")

    files._write_through, files._move = dying_write, dying_move
    run_suite(suite, Path(root))


class Undertaker:
    """Kills the process at each place once."""

    def __init__(self, record, root):
        self.record, self.root = record, root
        self.known = set(json.loads(record.read_text())) if record.exists() else set()

    def at(self, path, stage):
        """Die here, unless a process before us did."""
        name = path.relative_to(self.root).as_posix()
        if name.endswith(".part"):
            name = name.removesuffix(".part").rpartition(".")[0]
        if f"{name} {stage}" not in self.known:
            self.record.write_text(json.dumps(sorted([*self.known, f"{name} {stage}"])))
            os.kill(os.getpid(), signal.SIGKILL)
