"""Methods as objects -> registered methods: our own classes by their names, and any class with `fit` and `score`."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, make_dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tlbench.api.code import code_of
from tlbench.errors import TlbenchError
from tlbench.progress import SILENT, Progress
from tlbench.registry import METHODS, MethodEntry

if TYPE_CHECKING:
    from tlbench.arrays import F32, I64
    from tlbench.methods.base import Scorer
    from tlbench.split.training import Training


@dataclass(frozen=True)
class Adapted:
    """A class with `fit` and `score`, as a method of ours; `code` is the hash of its source, part of every address."""

    code: str
    wrapped: ClassVar[type]

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> Scorer:  # noqa: ARG002
        """Fit an instance on copies of the matrices that its `fit` asks for by name, and return its scores."""
        model = self.wrapped()
        offered: dict[str, Any] = {"rng": rng}
        if "source" in _asks(self.wrapped):
            offered["source"] = data.source.matrix.copy()
        model.fit(data.target.matrix.copy(), **{name: offered[name] for name in _asks(self.wrapped)})

        def scores(users: I64) -> F32:
            return np.asarray(model.score(users), dtype=np.float32)

        return scores


def name_of_method(method: Any) -> str:
    """Return the name of a method, registering it where it is a class that nobody registered.

    Parameters
    ----------
    method
        A name; a class registered with `tlbench.registry.method`; or a class whose instances have `fit(target)` or
        `fit(target, source)` (csr float32, shape (n_users, n_items) each, one row per user of all domains; `rng` too
        where it asks for it) and `score(users)` (int64 rows, shape (b,)) that returns shape (b, n_target_items).
        One that takes a source names its `counterpart` as an attribute, and may name its `placebo`.

    Raises
    ------
    TlbenchError
        If the object is neither, or a transfer method has no counterpart.
    """
    if isinstance(method, str):
        return method
    known = next((entry.name for entry in METHODS if entry.build is method), None)
    if known is not None:
        return known
    if not (isinstance(method, type) and callable(getattr(method, "fit", None)) and hasattr(method, "score")):
        raise TlbenchError(
            f"`{method!r}` is not a method", hint="give a name, or a class whose instances have `fit` and `score`"
        )
    return _registered(method)


def _registered(method: type) -> str:
    name = getattr(method, "name", None) or method.__name__.lower()
    transfer = "source" in _asks(method)
    counterpart = getattr(method, "counterpart", None)
    if transfer and counterpart is None:
        raise TlbenchError(
            f"transfer method `{name}` names no counterpart",
            hint=f'say which model it is without the source: `{method.__name__}.counterpart = "ease"`',
        )
    code = code_of(method)
    fields = [("code", str, field(default=code))]
    build = make_dataclass(method.__name__, fields, bases=(Adapted,), frozen=True, namespace={"wrapped": method})
    build.__module__, build.__doc__ = __name__, inspect.getdoc(method) or method.__name__
    entry = MethodEntry(
        name=name,
        build=build,
        family="data" if transfer else "baseline",
        needs=("user-overlap",) if transfer else (),
        counterpart=counterpart if transfer else None,
        placebo=getattr(method, "placebo", "shuffled-bridge") if transfer else None,
        deterministic="rng" not in _asks(method),
        reference=getattr(method, "reference", "a class of the user's"),
        on_request=True,
    )
    if name in METHODS and not issubclass(_class_of(METHODS.get(name)), Adapted):
        raise TlbenchError(f"a method `{name}` exists", hint=f'name yours: `{method.__name__}.name = "..."`')
    METHODS.replace(entry)
    return name


def _asks(method: type) -> list[str]:
    """Names, of those that can be offered, that the class's `fit` takes after the target."""
    fit: Any = getattr(method, "fit")  # noqa: B009  the type of a class of the user's is not known
    taken = list(inspect.signature(fit).parameters)[2:]
    return [name for name in taken if name in ("source", "rng")]


def _class_of(entry: MethodEntry) -> type:
    return entry.build if isinstance(entry.build, type) else object
