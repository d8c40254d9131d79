"""How often each test rejects and each interval covers, on real per-user values in which the truth is known.

Run from the repository's root after values.py, one part at a time (each some minutes):
python benchmarks/calibration/run.py level|coverage|seeds|peeking|family|equivalence
Tables are written to benchmarks/calibration/results/, and render.py puts them into docs/statistics.md.
After Ihemelandu and Ekstrand (SIGIR 2023, doi:10.1145/3539618.3591857).
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from populations import Population, as_they_are, equal_means, exchangeable, planted
from values import METRICS, SCENARIOS, kept

from tlbench.rng import stream
from tlbench.stats.bayes import signed_rank
from tlbench.stats.bootstrap import bca, percentile, studentised
from tlbench.stats.comparison import compare
from tlbench.stats.corrections import adjust_pvalues
from tlbench.stats.crossed import mean_of
from tlbench.stats.effects import cohen_dz, rank_biserial, share, superiority
from tlbench.stats.equivalence import tost
from tlbench.stats.maxt import adjust_max_t
from tlbench.stats.paired import pair_values
from tlbench.stats.ranks import sign, wilcoxon
from tlbench.stats.relative import ratio_of_means
from tlbench.stats.sequential import look_levels
from tlbench.stats.signflip import sign_flip

RESULTS = Path(__file__).parent / "results"
DRAWS = 999
SIZES = {50: 1500, 200: 1500, 1000: 1000, 10_000: 400, 100_000: 150}
"""Users, and how many times they are drawn."""
COSTLY = {50: 600, 200: 600, 1000: 400, 10_000: 150, 100_000: 60}
"""The same for bootstraps and posteriors, which are tried on one metric of each data set."""
ALPHAS = (0.05, 0.01)

Test = Callable[[np.ndarray, np.random.Generator], float]
CHEAP: dict[str, Test] = {
    "paired t": lambda d, _: mean_of(d[:, None]).pvalue(),
    "sign flip": lambda d, rng: sign_flip(d, rng=rng, draws=DRAWS).pvalue,
    "Wilcoxon (Pratt)": lambda d, _: wilcoxon(d).pvalue,
    "sign": lambda d, _: sign(d).pvalue,
}
RESAMPLING: dict[str, Test] = {
    "percentile bootstrap": lambda d, rng: percentile(d, rng=rng, draws=DRAWS).pvalue,
    "BCa bootstrap": lambda d, rng: bca(d, rng=rng, draws=DRAWS).pvalue,
    "studentised bootstrap": lambda d, rng: studentised(d, rng=rng, draws=DRAWS).pvalue,
    "Bayesian signed-rank": lambda d, rng: _bayes(d, rng),
}


def _bayes(difference: np.ndarray, rng: np.random.Generator) -> float:
    """Twice the smaller chance of worse and better without a region: rejects where one of them passes 1 - alpha / 2."""
    found = signed_rank(difference, 0.0, rng=rng, draws=200)
    return 2 * min(found.worse, found.better)


def level() -> Iterator[dict[str, object]]:
    """Rates of rejection under two nulls and a planted gain of 2 per cent."""
    for data, metric, one, two in _pairs():
        nulls = {
            "exchangeable": exchangeable(one, two),
            "equal means": equal_means(one, two),
            "planted 2%": planted(one, two, 0.02),
        }
        for null, population in nulls.items():
            for n in SIZES:
                yield from _rates(data, metric, null, population, n)


def _rates(data: str, metric: str, null: str, population: Population, n: int) -> Iterator[dict[str, object]]:
    for tests, repeats in ((CHEAP, SIZES[n]), (RESAMPLING, COSTLY[n])):
        if tests is RESAMPLING and metric != "ndcg@10":
            continue
        rng = stream(0, "level", data, metric, null, n, len(tests), repeats)
        pvalues = {name: np.empty(repeats) for name in tests}
        for repeat in range(repeats):
            difference, _ = population.draw(n, rng)
            for name, test in tests.items():
                pvalues[name][repeat] = test(difference, rng)
        for name, found in pvalues.items():
            for alpha in ALPHAS:
                rate = float((found <= alpha).mean())
                yield {"data": data, "metric": metric, "null": null, "n": n, "test": name, "alpha": alpha,
                       "rate": rate, "repeats": repeats}  # fmt: skip


def coverage() -> Iterator[dict[str, object]]:
    """How often 95 per cent intervals hold the truth, on real differences."""
    for data, metric, one, two in _pairs():
        if metric != "ndcg@10":
            continue
        population = as_they_are(one, two)
        truths = _truths(population)
        for n in (50, 200, 1000, 10_000):
            rng, repeats = stream(0, "coverage", data, metric, n), COSTLY[n]
            hits = dict.fromkeys(truths, 0)
            for _ in range(repeats):
                for name, (low, high) in _intervals(*population.draw(n, rng), rng).items():
                    hits[name] += low <= truths[name] <= high
            for name, count in hits.items():
                yield {"data": data, "metric": metric, "n": n, "interval": name, "coverage": count / repeats,
                       "repeats": repeats}  # fmt: skip


def _truths(population: Population) -> dict[str, float]:
    difference, control = population.difference, population.control
    moved = difference[difference != 0]
    everybody = rank_biserial(moved, level=0.95).value
    mean = float(difference.mean())
    same = ("t", "percentile bootstrap", "BCa bootstrap", "studentised bootstrap")
    return {
        **dict.fromkeys(same, mean),
        "relative (Fieller)": mean / float(control.mean()),
        "d_z": mean / float(difference.std()),
        "rank-biserial": float(everybody if everybody is not None else np.nan),
        "superiority": float(((np.sign(difference) + 1) / 2).mean()),
        "share worse (Wilson)": float((difference < 0).mean()),
    }


def _intervals(difference: np.ndarray, control: np.ndarray, rng: np.random.Generator) -> dict[str, tuple[float, float]]:
    mean = mean_of(difference[:, None])
    found = {"t": mean.interval(0.95)}
    for name, make in (("percentile", percentile), ("BCa", bca), ("studentised", studentised)):
        one = make(difference, rng=rng, draws=DRAWS)
        found[f"{name} bootstrap"] = (one.low, one.high)
    ratio = ratio_of_means(difference[:, None], control[:, None], level=0.95)
    found["relative (Fieller)"] = _ends(ratio.low, ratio.high)
    for name, effect in (
        ("d_z", cohen_dz(mean, level=0.95)),
        ("rank-biserial", rank_biserial(difference, level=0.95)),
        ("superiority", superiority(difference, level=0.95)),
        ("share worse (Wilson)", share("worse", int((difference < 0).sum()), len(difference), level=0.95)),
    ):
        found[name] = _ends(effect.low, effect.high)
    return found


def _ends(low: float | None, high: float | None) -> tuple[float, float]:
    """An interval without a bound holds everything."""
    return (-np.inf if low is None else low, np.inf if high is None else high)


def seeds() -> Iterator[dict[str, object]]:
    """Level of the crossed test and of the t-test on averages, when seeds shift all users together."""
    for data in SCENARIOS:
        found = kept(data)
        table = found["ials"][:, 0, :] - found["ease"][:, 0][:, None]
        table = table - table.mean(axis=0)
        for n_seeds in (2, 3, 5, 10):
            for ratio in (0.0, 0.5, 1.0, 3.0):
                rng = stream(0, "seeds", data, n_seeds, ratio)
                crossed, averaged, repeats, n = 0, 0, 1500, 1000
                error = float(table.mean(axis=1).std()) / np.sqrt(n)
                for _ in range(repeats):
                    columns = rng.permutation(table.shape[1])[:n_seeds]
                    drawn = table[rng.integers(0, len(table), n)][:, columns]
                    drawn = drawn + ratio * error * rng.standard_normal(n_seeds)
                    crossed += mean_of(drawn).pvalue() <= 0.05
                    averaged += mean_of(drawn.mean(axis=1)[:, None]).pvalue() <= 0.05
                yield {"data": data, "seeds": n_seeds, "ratio": ratio, "crossed": crossed / repeats,
                       "t on averages": averaged / repeats, "repeats": repeats, "n": n}  # fmt: skip


def peeking() -> Iterator[dict[str, object]]:
    """Chance of a false claim at any of four looks at seeds, with and without levels that allow for looking."""
    looks = (3, 5, 8, 10)
    rules = {
        "0.05 at every look": (0.05,) * len(looks),
        "levels by Boole": look_levels([seeds / 10 for seeds in looks]),
        "joint levels": look_levels([seeds / 10 for seeds in looks], joint=True),
    }
    for data in SCENARIOS:
        found = kept(data)
        table = found["ials"][:, 0, :] - found["ease"][:, 0][:, None]
        table = table - table.mean(axis=0)
        for ratio in (0.0, 1.0, 3.0):
            rng, repeats, n = stream(0, "peeking", data, ratio), 2000, 1000
            error = float(table.mean(axis=1).std()) / np.sqrt(n)
            false = dict.fromkeys(rules, 0)
            for _ in range(repeats):
                drawn = table[rng.integers(0, len(table), n)][:, rng.permutation(table.shape[1])]
                drawn = drawn + ratio * error * rng.standard_normal(table.shape[1])
                pvalues = [mean_of(drawn[:, :seeds]).pvalue() for seeds in looks]
                for name, levels in rules.items():
                    false[name] += any(p <= level for p, level in zip(pvalues, levels, strict=True))
            for name, count in false.items():
                yield {"data": data, "ratio": ratio, "rule": name, "any false": count / repeats, "repeats": repeats}


def family() -> Iterator[dict[str, object]]:
    """Family-wise error and power with twenty real, correlated candidates, EASE at twenty strengths."""
    found = kept("amazon-movies-dense")
    differences = found["candidates"] - found["item-knn"][:, 0][:, None]
    size = 0.02 * float(found["item-knn"][:, 0].mean())
    for truth in ("all null", "half gain 10%"):
        rng, repeats, n = stream(0, "family", truth), 500, 500
        gains = np.zeros(20) if truth == "all null" else np.where(np.arange(20) % 2 == 0, 5 * size, 0.0)
        any_false = dict.fromkeys(("uncorrected", "Bonferroni", "Holm", "Hochberg", "max-T"), 0)
        power = dict.fromkeys(any_false, 0.0)
        for _ in range(repeats):
            users = rng.integers(0, len(differences), n)
            drawn = differences[users] * rng.choice([-1.0, 1.0], n)[:, None]
            for name, pvalues in _family(drawn + gains, rng).items():
                rejected = pvalues <= 0.05
                any_false[name] += bool(rejected[gains == 0].any())
                power[name] += float(rejected[gains > 0].mean()) if (gains > 0).any() else 0.0
        for name, count in any_false.items():
            yield {"truth": truth, "correction": name, "any false": count / repeats,
                   "power": power[name] / repeats, "repeats": repeats, "n": n}  # fmt: skip


def _family(drawn: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    pairs = [pair_values(column, np.zeros(len(drawn))) for column in drawn.T]
    compared = [compare(one, candidate=str(i), control="c", metric="m") for i, one in enumerate(pairs)]
    raw = [one.pvalue for one in compared]
    return {
        "uncorrected": np.array(raw),
        "Bonferroni": np.array(adjust_pvalues(raw, "bonferroni")),
        "Holm": np.array(adjust_pvalues(raw, "holm")),
        "Hochberg": np.array(adjust_pvalues(raw, "hochberg")),
        "max-T": np.array([one.adjusted for one in adjust_max_t(compared, pairs, rng=rng, draws=DRAWS)]),
    }


def equivalence() -> Iterator[dict[str, object]]:
    """How often TOST says "equivalent" where the true difference is just the margin, and where it is 0."""
    for data, metric, one, two in _pairs():
        if metric != "ndcg@10":
            continue
        margin = 0.05 * float(two.mean())
        for truth, population in (("at the margin", planted(one, two, 0.05)), ("equal", exchangeable(one, two))):
            for n in SIZES:
                rng, repeats = stream(0, "tost", data, truth, n), SIZES[n]
                said = sum(tost(mean_of(population.draw(n, rng)[0][:, None]), margin).pvalue <= 0.05
                           for _ in range(repeats))  # fmt: skip
                yield {"data": data, "truth": truth, "n": n, "equivalent": said / repeats, "repeats": repeats}


def _pairs() -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """EASE against item-knn: data set, metric, and the two columns of values."""
    for data in SCENARIOS:
        found = kept(data)
        for column, metric in enumerate(METRICS):
            yield data, metric, found["ease"][:, column], found["item-knn"][:, column]


PARTS = {
    "level": level,
    "coverage": coverage,
    "seeds": seeds,
    "peeking": peeking,
    "family": family,
    "equivalence": equivalence,
}


def main() -> None:
    """Run one part and write its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--data", choices=SCENARIOS, help="one data set only, its rows appended")
    chosen = parser.parse_args()
    if chosen.data:
        for name in set(SCENARIOS) - {chosen.data}:
            del SCENARIOS[name]
    RESULTS.mkdir(exist_ok=True)
    suffix = f"-{chosen.data}" if chosen.data else ""
    with (RESULTS / f"{chosen.part}{suffix}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = None
        for row in PARTS[chosen.part]():
            writer = writer or csv.DictWriter(file, list(row))
            if file.tell() == 0:
                writer.writeheader()
            writer.writerow(row)
            file.flush()


if __name__ == "__main__":
    main()
