"""Committed results of the suites of real pairs -> the tables of verdicts in the README.

    python docs/verdicts.py [--write]

`results/SUITE/verdicts.csv` is what `tlbench report results/SUITE --format csv` prints after
`tlbench run tlbench/shipped/suites/SUITE.toml`; it has no user ids. `--write` puts the tables between the README's marks.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SUITES = ("overlap", "no-overlap")
START, END = "<!-- verdicts: made by docs/verdicts.py -->\n", "<!-- end of verdicts -->\n"
OUTCOMES = ("helps", "unattributed", "equivalent", "inconclusive", "hurts")


def table(suite: str) -> str:
    """One row a pair: how many methods got which verdict, which help, and the best baseline for comparison."""
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
        baselines = [row for row in rows if row["scenario"] == scenario and row["family"] == "baseline"]
        best = max(baselines, key=lambda row: float(row["validation"]))
        cells = [scenario, *map(str, counts), gains or "nothing", f"{best['method']} {float(best['test']):.4f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def text() -> str:
    """Both tables with their headings."""
    heads = {
        "overlap": "Pairs that share users (`tlbench/shipped/suites/overlap.toml`), ndcg@10:",
        "no-overlap": "Pairs that share none (`tlbench/shipped/suites/no-overlap.toml`), ndcg@10:",
    }
    return "\n\n".join(f"{heads[suite]}\n\n{table(suite)}" for suite in SUITES) + "\n"


def main() -> None:
    """Print the tables, or put them into the README."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    if not parser.parse_args().write:
        sys.stdout.write(text())
        return
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text().partition(START)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{START}{text()}{END}{after}")


if __name__ == "__main__":
    main()
