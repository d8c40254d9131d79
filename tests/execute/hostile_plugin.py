"""A plug-in whose methods do what they must not: exit, raise oddities, write to their input, peek."""

import sys
from dataclasses import dataclass

import numpy as np

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
