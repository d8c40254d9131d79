"""What the README shows of results is what the committed results say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_readme_shows_the_committed_verdicts():
    made = subprocess.run([sys.executable, ROOT / "docs" / "verdicts.py"], check=True, capture_output=True, text=True)
    assert made.stdout in (ROOT / "README.md").read_text()
    assert made.stdout.count("| amazon-") == 4


def test_the_readme_shows_the_demo_as_the_golden_file_has_it():
    first, _, _ = (ROOT / "tests" / "golden" / "demo.terminal.txt").read_text().partition("\n\n")
    printed = "\n".join(line.rstrip() for line in first.splitlines())
    assert f"```\n{printed}\n```" in (ROOT / "README.md").read_text()
