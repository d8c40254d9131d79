"""Committed results -> what the README shows of them: the demo's report, and the table of verdicts of real pairs.

    python docs/verdicts.py [--write]

`results/SUITE/verdicts.csv` is what `tlbench report results/SUITE --format csv` prints after
the run that its heading names; it has no user ids. The demo's report is the golden
file of the tests. `--write` puts both between the README's marks.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SUITES = ("movies-books",)
MARKS = "<!-- {0}: made by docs/verdicts.py -->\n", "<!-- end of {0} -->\n"
DEMO = ROOT / "tests" / "golden" / "demo.terminal.txt"
OUTCOMES = ("helps", "unattributed", "equivalent", "inconclusive", "hurts")


def table(suite: str) -> str:
    """One row per pair: how many methods got which verdict, which help, and the best baseline for comparison."""
    with (ROOT / "results" / suite / "verdicts.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == "ndcg@10" and not row["placebo"]]
    lines = [f"| pair | {' | '.join(OUTCOMES)} | what helps, over its counterpart | best baseline |"]
    lines.append("|---|" + "--:|" * len(OUTCOMES) + "---|---|")
    for scenario in dict.fromkeys(row["scenario"] for row in rows):
        judged = [row for row in rows if row["scenario"] == scenario and row["verdict"]]
        counts = [sum(row["verdict"] == outcome for row in judged) for outcome in OUTCOMES]
        helping = [row for row in judged if row["verdict"] == "helps"]
        helping.sort(key=lambda row: -float(row["counterpart_relative"]))
        gains = ", ".join(f"{row['method']} {100 * float(row['counterpart_relative']):+.1f} %" for row in helping)
        best = next(row["best_baseline_control"] for row in judged if row["best_baseline_control"])
        value = next(row["test"] for row in rows if row["scenario"] == scenario and row["method"] == best)
        cells = [scenario, *map(str, counts), gains or "nothing", f"{best} {float(value):.4f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def text() -> str:
    """The tables with their headings."""
    heads = {
        "movies-books": 'Movies and books, both ways (`tlbench run "amazon-movies-dense<->amazon-books-dense"`), ndcg@10:'
    }
    return "\n\n".join(f"{heads[suite]}\n\n{table(suite)}" for suite in SUITES) + "\n"


def demo() -> str:
    """What `make demo` prints of its first scenario."""
    first, _, _ = DEMO.read_text().partition("\n\n")
    lines = "\n".join(line.rstrip() for line in first.splitlines())
    return f"```\n{lines}\n```\n"


def put(page: str, name: str, content: str) -> str:
    """Replace what stands between two marks of a page."""
    start, end = (mark.format(name) for mark in MARKS)
    before, _, rest = page.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}{content}{end}{after}"


def main() -> None:
    """Print the tables, or put them and the demo's report into the README."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    if not parser.parse_args().write:
        sys.stdout.write(text())
        return
    readme = ROOT / "README.md"
    readme.write_text(put(put(readme.read_text(), "demo", demo()), "verdicts", text()))


if __name__ == "__main__":
    main()
