"""How often the gate cries wolf, and how often it catches a planted loss: prints the tables of docs/ci.md.

    python benchmarks/calibration/gate.py [--runs 200]

A/A runs judge a method against itself with other seeds. Planted losses are of two kinds: a *bug* that gives a share of
the users a random list, and *noise* that moves everybody's scores a little; both are sized so that the expected loss is
1, 2 and 4 times the margin. "promised" is what the tool itself says of a run, from that run's standard error alone, on
average over the runs of which it says anything: it promises nothing where few users differ.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from tlbench.analysis.regression import (
    BeforeAfter,
    ChangeOutcome,
    FailOn,
    Gate,
    chance_to_catch,
    differing,
    judge_changes,
)
from tlbench.evaluation import Cell, evaluate
from tlbench.pipeline import splits_of
from tlbench.plugins import register_all
from tlbench.registry import METHODS, MethodEntry
from tlbench.rng import stream
from tlbench.scenario.grammar import parse_scenario
from tlbench.stats.comparison import compare
from tlbench.stats.paired import pair_values
from tlbench.suite import Suite

MARGIN, ALPHA, METRIC = 0.01, 0.05, "ndcg@10"
SCENARIO = parse_scenario("demo-movies->demo-books")


@dataclass(frozen=True)
class Noisy:
    """A method whose scores are jittered; `sigma` counts in standard deviations of a user's scores."""

    inner: object
    sigma: float
    key: int

    def fit(self, data, rng, *, progress):
        """Fit the inner method."""
        scorer = self.inner.fit(data, rng, progress=progress)

        def score(users):
            scores = scorer(users)
            noise = stream(self.key, "jitter", str(int(users[0]))).normal(size=scores.shape).astype(np.float32)
            return scores + self.sigma * scores.std(axis=1, keepdims=True) * noise

        return score


class Bench:
    """One split and the values of methods on it, each computed once."""

    def __init__(self) -> None:
        register_all()
        self.suite = Suite(name="gate", scenarios=(SCENARIO,), metrics=(METRIC,), protocol="ratio")
        self.split = splits_of(self.suite, SCENARIO).make(1)
        self.known: dict[tuple[str, int], np.ndarray] = {}

    def values(self, method: str, seed: int) -> np.ndarray:
        """Per-user values of a method, shape (users,)."""
        key = (method, seed)
        if key not in self.known:
            self.known[key] = self.run(METHODS.get(method), {}, seed)
        return self.known[key]

    def run(self, entry: MethodEntry, parameters: dict, seed: int) -> np.ndarray:
        """Fit and measure one cell."""
        cell = Cell(str(SCENARIO), entry.name, parameters, seed)
        result = evaluate(self.split, cell, entry=entry, metrics=(METRIC,))
        return result.values[METRIC].to_numpy()

    def noisy(self, method: str, sigma: float, key: int) -> np.ndarray:
        """Per-user values of a method whose scores are jittered."""
        entry = METHODS.get(method)
        build = lambda: Noisy(entry.build(), sigma, key)  # noqa: E731
        jittered = MethodEntry(entry.name, build, entry.family, (), None, None, True, entry.reference)
        return self.run(jittered, {}, 0)


def pair_of(method: str, candidate: np.ndarray, control: np.ndarray) -> BeforeAfter:
    comparison = compare(pair_values(candidate, control), candidate=method, control=method, metric=METRIC, alpha=ALPHA)
    return BeforeAfter(str(SCENARIO), method, METRIC, comparison)


def judge(pairs: list[BeforeAfter]) -> Gate:
    return Gate(tuple(judge_changes(pairs, margins={METRIC: MARGIN}, alpha=ALPHA)), FailOn.REGRESSED, strict=True)


def seeds_of(bench: Bench, method: str, seeds: range) -> np.ndarray:
    return np.column_stack([bench.values(method, seed) for seed in seeds])


# --- A/A ----------------------------------------------------------------------------------------------------------


def false_alarms(bench: Bench, methods: tuple[str, ...], n_seeds: int, runs: int) -> tuple[int, int]:
    """Gates that failed, and comparisons in which p alone would have been below alpha with either sign."""
    failed = alarms = 0
    for i in range(runs):
        first, second = (
            range(2 * i * n_seeds, (2 * i + 1) * n_seeds),
            range((2 * i + 1) * n_seeds, (2 * i + 2) * n_seeds),
        )
        gate = judge([pair_of(name, seeds_of(bench, name, second), seeds_of(bench, name, first)) for name in methods])
        failed += not gate.passed
        alarms += sum(change.comparison.pvalue < ALPHA for change in gate.changes)
    return failed, alarms


def print_false_alarms(bench: Bench, runs: int) -> None:
    print(f"\nA/A runs: {runs} gates, margin {MARGIN:.0%}, alpha {ALPHA}, {len(bench.split.users):,} judged users\n")
    print("| what is compared | seeds per side | gates that failed | nominal, at most | p < alpha, uncorrected |")
    print("|---|--:|--:|--:|--:|")
    for methods in (("ials",), ("random",), ("ials", "random", "emcdr")):
        for n_seeds in (3, 1):
            failed, alarms = false_alarms(bench, methods, n_seeds, runs)
            share = alarms / (runs * len(methods))
            print(f"| {', '.join(methods)} | {n_seeds} | {failed / runs:.1%} | {ALPHA:.0%} | {share:.1%} |", flush=True)


# --- planted losses -----------------------------------------------------------------------------------------------


def bug(values: np.ndarray, worse: np.ndarray, loss: float, run: int) -> np.ndarray:
    """Give so many users the values of a worse list that `loss` of the mean is lost in expectation."""
    share = loss * values.mean() / (values.mean() - worse.mean())
    hit = stream(run, "bug").random(len(values)) < share
    return np.where(hit[:, None] if values.ndim == 2 else hit, worse[:, None] if values.ndim == 2 else worse, values)


def sigma_for(bench: Bench, method: str, loss: float, draws: int = 48) -> float:
    """Noise that costs `loss` of the mean, by bisection on the mean over draws."""
    base = bench.values(method, 0).mean()
    low, high = 0.0, 2.0
    for _ in range(9):
        middle = (low + high) / 2
        lost = 1 - np.mean([bench.noisy(method, middle, 10**6 + i).mean() for i in range(draws)]) / base
        low, high = (middle, high) if lost < loss else (low, middle)
    return (low + high) / 2


@dataclass(frozen=True)
class Caught:
    """What became of many runs with one planted loss."""

    loss: float
    differing: float
    promising: float
    promised: float
    regressed: float
    stopped: float


def caught(pairs: list[BeforeAfter], loss: float) -> Caught:
    """Judge every run."""
    changes = [judge([pair]).changes[0] for pair in pairs]
    found = [change.comparison for change in changes]
    promised = [
        chance_to_catch(change.comparison, loss, margin=MARGIN, alpha=ALPHA)
        for change in changes
        if change.detectable is not None
    ]
    return Caught(
        loss=float(np.mean([-one.difference / one.control_mean for one in found])),
        differing=float(np.mean([differing(one) for one in found])),
        promising=len(promised) / len(changes),
        promised=float(np.mean(promised)) if promised else float("nan"),
        regressed=float(np.mean([change.outcome is ChangeOutcome.REGRESSED for change in changes])),
        stopped=float(np.mean([not Gate((change,), FailOn.INCONCLUSIVE).passed for change in changes])),
    )


def print_planted(bench: Bench, runs: int) -> None:
    print(f"\nPlanted losses: {runs} runs per row\n")
    print(
        "| method | what is planted | loss | measured loss | users who differ | promised (of runs) | caught | "
        "stopped by `--fail-on inconclusive` |"
    )
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    ease, worse = bench.values("ease", 0), bench.values("random", 10**6)
    for copies, label in ((1, "ease"), (4, "ease, every user four times")):
        control, random = np.tile(ease, copies), np.tile(worse, copies)
        for times in (1, 2, 4):
            loss = times * MARGIN
            pairs = [pair_of("ease", bug(control, random, loss, run), control) for run in range(runs)]
            print_row(label, "random list for some users", times, caught(pairs, loss))
    for times in (1, 2, 4):
        loss = times * MARGIN
        sigma = sigma_for(bench, "ease", loss)
        pairs = [pair_of("ease", bench.noisy("ease", sigma, run), ease) for run in range(runs)]
        print_row("ease", "noise in all scores", times, caught(pairs, loss))
    for times in (1, 2, 4):
        loss, pairs = times * MARGIN, []
        for i in range(runs):
            control, fresh = (seeds_of(bench, "ials", range((2 * i + j) * 3, (2 * i + j + 1) * 3)) for j in (0, 1))
            pairs.append(pair_of("ials", bug(fresh, worse, loss, i), control))
        print_row("ials, new seeds", "random list for some users", times, caught(pairs, loss))


def print_row(method: str, plant: str, times: int, found: Caught) -> None:
    promised = "nothing" if found.promising == 0 else f"{found.promised:.0%} ({found.promising:.0%})"
    print(
        f"| {method} | {plant} | {times} x margin | {found.loss:.2%} | {found.differing:.0f} | {promised} | "
        f"{found.regressed:.0%} | {found.stopped:.0%} |",
        flush=True,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    runs = parser.parse_args().runs
    found = Bench()
    print_planted(found, runs)
    print_false_alarms(found, runs)
