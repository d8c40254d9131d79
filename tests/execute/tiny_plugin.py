"""A plug-in with two tiny domains and methods that misbehave on demand; the tests load it with `--plugin`."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from tlbench.data.interactions import CleaningStep, Interactions, Provenance
from tlbench.registry import Choice, IntRange, LogRange, Range, dataset, method

N_USERS, N_ITEMS = 60, 30


def domain(name, seed):
    rng = np.random.default_rng(seed)
    pairs = np.argwhere(rng.random((N_USERS, N_ITEMS)) < np.linspace(0.2, 0.7, N_ITEMS))
    n = len(pairs)
    return Interactions(
        name=name,
        users=pl.Series("user", [f"u{i}" for i in range(N_USERS)]),
        items=pl.Series("item", [f"{name}-{i}" for i in range(N_ITEMS)]),
        user=pairs[:, 0].astype(np.int32),
        item=pairs[:, 1].astype(np.int32),
        rating=rng.integers(1, 6, n).astype(np.float32),
        timestamp=None,
        item_table=None,
        user_ids="tiny",
        item_ids=name,
        rating_scale=(1.0, 5.0),
        provenance=Provenance("made", name, "tiny/1", (CleaningStep("as made", n, N_USERS, N_ITEMS),)),
    )


@dataset("tiny-a", reference="none", user_ids="tiny", summary="a tiny source")
def tiny_a():
    return domain("tiny-a", 1)


@dataset("tiny-b", reference="none", user_ids="tiny", summary="a tiny target")
def tiny_b():
    return domain("tiny-b", 2)


def note(name):
    """Leave a line for each fit, where the test asks for it."""
    if "TINY_LOG" in os.environ:
        with Path(os.environ["TINY_LOG"]).open("a") as log:
            log.write(f"{name}\n")


@dataclass(frozen=True)
class Noise:
    """Scores drawn once for every user and item."""

    scores: np.ndarray

    def __call__(self, users):
        return self.scores[users]


def noise(data, rng):
    return Noise(rng.standard_normal((data.n_users, data.n_items), dtype=np.float32))


@method("tiny-noise", family="baseline", deterministic=False, reference="none")
@dataclass(frozen=True)
class TinyNoise:
    """Random scores after a while.

    Parameters
    ----------
    seconds
        How long a fit takes at least.
    """

    seconds: float = 0.0

    def fit(self, data, rng, *, progress=None):
        note("tiny-noise")
        time.sleep(self.seconds)
        return noise(data, rng)


@method("tiny-broken", family="baseline", deterministic=False, reference="none")
@dataclass(frozen=True)
class TinyBroken:
    """Fails in a way of one's choice, unless the file that TINY_MENDED names exists."""

    how: str = "error"

    def fit(self, data, rng, *, progress=None):
        note("tiny-broken")
        if Path(os.environ.get("TINY_MENDED", "/nonexistent")).exists():
            return noise(data, rng)
        if self.how == "memory":
            np.empty(2**60, dtype=np.uint8)
        if self.how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        raise ZeroDivisionError("one by nought")


@method(
    "tiny-tuned",
    family="baseline",
    deterministic=False,
    reference="none",
    space={"share": Range(0, 1), "scale": LogRange(1e-3, 1e3), "rounds": IntRange(1, 9), "kind": Choice(("a", "b"))},
)
@dataclass(frozen=True)
class TinyTuned:
    """Popularity mixed with noise; share 1 is popularity alone."""

    share: float = 0.5
    scale: float = 1.0
    rounds: int = 3
    kind: str = "a"

    def fit(self, data, rng, *, progress=None):
        note("tiny-tuned")
        popularity = np.asarray(data.target.binary.sum(axis=0), dtype=np.float32) / data.n_users
        drawn = rng.standard_normal((data.n_users, data.n_items), dtype=np.float32)
        return Noise(np.float32(self.share) * popularity + np.float32(1 - self.share) * drawn)


@method(
    "tiny-linked",
    family="data",
    deterministic=False,
    reference="none",
    needs="item-links",
    counterpart="popularity",
    placebo="shuffled-bridge",
)
@dataclass(frozen=True)
class TinyLinked:
    """Needs what the tiny domains do not have."""

    def fit(self, data, rng, *, progress=None):
        return noise(data, rng)
