"""The whole rule of judgement on real per-user values: how often it is wrong, and what it finds.

    B=popularity,ease,item-knn,ials,user-knn,rp3beta,bpr-mf
    for protocol in k-fold:5 ratio; do for pair in "a->b" ...; do
        tlbench run "$pair" --baselines $B --protocol $protocol --placebo --out build/pairs/$protocol/NAME; done; done
    python benchmarks/calibration/end_to_end.py build/pairs [--runs 1000] [--out benchmarks/calibration/results]

Each run draws users of every pair with replacement, all methods and questions together, so that what goes together in
reality goes together here. The truth is set before: real gains are scaled by one factor so that a difference's mean
becomes what was planned (0, or a share of the control's mean) while its zeros, its losses and its skew stay.
"""

from __future__ import annotations

import argparse
import csv
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.special import stdtr, stdtrit

from tlbench.plugins import register_all
from tlbench.registry import METHODS
from tlbench.rng import stream
from tlbench.stats.maxt import flipped_t, step_down
from tlbench.stats.paired import pair
from tlbench.store.results import ResultsFolder, ScenarioResults

METRIC, ALPHA, MARGIN, DRAWS = "ndcg@10", 0.05, 0.01, 999
FOLDED, ONE_PART = "k-fold:5", "ratio"
PLANTED_ON = ("pooled-ease", "pooled-item-knn", "emcdr")
QUESTIONS = ("counterpart", "placebo", "best_baseline")


@dataclass(frozen=True)
class Values:
    """Per-user differences of one pair: by question an array (users, methods), and the controls' means (methods,)."""

    pair: str
    methods: tuple[str, ...]
    difference: dict[str, np.ndarray]
    control: dict[str, np.ndarray]

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
    runs = [run for run in result.runs if METHODS.get(run.cell.method).family == "baseline"]
    return max(runs, key=lambda run: run.validation[METRIC]).cell.method


# --- truths -------------------------------------------------------------------------------------------------------


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
            found[:, column] = values * signs - (values * signs).mean() * (values != 0) / (values != 0).mean()
    return found


@dataclass(frozen=True)
class Truth:
    """What is true of one pair: by question the gain of each method as a share of its control's mean."""

    name: str
    gain: dict[str, np.ndarray]


def truths(values: Values) -> Iterator[Truth]:
    """Nothing anywhere; gains on one method, shown against its placebo too; gains that are not the source's."""
    zero = np.zeros(len(values.methods))
    yield Truth("all null", dict.fromkeys(QUESTIONS, zero))
    for name, share in itertools.product(PLANTED_ON, (0.01, 0.03, 0.05)):
        if name in values.methods:
            gain = np.where(np.array(values.methods) == name, share, 0.0)
            yield Truth(f"{name} +{100 * share:.0f}%", {"counterpart": gain, "placebo": gain, "best_baseline": zero})
    for share in (0.01, 0.03):
        everywhere = np.full(len(values.methods), share)
        gain = {"counterpart": everywhere, "placebo": zero, "best_baseline": zero}
        yield Truth(f"all +{100 * share:.0f}% not the source's", gain)


def in_truth(values: Values, truth: Truth) -> Values:
    """Make the population in which a truth holds."""
    made = {q: with_means(values.difference[q], truth.gain[q] * values.control[q]) for q in QUESTIONS}
    return Values(values.pair, values.methods, made, values.control)


# --- rules --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Asked:
    """One question of one drawn sample: differences (users, methods), their mean, standard error, |t| and p."""

    columns: np.ndarray
    mean: np.ndarray
    error: np.ndarray
    control: np.ndarray
    run: int

    @property
    def df(self) -> int:
        """Degrees of freedom."""
        return len(self.columns) - 1

    @property
    def t(self) -> np.ndarray:
        """Absolute t statistics, shape (methods,)."""
        return np.divide(np.abs(self.mean), self.error, out=np.zeros_like(self.mean), where=self.error > 0)

    @property
    def p(self) -> np.ndarray:
        """Two-sided p-values."""
        return 2 * stdtr(self.df, -self.t)

    @cached_property
    def flipped(self) -> np.ndarray:
        """|t| of all methods under shared flips, shape (draws, methods); every rule sees the same."""
        return flipped_t(self.columns, np.full(len(self.mean), len(self.columns)), rng=self._flips, draws=DRAWS)

    @property
    def _flips(self) -> np.random.Generator:
        return stream(self.run, "flips")

    def equal(self, level: float) -> np.ndarray:
        """Where TOST at a level shows the difference inside the margin."""
        half = -stdtrit(self.df, level) * self.error
        return np.abs(self.mean) + half < MARGIN * self.control


def ask(values: Values, question: str, users: np.ndarray, run: int) -> Asked:
    """Take a sample's users out of a population."""
    columns = values.difference[question][users]
    error = columns.std(axis=0, ddof=1) / np.sqrt(len(columns))
    return Asked(columns, columns.mean(axis=0), error, values.control[question], run)


Decide = Callable[[Asked, np.ndarray], np.ndarray]
"""Question, methods of the family (mask) -> which methods are shown to differ."""


def by_holm(asked: Asked, inside: np.ndarray) -> np.ndarray:
    """Holm's step-down from p-values."""
    p = np.where(inside, asked.p, 1.0)
    order = np.argsort(p)
    sizes = inside.sum() - np.arange(len(p))
    found = np.zeros(len(p), dtype=bool)
    found[order] = np.cumprod(p[order] < ALPHA / np.maximum(sizes, 1)).astype(bool)
    return found & inside


def by_bonferroni(asked: Asked, inside: np.ndarray) -> np.ndarray:
    """One level for all."""
    return inside & (asked.p < ALPHA / max(inside.sum(), 1))


def by_max_t(asked: Asked, inside: np.ndarray) -> np.ndarray:
    """Single-step max-T: the rule of `tlbench.stats.family`."""
    if not inside.any():
        return inside
    hits = (asked.flipped[:, inside].max(axis=1)[:, None] >= asked.t[None, :]).sum(axis=0)
    return inside & ((1 + hits) / (1 + DRAWS) < ALPHA)


def by_step_down(asked: Asked, inside: np.ndarray) -> np.ndarray:
    """Step-down max-T: `tlbench.stats.maxt`."""
    found = np.zeros(len(inside), dtype=bool)
    if inside.any():
        found[inside] = step_down(asked.t[inside], asked.flipped[:, inside]) < ALPHA
    return found


RULES: dict[str, Decide] = {
    "Bonferroni": by_bonferroni,
    "Holm": by_holm,
    "max-T, one step": by_max_t,
    "max-T, step down": by_step_down,
}


@dataclass(frozen=True)
class Outcome:
    """What a rule says of the methods of one pair: better than the counterpart, worse, helps, use it."""

    gains: np.ndarray
    loses: np.ndarray
    helps: np.ndarray
    use: np.ndarray


def judge(asked: dict[str, Asked], decide: Decide, *, gates: str) -> Outcome:
    """Judge one pair; `gates` is ``none`` (three families), ``all`` or ``passed`` (families of those that passed)."""
    every = np.ones(len(asked["counterpart"].mean), dtype=bool)

    def better(question: str, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        one = asked[question]
        shown = decide(one, inside) & ~one.equal(ALPHA / max(inside.sum(), 1))
        return shown & (one.mean > 0), shown & (one.mean < 0)

    gains, loses = better("counterpart", every)
    needed = gains.any() or gates == "none"
    attributed = better("placebo", gains if gates == "passed" else every)[0] if needed else gains
    helps = gains & attributed
    needed = helps.any() or gates == "none"
    best = better("best_baseline", helps if gates == "passed" else every)[0] if needed else helps
    return Outcome(gains, loses, helps, best if gates == "none" else helps & best)


def judge_primary(asked: dict[str, Asked], place: int) -> Outcome:
    """Judge the primary method alone, at the full level, by the three questions in their order."""
    inside = np.arange(len(asked["counterpart"].mean)) == place
    shown = {q: (one.p < ALPHA) & ~one.equal(ALPHA) & inside for q, one in asked.items()}
    gains = shown["counterpart"] & (asked["counterpart"].mean > 0)
    helps = gains & shown["placebo"] & (asked["placebo"].mean > 0)
    use = helps & shown["best_baseline"] & (asked["best_baseline"].mean > 0)
    return Outcome(gains, shown["counterpart"] & ~gains, helps, use)


# --- runs ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Count:
    """Shares over runs, of one rule under one truth in one pair."""

    protocol: str
    rule: str
    gates: str
    pair: str
    truth: str
    runs: int
    false_differs: float
    false_helps: float
    false_any: float
    found_gain: float
    found_helps: float


def false_claims(outcome: Outcome, truth: Truth) -> tuple[bool, bool, bool]:
    """Whether any claim is false: on the first question, *helps*, and any claim of the three questions."""
    gain = truth.gain
    differs = bool((outcome.gains & (gain["counterpart"] <= 0)).any() or outcome.loses.any())
    helps = bool((outcome.helps & ((gain["counterpart"] <= 0) | (gain["placebo"] <= 0))).any())
    use = bool((outcome.use & (gain["best_baseline"] <= 0)).any())
    return differs, helps, differs or helps or use


def simulate(values: Values, truth: Truth, protocol: str, runs: int) -> Iterator[Count]:
    """Judge many samples of one pair under one truth, by every rule; users are the same for all rules."""
    population = in_truth(values, truth)
    planted = truth.gain["counterpart"] > 0
    place = int(np.argmax(planted)) if planted.sum() == 1 else None
    arms = [*((rule, "all") for rule in RULES), ("max-T, one step", "passed"), ("Holm", "none")]
    hits: dict[tuple[str, str], list[tuple[float, ...]]] = {arm: [] for arm in [*arms, ("primary", "all")]}
    for run in range(runs):
        users = stream(run, "users", values.pair).integers(0, values.n_users, values.n_users)
        asked = {question: ask(population, question, users, run) for question in QUESTIONS}
        for arm in arms:
            outcome = judge(asked, RULES[arm[0]], gates=arm[1])
            hits[arm].append(_row(outcome, truth, planted))
        if place is not None or not planted.any():
            outcome = judge_primary(asked, place or 0)
            hits["primary", "all"].append(_row(outcome, truth, planted))
    for (rule, gates), rows in hits.items():
        if rows:
            shares = np.mean(np.array(rows, dtype=float), axis=0)
            yield Count(protocol, rule, gates, values.pair, truth.name, runs, *map(float, shares))


def _row(outcome: Outcome, truth: Truth, planted: np.ndarray) -> tuple[float, ...]:
    differs, helps, some = false_claims(outcome, truth)
    n = max(int(planted.sum()), 1)
    return differs, helps, some, (outcome.gains & planted).sum() / n, (outcome.helps & planted).sum() / n


def simulate_suite(pairs: Sequence[Values], protocol: str, runs: int) -> Iterator[Count]:
    """Judge all pairs in one family by Holm, as a suite was once judged."""
    names = [name for name in PLANTED_ON if all(name in values.methods for values in pairs)]
    wanted = ["all null", *(f"{name} +{share}%" for name, share in itertools.product(names, (1, 3, 5)))]
    for name in wanted:
        for at in range(len(pairs)):
            yield _suite(pairs, at, name, protocol, runs)


def _suite(pairs: Sequence[Values], at: int, wanted: str, protocol: str, runs: int) -> Count:
    """One truth, planted in the pair `at`; nothing is true in the others."""
    chosen = [next(t for t in truths(v) if t.name == (wanted if i == at else "all null")) for i, v in enumerate(pairs)]
    made = [in_truth(values, truth) for values, truth in zip(pairs, chosen, strict=True)]
    rows = []
    for run in range(runs):
        draws = [stream(run, "users", v.pair).integers(0, v.n_users, v.n_users) for v in made]
        shown = {}
        for question in QUESTIONS:
            asked = [ask(v, question, users, run) for v, users in zip(made, draws, strict=True)]
            shown[question] = _holm_over(asked)
        gains, loses = (shown["counterpart"][at][k] for k in (0, 1))
        helps = gains & shown["placebo"][at][0]
        outcome = Outcome(gains, loses, helps, shown["best_baseline"][at][0])
        rows.append(_row(outcome, chosen[at], chosen[at].gain["counterpart"] > 0))
    shares = np.mean(np.array(rows, dtype=float), axis=0)
    return Count(protocol, "Holm over the suite", "none", pairs[at].pair, wanted, runs, *map(float, shares))


def _holm_over(asked: Sequence[Asked]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Correct the p-values of several pairs together; which are better, which worse."""
    p = np.concatenate([one.p for one in asked])
    order = np.argsort(p)
    passed = np.zeros(len(p), dtype=bool)
    passed[order] = np.cumprod(p[order] < ALPHA / (len(p) - np.arange(len(p)))).astype(bool)
    found, place = [], 0
    for one in asked:
        shown = passed[place : place + len(one.mean)] & ~one.equal(ALPHA / len(p))
        found.append((shown & (one.mean > 0), shown & (one.mean < 0)))
        place += len(one.mean)
    return found


def main() -> None:
    """Simulate, and keep the shares as a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder with a folder per protocol, and in it one per pair")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--protocol", choices=(FOLDED, ONE_PART), help="default: both, one after the other")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/calibration/results"))
    chosen = parser.parse_args()
    register_all(())
    counts: list[Count] = []
    path = chosen.out / ("end_to_end.csv" if chosen.protocol is None else f"end_to_end_{chosen.protocol}.csv")
    protocols = (FOLDED, ONE_PART) if chosen.protocol is None else (chosen.protocol,)
    for protocol in protocols:
        pairs = [read_values(path) for path in sorted((chosen.folder / protocol).iterdir())]
        for values in pairs:
            for truth in truths(values):
                counts.extend(simulate(values, truth, protocol, chosen.runs))
            print(f"{protocol} {values.pair}: {values.n_users:,} users, {len(values.methods)} methods", flush=True)
            write(counts, path)
        counts.extend(simulate_suite(pairs, protocol, chosen.runs))
        write(counts, path)


def write(counts: Sequence[Count], path: Path) -> None:
    """Keep the shares, four digits."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(Count.__dataclass_fields__)
        for count in counts:
            cells = [getattr(count, name) for name in Count.__dataclass_fields__]
            table.writerow([f"{cell:.4f}" if isinstance(cell, float) else cell for cell in cells])


if __name__ == "__main__":
    main()
