"""A plug-in whose methods do what they must not: exit, raise oddities, write to their input, peek."""

import gc
import sys
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from tlbench.registry import method


@dataclass(frozen=True)
class Flat:
    """The same score for everything."""

    shape: tuple[int, int]

    def __call__(self, users):
        return np.zeros((len(users), self.shape[1]), dtype=np.float32)


class Odd(BaseException):
    """An error that is no `Exception`."""


def hostile(act):
    """Make a recommender that does something and then scores everything alike."""

    @dataclass(frozen=True)
    class Hostile:
        def fit(self, data, rng, *, progress=None):
            act(data)
            return Flat(data.target.matrix.shape)

    return Hostile


def _raise(error):
    raise error


ACTS = {
    "exits-fine": lambda data: sys.exit(0),
    "exits-badly": lambda data: sys.exit("no"),
    "raises-odd": lambda data: _raise(Odd("strange")),
    "stops-iteration": lambda data: _raise(StopIteration()),
    "recurses": lambda data: ACTS["recurses"](data),
}


def _overwrite(array):
    array[:] = 1


POISON = {
    "writes-data": lambda data: _overwrite(data.target.matrix.data),
    "writes-indices": lambda data: _overwrite(data.target.matrix.indices),
    "writes-source": lambda data: _overwrite(data.sources[0].matrix.data),
    "writes-what-is-derived": lambda data: _overwrite(data.target.binary.data),
    "writes-overlap": lambda data: _overwrite(data.overlap),
}
ACTS |= POISON
for _name, _act in ACTS.items():
    method(_name, family="baseline", deterministic=True, reference="none", on_request=True)(hostile(_act))


@method("looks-around", family="baseline", deterministic=True, reference="none", on_request=True)
@dataclass(frozen=True)
class LooksAround:
    """Looks through the memory of its process for what is held out, and recommends that."""

    def fit(self, data, rng, *, progress=None):
        known = data.target.matrix
        found = [flat for flat in map(_looked_into, gc.get_objects()) if flat is not None]
        held = [matrix for matrix in found if matrix.shape == known.shape and _is_apart(matrix, known)]
        return Found(max(held, key=lambda matrix: matrix.nnz)) if held else Flat(known.shape)


def _looked_into(thing):
    """Return a matrix, or that of an object which has one to test on."""
    try:
        if type(thing).__name__ in ("Split", "Withheld"):
            return thing.test
        return thing if isinstance(thing, sparse.csr_matrix) else None
    except Exception:
        return None


def _is_apart(matrix, known):
    return matrix.nnz and not matrix.multiply(known).nnz


@dataclass(frozen=True)
class Found:
    """Scores that are the answers."""

    answers: sparse.csr_matrix

    def __call__(self, users):
        return self.answers[users].toarray().astype(np.float32)
