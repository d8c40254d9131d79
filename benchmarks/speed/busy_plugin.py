"""Small made domains and a method that takes a while, for `engine.py`; loaded with `--plugin`."""

import time
from dataclasses import dataclass

import numpy as np
import polars as pl

from tlbench.data.interactions import CleaningStep, Interactions, Provenance
from tlbench.registry import dataset, method

N_USERS, N_ITEMS = 300, 200


def _domain(name, seed):
    pairs = np.argwhere(np.random.default_rng(seed).random((N_USERS, N_ITEMS)) < 0.1)
    n = len(pairs)
    return Interactions(
        name=name,
        users=pl.Series("user", [f"u{i}" for i in range(N_USERS)]),
        items=pl.Series("item", [f"{name}-{i}" for i in range(N_ITEMS)]),
        user=pairs[:, 0].astype(np.int32),
        item=pairs[:, 1].astype(np.int32),
        rating=None,
        timestamp=None,
        item_table=None,
        user_ids="busy",
        item_ids=name,
        rating_scale=None,
        provenance=Provenance("made", name, "busy/1", (CleaningStep("as made", n, N_USERS, N_ITEMS),)),
    )


@dataset("busy-source", reference="none", user_ids="busy", summary="made for a speed test")
def busy_source():
    return _domain("busy-source", 1)


@dataset("busy-target", reference="none", user_ids="busy", summary="made for a speed test")
def busy_target():
    return _domain("busy-target", 2)


@dataclass(frozen=True)
class Drawn:
    """Scores drawn at random."""

    scores: np.ndarray

    def __call__(self, users):
        """Return the users' rows."""
        return self.scores[users]


@method("busy", family="baseline", deterministic=False, reference="none")
@dataclass(frozen=True)
class Busy:
    """Keeps one core at work, or waits, for so many seconds, then scores at random."""

    seconds: float = 0.0
    rounds: int = 0

    def fit(self, data, rng, *, progress=None):  # noqa: ARG002
        """Wait and work."""
        time.sleep(self.seconds)
        total = 0
        for i in range(self.rounds):
            total += i * i
        return Drawn(rng.standard_normal((data.n_users, data.n_items), dtype=np.float32))
