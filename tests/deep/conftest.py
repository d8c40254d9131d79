"""What tests of deep models share: a small training, and gradients by finite differences."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import sparse

from tlbench.split.training import Domain, Training

torch = pytest.importorskip("torch", reason="the extra `tlbench[torch]` is not installed")


def make_training(seed: int = 0, *, n_users: int = 30, n_items: int = 12, n_source_items: int = 15) -> Training:
    """Users 0-24 know the target, 10-28 the source, 29 nothing; times are random, texts name the item."""
    rng = np.random.default_rng(seed)
    domains = []
    for name, n, rows in (("target", n_items, range(25)), ("source", n_source_items, range(10, 29))):
        dense = np.zeros((n_users, n), dtype=np.float32)
        dense[rows] = rng.random((len(rows), n)) < 0.35
        dense[rows, rng.integers(n, size=len(rows))] = 1
        matrix = sparse.csr_matrix(dense)
        words = np.array([f"{name} theme{i % 3} item{i}" for i in range(n)], dtype=object)
        domains.append(Domain(name, matrix, rng.integers(10**9, size=matrix.nnz), words, None))
    return Training(domains[0], (domains[1],), np.arange(10, 25), (None,))


@pytest.fixture
def training() -> Callable[..., Training]:
    return make_training


def _assert_gradient(loss: Callable[..., "torch.Tensor"], start: dict[str, np.ndarray]) -> None:
    """Compare a loss's gradient with central differences of 12 random entries of every parameter, in float64."""
    values = {name: torch.from_numpy(value.astype(np.float64)).requires_grad_() for name, value in start.items()}
    loss(values).backward()
    rng, step = np.random.default_rng(0), 1e-6
    for name, value in values.items():
        for place in rng.choice(value.numel(), min(12, value.numel()), replace=False):
            sides = []
            for sign in (1, -1):
                moved = {each: tensor.detach().clone() for each, tensor in values.items()}
                moved[name].view(-1)[place] += sign * step
                sides.append(float(loss(moved)))
            slope = (sides[0] - sides[1]) / (2 * step)
            found = 0.0 if value.grad is None else float(value.grad.view(-1)[place])
            assert found == pytest.approx(slope, rel=1e-4, abs=1e-7), (name, place)


@pytest.fixture
def assert_gradient() -> Callable[..., None]:
    return _assert_gradient
