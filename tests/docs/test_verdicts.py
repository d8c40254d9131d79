"""The README's tables of verdicts are what the committed results say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_readme_shows_the_committed_verdicts():
    made = subprocess.run([sys.executable, ROOT / "docs" / "verdicts.py"], check=True, capture_output=True, text=True)
    assert made.stdout in (ROOT / "README.md").read_text()
    assert made.stdout.count("->") == 9
