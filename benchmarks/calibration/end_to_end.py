"""The whole rule of judgement on real per-user values: how often it is wrong, and what it finds.

    B=popularity,ease,item-knn,ials,user-knn,rp3beta,bpr-mf
    for protocol in k-fold:5 ratio; do for pair in "a->b" ...; do
        tlbench run "$pair" --baselines $B --protocol $protocol --placebo --out build/pairs/$protocol/NAME; done; done
    python benchmarks/calibration/end_to_end.py build/pairs [--runs 1000] [--out benchmarks/calibration/results]

Each run draws users of every pair with replacement, all methods and questions together, so that what goes together in
reality goes together here. The truth is set before: real gains are scaled by one factor so that a difference's mean
becomes what was planned (0, or a share of the control's mean) while its zeros, its losses and its skew stay. All runs
are computed at once: a drawn sample is a row of counts, and its means and variances are products with the values.
"""

from __future__ import annotations

import argparse
import csv
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import stdtr, stdtrit
from scipy.stats import wilcoxon

from tlbench.plugins import register_all
from tlbench.registry import METHODS
from tlbench.rng import stream
from tlbench.stats.maxt import flipped_t, step_down
from tlbench.stats.paired import pair
from tlbench.stats.power import detectable
from tlbench.store.contents import ScenarioResults
from tlbench.store.results import ResultsFolder

METRIC, ALPHA, MARGIN, DRAWS = "ndcg@10", 0.05, 0.01, 999
FOLDED, ONE_PART = "k-fold:5", "ratio"
PLANTED_ON = ("pooled-ease", "pooled-item-knn", "emcdr")
QUESTIONS = ("counterpart", "placebo", "best_baseline")
NULL = "nothing"


@dataclass(frozen=True)
class Values:
    """Per-user differences of one pair: by question an array (users, methods), and the controls' means (methods,)."""

    pair: str
    methods: tuple[str, ...]
    difference: Mapping[str, np.ndarray]
    control: Mapping[str, np.ndarray]

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.difference["counterpart"])


def read_values(folder: Path) -> Values:
    """Read the differences that a results folder holds; methods that cannot differ are left out."""
    suite = ResultsFolder(folder).read_suite()
    result = ResultsFolder(folder).read_scenario(str(suite.scenarios[0]))
    best = best_baseline(result)
    columns: dict[str, list[tuple[np.ndarray, float]]] = {question: [] for question in QUESTIONS}
    methods = []
    for name in dict.fromkeys(run.cell.method for run in result.runs if run.cell.placebo is None):
        entry = METHODS.get(name)
        if entry.family == "baseline" or entry.placebo is None:
            continue
        controls = (result.of(str(entry.counterpart)), result.of(name, entry.placebo), result.of(best))
        pairs = [pair(result.of(name), control, METRIC) for control in controls]
        if not pairs[0].user_difference.any():
            continue
        methods.append(name)
        for question, paired in zip(QUESTIONS, pairs, strict=True):
            columns[question].append((paired.user_difference, float(paired.control.mean())))
    return Values(
        result.counts.scenario,
        tuple(methods),
        {question: np.column_stack([one for one, _ in found]) for question, found in columns.items()},
        {question: np.array([mean for _, mean in found]) for question, found in columns.items()},
    )


def best_baseline(result: ScenarioResults) -> str:
    """The target-only baseline that is best on validation."""
    runs = [run for run in result.runs if METHODS.get(run.cell.method).family == "baseline" and run.validation]
    return max(runs, key=lambda run: run.validation[METRIC]).cell.method


# --- truths -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Truth:
    """What is true of one pair: by question the gain of each method as a share of its control's mean."""

    name: str
    gain: Mapping[str, np.ndarray]

    @property
    def planted(self) -> np.ndarray:
        """Methods that truly beat their counterpart, shape (methods,)."""
        return self.gain["counterpart"] > 0


def truths(values: Values) -> Iterator[Truth]:
    """Nothing anywhere; gains on one method, shown against its placebo too; gains that are not the source's."""
    zero = np.zeros(len(values.methods))
    yield Truth(NULL, dict.fromkeys(QUESTIONS, zero))
    for name, share in itertools.product(PLANTED_ON, (0.01, 0.03, 0.05)):
        if name in values.methods:
            gain = np.where(np.array(values.methods) == name, share, 0.0)
            yield Truth(f"{name} +{100 * share:.0f}%", {"counterpart": gain, "placebo": gain, "best_baseline": zero})
    for share in (0.01, 0.03):
        everywhere = np.full(len(values.methods), share)
        gain = {"counterpart": everywhere, "placebo": zero, "best_baseline": zero}
        yield Truth(f"all +{100 * share:.0f}%, not the source's", gain)


def with_means(difference: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Scale each column's gains by one factor so that its mean becomes the one planned; zeros and losses stay.

    A column without gains or without losses cannot be balanced so; each of its users gets a random sign instead.
    """
    found = difference.copy()
    for column, mean in enumerate(means):
        values = difference[:, column]
        gains, losses = values[values > 0].sum(), -values[values < 0].sum()
        if gains > 0 and losses > 0:
            factor = (losses + mean * len(values)) / gains
            found[:, column] = np.where(values > 0, values * factor, values)
        elif values.any():
            signs = np.where(stream(column, "signs").random(len(values)) < 0.5, 1.0, -1.0)
            shift = (values * signs).mean() - mean
            found[:, column] = values * signs - shift * (values != 0) / (values != 0).mean()
    return found


# --- samples ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Asked:
    """One question of all drawn samples: mean and standard error of each difference, shape (runs, methods)."""

    mean: np.ndarray
    error: np.ndarray
    control: np.ndarray
    df: int
    population: np.ndarray

    @property
    def p(self) -> np.ndarray:
        """Two-sided p-values of the paired t-test; 1 where no drawn user differs."""
        t = np.divide(np.abs(self.mean), self.error, out=np.zeros_like(self.mean), where=self.error > 0)
        return 2 * stdtr(self.df, -t)

    def equal(self, level: np.ndarray | float) -> np.ndarray:
        """Where TOST at a level shows the difference inside the margin."""
        half = -stdtrit(self.df, level) * self.error
        return np.abs(self.mean) + half < MARGIN * self.control


def draws_of(values: Values, runs: int) -> np.ndarray:
    """How often each run draws each user, float64, shape (runs, users)."""
    n = values.n_users
    found = np.empty((runs, n))
    for run in range(runs):
        found[run] = np.bincount(stream(run, "users", values.pair).integers(0, n, n), minlength=n)
    return found


def ask(values: Values, truth: Truth, counts: np.ndarray) -> dict[str, Asked]:
    """Ask the three questions of every sample of a population in which a truth holds."""
    n, found = values.n_users, {}
    for question in QUESTIONS:
        control = values.control[question]
        population = with_means(values.difference[question], truth.gain[question] * control)
        mean = counts @ population / n
        variance = (counts @ population**2 - n * mean**2) / (n - 1)
        found[question] = Asked(mean, np.sqrt(np.maximum(variance, 0) / n), control, n - 1, population)
    return found


# --- rules --------------------------------------------------------------------------------------------------------

Decide = Callable[[Asked], np.ndarray]
"""One question -> which differences are shown, bool (runs, methods)."""


def by_holm(asked: Asked) -> np.ndarray:
    """Holm's step-down, each scenario by itself."""
    return holm(asked.p)


def by_bonferroni(asked: Asked) -> np.ndarray:
    """One level for all."""
    return asked.p < ALPHA / asked.p.shape[1]


def holm(p: np.ndarray) -> np.ndarray:
    """Which p-values each row's step-down rejects."""
    order = np.argsort(p, axis=1)
    passed = np.cumprod(np.take_along_axis(p, order, 1) < ALPHA / np.arange(p.shape[1], 0, -1), axis=1)
    found = np.zeros(p.shape, dtype=bool)
    np.put_along_axis(found, order, passed.astype(bool), axis=1)
    return found


@dataclass(frozen=True)
class Shown:
    """What a rule shows of the methods, each bool (runs, methods)."""

    gains: np.ndarray
    loses: np.ndarray
    helps: np.ndarray
    use: np.ndarray


def conclude(asked: Mapping[str, Asked], shown: Mapping[str, np.ndarray], level: float, *, gates: bool) -> Shown:
    """Put three questions together; with `gates` each is asked only of what passed the one before."""
    differs = {question: shown[question] & ~one.equal(level) for question, one in asked.items()}
    better = {question: differs[question] & (one.mean > 0) for question, one in asked.items()}
    helps = better["counterpart"] & better["placebo"]
    use = helps & better["best_baseline"] if gates else better["best_baseline"]
    return Shown(better["counterpart"], differs["counterpart"] & ~better["counterpart"], helps, use)


def judge(asked: Mapping[str, Asked], decide: Decide, *, gates: bool) -> Shown:
    """Judge one scenario by itself."""
    level = ALPHA / asked["counterpart"].p.shape[1]
    return conclude(asked, {question: decide(one) for question, one in asked.items()}, level, gates=gates)


def judge_primary(asked: Mapping[str, Asked], place: int) -> Shown:
    """Judge one method alone, at the full level."""
    inside = np.arange(asked["counterpart"].p.shape[1]) == place
    return conclude(asked, {q: (one.p < ALPHA) & inside for q, one in asked.items()}, ALPHA, gates=True)


def judge_survivors(asked: Mapping[str, Asked]) -> Shown:
    """Bonferroni in families of those that passed the gate before, as if gates made them smaller."""
    inside = np.ones(asked["counterpart"].p.shape, dtype=bool)
    better, loses = {}, None
    for question in QUESTIONS:
        one, size = asked[question], np.maximum(inside.sum(axis=1, keepdims=True), 1)
        differs = inside & (one.p < ALPHA / size) & ~one.equal(ALPHA / size)
        loses = differs & (one.mean < 0) if loses is None else loses
        better[question] = inside = differs & (one.mean > 0)
    assert loses is not None
    return Shown(better["counterpart"], loses, better["placebo"], better["best_baseline"])


def judge_suite(suite: Sequence[Mapping[str, Asked]], at: int) -> Shown:
    """Judge all pairs in one family by Holm, each question by itself, as a suite was once judged; one pair's share."""
    shown, sizes = {}, [one["counterpart"].p.shape[1] for one in suite]
    start = sum(sizes[:at])
    for question in QUESTIONS:
        together = holm(np.concatenate([one[question].p for one in suite], axis=1))
        shown[question] = together[:, start : start + sizes[at]]
    return conclude(suite[at], shown, ALPHA / sum(sizes), gates=False)


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Which p-values each row's step-up rejects."""
    order = np.argsort(p, axis=1)
    below = np.take_along_axis(p, order, 1) <= ALPHA * np.arange(1, p.shape[1] + 1) / p.shape[1]
    passed = np.flip(np.maximum.accumulate(np.flip(below, axis=1), axis=1), axis=1)
    found = np.zeros(p.shape, dtype=bool)
    np.put_along_axis(found, order, passed, axis=1)
    return found


def wilcoxon_p(asked: Asked, counts: np.ndarray) -> np.ndarray:
    """p-values of Wilcoxon's signed-rank test with Pratt's zeros, shape (runs, methods); 1 where no user differs."""
    samples = (np.repeat(asked.population, drawn.astype(int), axis=0) for drawn in counts)
    with np.errstate(invalid="ignore"):
        found = [wilcoxon(one, zero_method="pratt", method="asymptotic", axis=0).pvalue for one in samples]
    return np.nan_to_num(np.stack(found), nan=1.0)


def by_max_t(asked: Asked, counts: np.ndarray, run: int) -> tuple[np.ndarray, np.ndarray]:
    """Single-step and step-down max-T of one sample."""
    columns = np.repeat(asked.population, counts[run].astype(int), axis=0)
    sizes = np.full(columns.shape[1], len(columns))
    flipped = flipped_t(columns, sizes, rng=stream(run, "flips"), draws=DRAWS)
    t = np.divide(np.abs(asked.mean), asked.error, out=np.zeros_like(asked.mean), where=asked.error > 0)[run]
    hits = (flipped.max(axis=1)[:, None] >= t[None, :]).sum(axis=0)
    return (1 + hits) / (1 + DRAWS) < ALPHA, step_down(t, flipped) < ALPHA


# --- shares -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Count:
    """Shares over runs, of one rule under one truth in one pair."""

    protocol: str
    rule: str
    pair: str
    truth: str
    runs: int
    false_differs: float
    false_helps: float
    false_any: float
    found_gain: float
    found_helps: float


def count(shown: Shown, truth: Truth) -> tuple[float, ...]:
    """Shares of runs with a false claim (on the first question, *helps*, any), and of planted gains that are found."""
    gain, planted = truth.gain, truth.planted
    differs = (shown.gains & (gain["counterpart"] <= 0)).any(axis=1) | shown.loses.any(axis=1)
    helps = (shown.helps & ((gain["counterpart"] <= 0) | (gain["placebo"] <= 0))).any(axis=1)
    use = (shown.use & (gain["best_baseline"] <= 0)).any(axis=1)
    n = max(int(planted.sum()), 1)
    found = [(what & planted).sum(axis=1) / n for what in (shown.gains, shown.helps)]
    return tuple(float(one.mean()) for one in (differs, helps, differs | helps | use, *found))


def simulate(pairs: Sequence[Values], protocol: str, runs: int, *, slow: bool) -> Iterator[Count]:
    """Judge many samples of each pair under each truth by every rule; the samples are the same for all rules."""
    counts = [draws_of(values, runs) for values in pairs]
    null = [ask(values, next(truths(values)), drawn) for values, drawn in zip(pairs, counts, strict=True)]
    for at, values in enumerate(pairs):
        for truth in truths(values):
            asked = ask(values, truth, counts[at])
            suite = [asked if place == at else other for place, other in enumerate(null)]
            for rule, shown in rules(asked, suite, at, truth, counts[at] if slow else None):
                yield Count(protocol, rule, values.pair, truth.name, runs, *count(shown, truth))
        print(f"{protocol} {values.pair}: {values.n_users:,} users, {len(values.methods)} methods", flush=True)


def rules(
    asked: Mapping[str, Asked], suite: Sequence[Mapping[str, Asked]], at: int, truth: Truth, counts: np.ndarray | None
) -> Iterator[tuple[str, Shown]]:
    """Judge the samples of one pair by each rule; `counts` are given where the slow ones are to be tried too."""
    yield "Holm over the suite", judge_suite(suite, at)
    yield "Holm", judge(asked, by_holm, gates=False)
    yield "Holm, gates", judge(asked, by_holm, gates=True)
    yield "Bonferroni, gates", judge(asked, by_bonferroni, gates=True)
    yield "Bonferroni, gates shrink families", judge_survivors(asked)
    if truth.planted.sum() <= 1:
        yield "primary", judge_primary(asked, int(np.argmax(truth.planted)))
    if counts is not None and truth.name == NULL:
        yield from _slow_rules(asked, counts)


def _slow_rules(asked: Mapping[str, Asked], counts: np.ndarray) -> Iterator[tuple[str, Shown]]:
    """Rules that must look at every drawn user again."""
    level = ALPHA / asked["counterpart"].p.shape[1]
    found = [[by_max_t(asked[question], counts, run) for run in range(len(counts))] for question in QUESTIONS]
    for place, name in enumerate(("max-T, gates", "max-T stepping down, gates")):
        shown = {q: np.stack([one[place] for one in each]) for q, each in zip(QUESTIONS, found, strict=True)}
        yield name, conclude(asked, shown, level, gates=True)
    for name, pvalues in (
        ("t, Benjamini-Hochberg", {q: one.p for q, one in asked.items()}),
        ("Wilcoxon, Benjamini-Hochberg", {q: wilcoxon_p(one, counts) for q, one in asked.items()}),
    ):
        yield name, conclude(asked, {q: benjamini_hochberg(p) for q, p in pvalues.items()}, level, gates=False)


@dataclass(frozen=True)
class Smallest:
    """Smallest true gain over the counterpart found with a chance of 80 %, in per cent of its mean."""

    protocol: str
    rule: str
    pair: str
    methods: int
    pooled_ease: float
    median: float


def smallest(pairs: Sequence[Values], protocol: str) -> Iterator[Smallest]:
    """Say what each rule could see in each pair, from the standard errors of the real differences."""
    total = sum(len(values.methods) for values in pairs)
    for values in pairs:
        size = len(values.methods)
        for rule, level in (("suite", ALPHA / total), ("scenario", ALPHA / size), ("primary", ALPHA)):
            errors = values.difference["counterpart"].std(axis=0, ddof=1) / np.sqrt(values.n_users)
            seen = np.array([detectable(float(error), values.n_users - 1, alpha=level) for error in errors])
            shares = dict(zip(values.methods, 100 * seen / values.control["counterpart"], strict=True))
            median = float(np.median(list(shares.values())))
            yield Smallest(protocol, rule, values.pair, size, shares["pooled-ease"], median)


def main() -> None:
    """Simulate, and keep the shares as tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder with a folder per protocol, and in it one per pair")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--slow", action="store_true", help="also try max-T and Wilcoxon where nothing is true")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/calibration/results"))
    chosen = parser.parse_args()
    register_all(())
    counts: list[Count] = []
    seen: list[Smallest] = []
    for protocol in (FOLDED, ONE_PART):
        pairs = [read_values(path) for path in sorted((chosen.folder / protocol).iterdir())]
        seen.extend(smallest(pairs, protocol))
        counts.extend(simulate(pairs, protocol, chosen.runs, slow=chosen.slow))
        write(counts, chosen.out / "end_to_end.csv")
        write(seen, chosen.out / "smallest_effect.csv")


def write(rows: Sequence[Count] | Sequence[Smallest], path: Path) -> None:
    """Keep the rows, four digits."""
    names = list(type(rows[0]).__dataclass_fields__)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(names)
        for row in rows:
            cells = [getattr(row, name) for name in names]
            table.writerow([f"{cell:.4f}" if isinstance(cell, float) else cell for cell in cells])


if __name__ == "__main__":
    main()
