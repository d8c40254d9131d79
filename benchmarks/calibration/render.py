"""Put the tables of results/ into docs/statistics.md, between its marks, and draw docs/pictures/level.svg.

python benchmarks/calibration/render.py
"""

from __future__ import annotations

import re
from pathlib import Path

import altair as alt
import pandas as pd

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "statistics.md"
PICTURE = HERE.parents[1] / "docs" / "pictures" / "level.svg"
TESTS = (
    "paired t", "sign flip", "percentile bootstrap", "BCa bootstrap", "studentised bootstrap",
    "Wilcoxon (Pratt)", "sign", "Bayesian signed-rank",
)  # fmt: skip


def read(part: str) -> pd.DataFrame:
    return pd.read_csv(HERE / "results" / f"{part}.csv")


def markdown(table: pd.DataFrame, digits: int = 3) -> str:
    """Lay out a table of rates; the index is text."""
    head = [*(str(name) for name in table.index.names), *(_heading(name) for name in table.columns)]
    rule = [":--"] * table.index.nlevels + ["--:"] * len(table.columns)
    rows = [
        [*(str(x) for x in (key if isinstance(key, tuple) else (key,))), *(_cell(value, digits) for value in row)]
        for key, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def _heading(name: object) -> str:
    return f"{name:,}" if isinstance(name, int) else str(name)


def _cell(value: object, digits: int) -> str:
    if isinstance(value, str):
        return value
    return "" if pd.isna(value) else f"{value:.{digits}f}".lstrip("0") if value < 1 else f"{value:.{digits - 1}f}"


def level(null: str, alpha: float) -> str:
    """Rates by test and number of users, over data sets and metrics; with all data sets, least and most for one."""
    found = read("level")
    found = found[(found.null == null) & (found.alpha == alpha)]
    weighted = found.assign(hits=found.rate * found.repeats).groupby(["test", "n"])[["hits", "repeats"]].sum()
    rates = (weighted.hits / weighted.repeats).unstack("n")
    return markdown(rates.loc[list(TESTS)])


def by_data(null: str) -> str:
    """Rates at .05 on ndcg@10 by data set, for the tests of the mean."""
    found = read("level")
    found = found[(found.null == null) & (found.alpha == 0.05) & (found.metric == "ndcg@10")]
    rates = found.pivot_table(index=["data", "test"], columns="n", values="rate")
    return markdown(rates.loc[[(data, test) for data in found.data.unique() for test in TESTS[:5]]])


def by_metric() -> str:
    """Rates at .05 of the t-test under equal means, by data set and metric."""
    found = read("level")
    found = found[(found.null == "equal means") & (found.alpha == 0.05) & (found.test == "paired t")]
    return markdown(found.pivot_table(index=["data", "metric"], columns="n", values="rate"))


def coverage() -> str:
    found = read("coverage")
    table = found.pivot_table(index=["data", "interval"], columns="n", values="coverage", sort=False)
    return markdown(table)


def seeds() -> str:
    found = read("seeds").groupby(["seeds", "ratio"])[["crossed", "t on averages"]].mean().unstack("ratio")
    found.columns = [f"{test}, {ratio:g}" for test, ratio in found.columns]
    return markdown(found)


def peeking() -> str:
    found = read("peeking").pivot_table(index="rule", columns="ratio", values="any false", sort=False)
    found.columns = [f"seeds' spread {ratio:g}" for ratio in found.columns]
    return markdown(found)


def family() -> str:
    found = read("family").set_index(["truth", "correction"])[["any false", "power"]]
    wide = found.unstack("truth")
    keep = [("any false", "all null"), ("any false", "half gain 10%"), ("power", "half gain 10%")]
    wide = wide.loc[["uncorrected", "Bonferroni", "Holm", "Hochberg", "max-T"], keep]
    wide.columns = ["any false claim, all null", "any false claim, half gain", "gains found"]
    return markdown(wide)


RULES = {
    "one part, one family per suite, no gates (the old rule)": ("ratio", "Holm over the suite", "suite"),
    "one family per scenario alone": ("ratio", "Holm", "scenario"),
    "that and gates": ("ratio", "Bonferroni, gates", "scenario"),
    "a primary method alone": ("ratio", "primary", "primary"),
    "five folds alone": ("k-fold:5", "Holm over the suite", "suite"),
    "**the rule**: folds, one family per scenario, gates": ("k-fold:5", "Bonferroni, gates", "scenario"),
    "**the rule with a primary method**": ("k-fold:5", "primary", "primary"),
}
"""Each lever by itself, and all of them: protocol and rule in `end_to_end.csv`, rule in `smallest_effect.csv`."""

CORRECTIONS = {
    "t, Bonferroni, gates (the rule)": "Bonferroni, gates",
    "t, Holm, gates": "Holm, gates",
    "t, max-T, gates": "max-T, gates",
    "t, max-T stepping down, gates": "max-T stepping down, gates",
    "t, Bonferroni, gates that shrink families": "Bonferroni, gates shrink families",
    "t, Benjamini-Hochberg": "t, Benjamini-Hochberg",
    "Wilcoxon, Benjamini-Hochberg": "Wilcoxon, Benjamini-Hochberg",
}


def levers() -> str:
    """What each lever finds and claims wrongly."""
    found, seen = read("end_to_end"), read("smallest_effect")
    rows = {}
    for title, (protocol, rule, level) in RULES.items():
        one = found[(found.protocol == protocol) & (found.rule == rule)]
        planted = one[one.truth.str.contains(r" \+\d%$")]
        share = planted.groupby(planted.truth.str.extract(r"\+(\d)%", expand=False)).found_helps.mean()
        typical = seen[(seen.protocol == protocol) & (seen.rule == level)]["median"].median()
        rows[title] = [one.groupby("pair").false_any.max().max(), *share, f"{typical:.1f} %"]
    columns = ["any false claim, worst case", "+1 % found", "+3 % found", "+5 % found", "smallest effect"]
    return markdown(pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("rule"))


def pooled_ease() -> str:
    """Share of a planted +3 % on pooled-ease that is found to help, and the smallest effect, by pair."""
    found, seen = read("end_to_end"), read("smallest_effect")
    rows = {}
    for title, (protocol, rule, level) in RULES.items():
        one = found[(found.protocol == protocol) & (found.rule == rule) & (found.truth == "pooled-ease +3%")]
        effect = seen[(seen.protocol == protocol) & (seen.rule == level)].set_index("pair").pooled_ease
        shares = one.set_index("pair").found_helps
        rows[title] = {pair: f"{_cell(shares[pair], 2)} ({effect[pair]:.1f} %)" for pair in shares.index}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("rule")
    table.columns = [
        pair.replace("amazon-", "").replace("-overlap", "").replace("-dense", "") for pair in table.columns
    ]
    return markdown(table)


def corrections() -> str:
    """False claims of each correction: without a true difference, and at worst over all truths tried."""
    found = read("end_to_end")
    rows = {}
    for title, rule in CORRECTIONS.items():
        cells = []
        for protocol in ("k-fold:5", "ratio"):
            one = found[(found.protocol == protocol) & (found.rule == rule)]
            nothing = one[one.truth == "nothing"]
            everywhere = one.truth.nunique() > 1
            cells += [nothing.false_differs.max(), one.false_any.max() if everywhere else float("nan")]
        rows[title] = cells
    rows = {title: cells for title, cells in rows.items() if not all(map(pd.isna, cells))}
    columns = ["folds, nothing true", "folds, worst truth", "one part, nothing true", "one part, worst truth"]
    return markdown(pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("rule"))


def equivalence() -> str:
    found = read("equivalence").pivot_table(index=["data", "truth"], columns="n", values="equivalent")
    return markdown(found)


def repeats() -> str:
    """How wide chance alone makes a rate of .05."""
    found = read("level")
    found = found[(found.alpha == 0.05) & (found.null == "exchangeable")]
    total = found.groupby(["test", "n"]).repeats.sum().unstack("n").loc[["paired t", "BCa bootstrap"]]
    return markdown((0.05 * 0.95 / total).pow(0.5) * 1.96)


def draw() -> None:
    """Draw the rates of rejection over the number of users."""
    found = read("level")
    found = found[(found.alpha == 0.05) & (found.null != "planted 2%") & found.test.isin(TESTS)]
    mean = found.groupby(["null", "test", "n"], as_index=False).rate.mean()
    base = alt.Chart(mean).encode(
        x=alt.X(
            "n:Q", scale=alt.Scale(type="log"), title="users", axis=alt.Axis(values=[50, 200, 1000, 10000, 100000])
        ),
        y=alt.Y("rate:Q", title="rejected at .05", scale=alt.Scale(domain=[0, 1])),
        color=alt.Color("test:N", sort=list(TESTS), title=None),
        shape=alt.Shape("test:N", sort=list(TESTS), title=None),
    )
    nominal = alt.Chart(mean).mark_rule(strokeDash=[4, 3], color="#888").encode(y=alt.datum(0.05))
    layers = alt.layer(base.mark_line(), base.mark_point(size=45, filled=True), nominal).properties(
        width=300, height=240
    )
    layers.facet(column=alt.Column("null:N", title=None, sort=["exchangeable", "equal means"])).save(str(PICTURE))


def main() -> None:
    """Renew the page and the picture."""
    parts = {
        "levers": levers(),
        "pooled-ease": pooled_ease(),
        "corrections": corrections(),
        "bands": repeats(),
        "level exchangeable": level("exchangeable", 0.05),
        "level equal means": level("equal means", 0.05),
        "level exchangeable 0.01": level("exchangeable", 0.01),
        "level equal means 0.01": level("equal means", 0.01),
        "level by data exchangeable": by_data("exchangeable"),
        "level by metric": by_metric(),
        "power": level("planted 2%", 0.05),
        "coverage": coverage(),
        "seeds": seeds(),
        "peeking": peeking(),
        "family": family(),
        "equivalence": equivalence(),
    }
    page = PAGE.read_text(encoding="utf-8")
    for name, table in parts.items():
        mark = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if not mark.search(page):
            raise SystemExit(f"{PAGE} has no mark `<!-- {name} -->`")
        page = mark.sub(lambda found, table=table: f"{found[1]}\n{table}\n\n{found[2]}", page, count=1)
    PAGE.write_text(page, encoding="utf-8")
    draw()


if __name__ == "__main__":
    main()
