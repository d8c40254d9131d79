"""Figures of benchmarks/twins.py -> the table and the picture of the page on the leak in cross-domain benchmarks.

    python docs/leaks.py [--write]

`--write` puts the tables between the page's marks and draws `pictures/twins.svg`; without it the table is printed.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from statistics import mean

HERE = Path(__file__).parent
PAGE = HERE / "leaks.md"
FIGURES = HERE.parent / "benchmarks" / "results" / "twins.csv"
SHOWN = "pooled-item-knn"
ONE_DRAW = HERE.parent / "benchmarks" / "results" / "twins_one_draw.csv"
STEPS = HERE.parent / "benchmarks" / "results" / "twins_steps.csv"
NAMES = {"all": "all items", "control": "as many others removed", "without": "twins removed"}
SETTINGS = {"warm": "warm", "cold": "cold", "given": "published split"}
USERS = {"k-fold": "all", "cold": "cold", "given": "published split", "given-999": "the same, 999 candidates"}
Key = tuple[str, str, str]


def gains() -> dict[Key, dict[str, list[dict[str, str]]]]:
    """Lines of the table by pair, setting and method, then by variant; the draws of the control together."""
    found: dict[Key, dict[str, list[dict[str, str]]]] = {}
    for row in csv.DictReader(FIGURES.read_text(encoding="utf-8").splitlines()):
        variants = found.setdefault((row["pair"], row["setting"], row["method"]), {})
        variants.setdefault(row["variant"].split("-")[0], []).append(row)
    return found


def gain(rows: list[dict[str, str]]) -> str:
    """``+719 % [584, 919]``; of several draws the mean; a dash where there are none."""
    if not rows:
        return "-"
    text = f"{100 * mean(float(row['gain']) for row in rows):+.0f} %"
    low, high = rows[0].get("low"), rows[0].get("high")
    return f"{text} [{100 * float(low):.0f}, {100 * float(high):.0f}]" if len(rows) == 1 and low and high else text


def table() -> str:
    """One row per pair, setting and method."""
    heads = ("pair", "users", "twins; test exposed", "method over its counterpart", *NAMES.values(), "by default")
    lines = [f"| {' | '.join(heads)} |", "|---|---|--:|---|--:|--:|--:|--:|"]
    for (pair, setting, method), variants in gains().items():
        row = variants["all"][0]
        share = 100 * int(row["twin_events"]) / int(row["source_events"])
        twins = f"{int(row['twins']):,} ({share:.1f} % of events); {100 * float(row['exposed']):.1f} %"
        names = f"{method} / {row['counterpart']}"
        each = [gain(variants.get(name, [])) for name in NAMES]
        default = f"{gain(variants['default'])} {variants['default'][0]['verdict']}"
        lines.append(f"| {' | '.join([pair.replace('-', ' -> '), USERS[setting], twins, names, *each, default])} |")
    return "\n".join(lines) + "\n"


def one_draw() -> dict[tuple[str, str], dict[str, float]]:
    """Mean gains of one method by pair and setting, then by variant, in the earlier audit of all pairs."""
    found: dict[tuple[str, str], dict[str, list[float]]] = {}
    for row in csv.DictReader(ONE_DRAW.read_text(encoding="utf-8").splitlines()):
        if (row["rule"], row["method"]) == ("default", SHOWN):
            variants = found.setdefault((row["pair"], row["setting"]), {})
            variants.setdefault(row["variant"].split("-")[0], []).append(float(row["gain"]))
    return {key: {name: mean(gains) for name, gains in variants.items()} for key, variants in found.items()}


def table_of_one_draw() -> str:
    """One row per pair and setting."""
    lines = ["| pair | users | " + " | ".join(NAMES.values()) + " |", "|---|---|--:|--:|--:|"]
    for (pair, setting), variants in one_draw().items():
        each = [f"{100 * variants[name]:+.0f} %" for name in NAMES]
        lines.append(f"| {' | '.join([pair.replace('-', ' -> '), SETTINGS[setting], *each])} |")
    return "\n".join(lines) + "\n"


def draw() -> None:
    """Draw the gain of one method on every pair, in three bars."""
    import altair as alt

    from tlbench.report.charts.gallery import Picture, spec_of, write_pictures

    rows = [
        {"pair": pair.replace("-", " → "), "source": NAMES[name], "gain": gain}
        for (pair, setting), variants in one_draw().items()
        if setting == "warm"
        for name, gain in variants.items()
    ]
    bars = alt.Chart().encode(
        y=alt.Y("source:N", title=None, sort=list(NAMES.values())),
        x=alt.X("gain:Q", title=None, axis=alt.Axis(format="+%", tickCount=5)),
    )
    colours = alt.Scale(domain=list(NAMES.values()), range=["#8A8A8A", "#C9C9C9", "#3D8FC7"])
    labels = bars.mark_text(align="left", dx=4).encode(text=alt.Text("gain:Q", format="+.0%"))
    chart = (
        alt.layer(
            bars.mark_bar().encode(color=alt.Color("source:N", scale=colours, legend=None)),
            labels,
            data=alt.InlineData(values=rows),
        )
        .properties(width=360, height=66)
        .facet(row=alt.Row("pair:N", title=None, sort=alt.EncodingSortField("gain", op="max", order="descending")))
        .resolve_scale(x="independent")
        .properties(title=f"Gain of {SHOWN} over item-knn, ndcg@10, warm users")
    )
    write_pictures([Picture("twins", "Twins", "", None, spec_of(chart))], HERE / "pictures", formats=("svg",))


def steps() -> str:
    """One row per pair, rule and method: the gain's mean and range over the draws of the split."""
    found: dict[Key, list[dict[str, str]]] = {}
    for row in csv.DictReader(STEPS.read_text(encoding="utf-8").splitlines()):
        found.setdefault((row["pair"], row["rung"], row["method"]), []).append(row)
    lines = ["| pair | rule | method | ndcg@10 | counterpart | gain, mean | least to most | draws |"]
    lines.append("|---|---|---|--:|--:|--:|--:|--:|")
    for (pair, rung, method), rows in found.items():
        values, others = (numbers(rows, name) for name in ("value", "counterpart_value"))
        shown = [f"{mean(values):.4f}", "", "", ""]
        if others:
            each = numbers(rows, "gain")
            least, most = (f"{100 * edge:+.0f}" for edge in (min(each), max(each)))
            shown = [f"{mean(values):.4f}", f"{mean(others):.4f}", f"{100 * mean(each):+.0f} %", f"{least} to {most} %"]
        lines.append(f"| {' | '.join([pair.replace('-', ' -> '), rung, method, *shown, str(len(rows))])} |")
    return "\n".join(lines) + "\n"


def numbers(rows: list[dict[str, str]], column: str) -> list[float]:
    """Values of a column, of the rows that have one."""
    return [float(row[column]) for row in rows if row[column]]


def main() -> None:
    """Print the tables, or write tables and picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    tables = {"twins": table(), "one-draw": table_of_one_draw(), "steps": steps()}
    if not parser.parse_args().write:
        sys.stdout.write("\n".join(tables.values()))
        return
    page = PAGE.read_text(encoding="utf-8")
    for name, text in tables.items():
        start, end = f"<!-- {name}: made by docs/leaks.py -->\n", f"<!-- end of {name} -->\n"
        before, _, rest = page.partition(start)
        page = f"{before}{start}{text}{end}{rest.partition(end)[2]}"
    PAGE.write_text(page, encoding="utf-8")
    draw()


if __name__ == "__main__":
    main()
