"""The README shows what the demo prints."""

from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_readme_shows_the_demo_as_it_is_printed():
    first = (ROOT / "tests" / "golden" / "demo.terminal.txt").read_text().split("\n\n")[0]
    shown = (ROOT / "README.md").read_text()
    assert "\n".join(line.rstrip() for line in first.splitlines()) in shown
