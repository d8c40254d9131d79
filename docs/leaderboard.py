"""Committed results -> the page of all verdicts (docs/leaderboard.md), and the README's table and picture of profiles.

    python docs/leaderboard.py [--write]

`results/SUITE/verdicts.csv` is what `tlbench report results/SUITE --format csv` prints after `tlbench run SUITE`;
`results/SUITE/profile.json` and the drawings beside it are what `tlbench profile SUITE` writes. Neither has user ids.
`--write` writes the page, puts the table between the README's marks, and copies the first drawing to
docs/pictures/profile.svg.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "results"
PAGE = ROOT / "docs" / "leaderboard.md"
PICTURE = ROOT / "docs" / "pictures" / "profile.svg"
MARKS = "<!-- profiles: made by docs/leaderboard.py -->\n", "<!-- end of profiles -->\n"
HEAD = """# Leaderboard

Every transfer method of the committed suites on every pair, with its verdict. Rows named *cold users* are of users new to the target.
*Value* is the primary metric on test. Type to filter: a pair, a method, a verdict.

<input id="filter" type="search" placeholder="filter, as: office helps" aria-label="Filter the table">
"""
SCRIPT = """
<script>
document.getElementById("filter").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\\s+/);
  for (const row of document.querySelectorAll("table tbody tr")) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
});
</script>
"""
COLUMNS = ("suite", "pair", "method", "value", "over counterpart", "over best baseline", "verdict", "best baseline")


def verdict_rows(folder: Path) -> list[tuple[str, ...]]:
    """One row per pair and transfer method of a suite, the largest gain over the best baseline first."""
    with (folder / "verdicts.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if not row["placebo"]]
    metric = rows[0]["metric"] if rows else ""
    shown = [row for row in rows if row["metric"] == metric and row["verdict"]]
    shown.sort(key=lambda row: (row["scenario"], -float(row["best_baseline_relative"] or "-inf")))
    return [
        (
            f"{folder.name} (`results/{folder.name}/report.md`)",
            row["scenario"],
            row["method"],
            f"{float(row['test']):.4f}",
            _gain(row, "counterpart"),
            _gain(row, "best_baseline"),
            row["verdict"],
            row["best_baseline_control"] or "-",
        )
        for row in shown
    ]


def _gain(row: dict[str, str], question: str) -> str:
    share = row[f"{question}_relative"]
    return f"{100 * float(share):+.1f} %" if share else "-"


def page(results: Path) -> str:
    """The whole page."""
    folders = sorted(path.parent for path in results.glob("*/verdicts.csv"))
    return HEAD + "\n" + _table(COLUMNS, [row for folder in folders for row in verdict_rows(folder)]) + SCRIPT


def profiles(results: Path) -> list[dict[str, Any]]:
    """All profiles that were committed."""
    files = sorted(results.glob("*/profile.json"))
    return [profile for file in files for profile in json.loads(file.read_text(encoding="utf-8"))["profiles"]]


def profile_table(found: list[dict[str, Any]]) -> str:
    """One row per pair: for whom transfer pays, or what would have been seen."""
    if not found:
        return ""
    rows = [(one["scenario"], f"{one['users']:,}", one["says"][0]) for one in found]
    return "![gain by target history](docs/pictures/profile.svg)\n\n" + _table(("pair", "users", "for whom"), rows)


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [headings, ("---",) * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def put(text: str, content: str) -> str:
    """Replace what stands between the README's marks."""
    start, end = MARKS
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}{content}{end}{after}"


def main() -> None:
    """Print the page, or write everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    if not parser.parse_args().write:
        sys.stdout.write(page(RESULTS))
        return
    PAGE.write_text(page(RESULTS), encoding="utf-8")
    readme = ROOT / "README.md"
    readme.write_text(put(readme.read_text(encoding="utf-8"), profile_table(profiles(RESULTS))), encoding="utf-8")
    drawings = sorted(RESULTS.glob("*/profile-*.svg"))
    if drawings:
        PICTURE.write_bytes(drawings[0].read_bytes())


if __name__ == "__main__":
    main()
