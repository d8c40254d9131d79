"""Say how many of the pairs that were looked at by hand are listings of one product, by grade.

Run as ``python benchmarks/twins_precision.py``. The judgements, made from the titles, are in
``tests/fixtures/twins_sample.csv`` (ids and verdict alone); the interval is Wilson's (1927,
doi:10.1080/01621459.1927.10502953).
"""

from __future__ import annotations

import csv
from pathlib import Path

from scipy.stats import binomtest

SAMPLE = Path(__file__).parents[1] / "tests" / "fixtures" / "twins_sample.csv"


def main() -> None:
    rows = list(csv.DictReader(SAMPLE.read_text(encoding="utf-8").splitlines()))
    for grade in [*dict.fromkeys(row["grade"] for row in rows), None]:
        verdicts = [row["one_listing"] == "yes" for row in rows if grade in (row["grade"], None)]
        low, high = binomtest(sum(verdicts), len(verdicts)).proportion_ci(0.95, method="wilson")
        print(f"{grade or 'both'}: {sum(verdicts)} of {len(verdicts)}, 95 % [{low:.3f}, {high:.3f}]")


if __name__ == "__main__":
    main()
