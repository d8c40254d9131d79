"""How many attacks of each class are tried, and how many are survived: the table of docs/reliability.md.

    python benchmarks/faults.py [--write] [--budget 600]

An attack is one test, or one of the many that a test counts in its property ``attacks``. A class survives an attack
where the test passes; a test that fails counts as one attack that was not survived. The classes run one after the
other in processes of their own; those that the budget (seconds) leaves no time for say so.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"


@dataclass(frozen=True)
class Class:
    """Attacks of one kind: what must hold, and the tests that try it."""

    name: str
    promise: str
    tests: tuple[str, ...]


CLASSES = (
    Class(
        "poisoned input",
        "a method that writes to its data fails alone and moves no number of another",
        ("tests/execute/test_poison.py",),
    ),
    Class(
        "curious methods",
        "what is held out is not in the process that fits",
        ("tests/execute/test_withheld.py", "tests/split/test_leakage.py"),
    ),
    Class(
        "foreign code that exits",
        "a gate never opens because nothing ran",
        ("tests/execute/test_foreign_code.py", "tests/cli/test_guard.py"),
    ),
    Class(
        "edited results",
        "a changed byte is refused with the file's name, and the next run heals it",
        ("tests/store/test_edits.py", "tests/store/test_consolidated.py", "tests/store/test_records.py"),
    ),
    Class(
        "failing system calls",
        "whichever write, rename, fsync or lock fails: an error with a hint, no partial file, the next run goes on",
        ("tests/execute/test_faults.py", "tests/io/test_atomic.py"),
    ),
    Class(
        "killed processes",
        "results after a kill are those of an undisturbed run, byte for byte, and no process stays",
        ("tests/execute/test_crash.py", "tests/execute/test_lifeline.py", "tests/store/test_lock.py"),
    ),
    Class(
        "stale results",
        "whatever can move a number changes a cell's address",
        ("tests/store/test_address.py",),
    ),
    Class(
        "wrong clocks",
        "a moment that cannot be is refused, with the unit that would fit",
        ("tests/data/test_clock.py", "tests/data/test_moments.py"),
    ),
    Class(
        "hostile files",
        "a file loads as it stands, or its line is named",
        ("tests/data/test_fuzz.py", "tests/data/test_bad_input.py", "tests/cli/test_bad_input.py"),
    ),
    Class(
        "hostile names",
        "no name leads out of its folder, or becomes a formula or a tag",
        ("tests/test_names.py", "tests/scenario/test_grammar.py", "tests/report/test_escapes.py"),
    ),
    Class(
        "secrets",
        "credentials of an address stay out of messages, cache paths and results",
        ("tests/data/test_address.py",),
    ),
    Class(
        "other places",
        "results at an address are those of a folder",
        ("tests/store/test_elsewhere.py", "tests/store/test_place.py"),
    ),
)


class Outcome(NamedTuple):
    """Attacks that were tried and survived, tests that this machine cannot run, and seconds."""

    tried: int
    survived: int
    skipped: int
    seconds: float


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    parser.add_argument("--budget", type=float, default=600, help="seconds for all classes together")
    asked = parser.parse_args()
    end = time.monotonic() + asked.budget
    rows = []
    for each in CLASSES:
        left = end - time.monotonic()
        outcome = attack(each, left) if left > 0 else None
        rows.append((each, outcome))
        print(each.name, outcome or "no time was left", flush=True)
    text = "\n".join(table(rows))
    print(f"\n{text}")
    if asked.write:
        write(text)
    sys.exit(any(outcome is None or outcome.survived < outcome.tried for _, outcome in rows))


def attack(each, seconds):
    """Run the tests of a class, slow ones included; None where they took too long."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "junit.xml"
        command = [sys.executable, "-m", "pytest", "-q", "--no-header", f"--junitxml={report}", *each.tests]
        start = time.monotonic()
        try:
            subprocess.run(command, cwd=ROOT, timeout=seconds, check=False, capture_output=True)
        except subprocess.TimeoutExpired:
            return None
        return count(report, time.monotonic() - start)


def count(report, seconds):
    """Add up the attacks of a JUnit file."""
    tried = survived = skipped = 0
    for case in ElementTree.parse(report).iter("testcase"):
        failed = any(case.find(end) is not None for end in ("failure", "error"))
        if case.find("skipped") is not None:
            skipped += 1
            continue
        found = case.find("properties/property[@name='attacks']")
        attacks = 1 if found is None or failed else int(found.get("value"))
        tried, survived = tried + attacks, survived + (0 if failed else attacks)
    return Outcome(tried, survived, skipped, seconds)


def table(rows):
    """Return the lines of the table."""
    yield "| class | what must hold | tried | survived | skipped here |"
    yield "|:--|:--|--:|--:|--:|"
    for each, outcome in rows:
        figures = (
            "no time | no time | "
            if outcome is None
            else f"{outcome.tried:,} | {outcome.survived:,} | {outcome.skipped}"
        )
        yield f"| {each.name} | {each.promise} | {figures} |"
    done = [outcome for _, outcome in rows if outcome is not None]
    total = (sum(each.tried for each in done), sum(each.survived for each in done), sum(each.skipped for each in done))
    yield f"| **all** | | **{total[0]:,}** | **{total[1]:,}** | {total[2]} |"


def write(text):
    """Put the table between the two marks of the page."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
