"""Rows that `planted.py` measured -> tables of gains by what was planted, the rate of false claims, a chart.

python benchmarks/calibration/planted_report.py planted.jsonl --null null.jsonl [--chart docs/pictures/planted.svg]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pandas as pd
from scipy.stats import binom

ALPHA = 0.05


def read(path: Path) -> pd.DataFrame:
    """One row per method and setting; the fields of each comparison become columns."""
    return pd.json_normalize([json.loads(line) for line in path.open()])


def gains(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Gain over the counterpart in per cent of its mean, averaged over other settings; a column per value of `by`."""
    share = rows.assign(gain=100 * rows["gain.mean"] / rows["control"])
    return share.pivot_table(index="method", columns=by, values="gain", aggfunc="mean")


def claims(rows: pd.DataFrame) -> pd.DataFrame:
    """How often each method, and its placebo, would be said to help; a claim needs p < alpha and a gain."""
    beats = (rows["gain.p"] < ALPHA) & (rows["gain.mean"] > 0)
    own = beats & (rows["over_placebo.p"] < ALPHA) & (rows["over_placebo.mean"] > 0)
    fake = (rows["placebo_gain.p"] < ALPHA) & (rows["placebo_gain.mean"] > 0)
    counted = pd.DataFrame({"method": rows["method"], "helps": own, "beats counterpart": beats, "placebo beats": fake})
    return counted.groupby("method").agg(["sum", "count"])


def print_table(frame: pd.DataFrame, heading: str) -> None:
    """Print a table of gains as Markdown."""
    print(f"\n| {heading} | {' | '.join(f'{column:g}' for column in frame.columns)} |")
    print(f"|:--|{'--:|' * len(frame.columns)}")
    for name, values in frame.iterrows():
        print(f"| {name} | {' | '.join(f'{value:+.1f}' for value in values)} |")


def print_claims(rows: pd.DataFrame) -> None:
    """Print the rate of false claims with the largest that chance explains."""
    found = claims(rows)
    times = int(found[("helps", "count")].max())
    most = int(binom.ppf(0.99, times, ALPHA / 2))
    print(
        f"\nrho = 0, {times} repetitions; a rate of {ALPHA / 2:g} gives at most {most} of {times} in 99 of 100 trials"
    )
    print("\n| method | helps | beats counterpart | placebo beats counterpart |\n|:--|--:|--:|--:|")
    for name in found.index:
        counts = [int(found.loc[name, (what, "sum")]) for what in ("helps", "beats counterpart", "placebo beats")]
        print(f"| {name} | {' | '.join(map(str, counts))} |")


def draw(rows: pd.DataFrame, path: Path) -> None:
    """Draw gain against rho for every method, one line per length of history."""
    import altair as alt

    share = rows.assign(gain=rows["gain.mean"] / rows["control"])
    mean = share.groupby(["method", "rho", "history"], as_index=False)["gain"].mean()
    base = alt.Chart(mean).mark_line(point=True)
    chart = base.encode(
        x=alt.X("rho:Q", title="correlation of tastes"),
        y=alt.Y("gain:Q", title="gain over counterpart", axis=alt.Axis(format="%")),
        color=alt.Color("history:O", title="target interactions"),
    ).properties(width=160, height=110)
    chart.facet(facet=alt.Facet("method:N", title=None), columns=4).resolve_scale(y="independent").save(str(path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("grid", type=Path)
    parser.add_argument("--null", type=Path)
    parser.add_argument("--chart", type=Path)
    asked = parser.parse_args()
    rows = read(asked.grid)
    for by, heading in (
        ("rho", "gain %, by rho"),
        ("history", "gain %, by history"),
        ("overlap", "gain %, by overlap"),
    ):
        print_table(gains(rows, by), heading)
    if asked.null:
        print_claims(read(asked.null))
    if asked.chart:
        draw(rows, asked.chart)


if __name__ == "__main__":
    main()
