"""Nothing of the test part, nor anything after the cut of any domain, reaches a method; a planted leak is caught."""

import importlib.util
import sys
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

import tlbench.split.split as splitter
from tlbench.evaluate import Cell, evaluate
from tlbench.registry import MethodEntry
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.split.training import Domain, Training

PROTOCOLS = [
    "temporal",
    "leave-last-out",
    "leave-n-out:2",
    "ratio",
    "cold-start:0.5",
    "k-shot:3",
    "k-fold:2/5",
    "user-fold:1/4",
]


@pytest.fixture(scope="module")
def scenario(make_interactions):
    """Three timed domains with shared users and, of each pair of events, its own moment."""
    rng = np.random.default_rng(11)

    def domain(name, users):
        pairs = sorted(
            {(f"u{u}", f"{name}{i}") for u, i in zip(rng.choice(users, 900), rng.integers(0, 40, 900), strict=True)}
        )
        rows = [(user, item, int(t)) for (user, item), t in zip(pairs, rng.permutation(len(pairs)), strict=True)]
        return make_interactions(rows, name=name, ratings=rng.integers(1, 6, len(rows)).tolist())

    domains = {
        "books": domain("books", range(20, 70)),
        "films": domain("films", range(10, 60)),
        "games": domain("games", range(60)),
    }
    return build_scenario(parse_scenario("books+films->games"), Filters(1), domains.__getitem__)


@dataclass(frozen=True)
class Recorder:
    """A method that keeps what it was given."""

    given: list

    def fit(self, data, rng, *, progress=None):
        self.given.append(data)
        return lambda users: np.zeros((len(users), data.n_items), dtype=np.float32)


def given_to_fit(split):
    given = []
    entry = MethodEntry("recorder", Recorder, "baseline", (), None, None, True, "")
    evaluate(split, Cell("books+films->games", "recorder", {"given": given}, 0), entry=entry, metrics=["hit@10"])
    return given[0]


def events(domain):
    """Rows, columns and moments of all that a domain tells."""
    rows = np.repeat(np.arange(domain.matrix.shape[0]), np.diff(domain.matrix.indptr))
    return rows, domain.matrix.indices, domain.timestamps


def leaks(split, data):
    """Name every leak in what a method was given."""
    found = []
    held = {(row, item) for row, item in zip(*split.test.nonzero(), strict=True)}
    rows, items, times = events(data.target)
    if held & set(zip(rows, items, strict=True)):
        found.append("test pairs in the target's training part")
    if held & {(row, item) for row, item in zip(*data.validation.nonzero(), strict=True)}:
        found.append("test pairs in the validation part")
    if split.cut is not None:
        late = [d.name for d in (data.target, *data.sources) if (d.timestamps > split.cut[0]).any()]
        found.extend(f"events after the cut in {name}" for name in late)
    if split.sources_cut == "user":
        target = split.scenario.target
        first = np.full(split.training.n_users, np.iinfo(np.int64).max)
        held_rows = np.concatenate([part.nonzero()[0] for part in (split.test, split.training.validation)])
        held_items = np.concatenate([part.nonzero()[1] for part in (split.test, split.training.validation)])
        moment = {(u, i): t for u, i, t in zip(target.user, target.item, target.timestamp, strict=True)}
        np.minimum.at(first, held_rows, [moment[pair] for pair in zip(held_rows, held_items, strict=True)])
        for source in data.sources:
            rows, _, times = events(source)
            if (times >= first[rows]).any():
                found.append(f"events of {source.name} that are not before the user's first held-out one")
    known = {id(split), id(split.test), id(split.scenario), id(split.users)}
    if any(id(value) in known for value in reachable(data)):
        found.append("the split itself")
    return found


def reachable(value):
    """Walk all that hangs on a training."""
    yield value
    if is_dataclass(value):
        for field in fields(value):
            yield from reachable(getattr(value, field.name))
    elif isinstance(value, tuple):
        for part in value:
            yield from reachable(part)
    elif sparse.issparse(value):
        yield from (value.data, value.indices)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_that_a_method_must_not_know_reaches_it(scenario, protocol):
    split = splitter.make_split(scenario, protocol)
    assert leaks(split, given_to_fit(split)) == []


def test_a_method_is_given_trainings_and_domains_alone(scenario):
    data = given_to_fit(splitter.make_split(scenario, "ratio"))
    assert {type(value) for value in reachable(data) if is_dataclass(value)} == {Training, Domain}


@pytest.mark.parametrize(
    ("protocol", "sound", "leaky", "caught"),
    [
        (
            "ratio",
            "target=target_domain(scenario, assignment.part == TRAINING)",
            "target=target_domain(scenario, assignment.part != VALIDATION)",
            "test pairs in the target's training part",
        ),
        (
            "ratio",
            "validation=matrix_of(scenario, assignment.part == VALIDATION)",
            "validation=matrix_of(scenario, assignment.part >= VALIDATION)",
            "test pairs in the validation part",
        ),
        ("temporal", "<= assignment.cut[0]", "<= assignment.cut[1]", "events after the cut in books"),
        (
            "leave-last-out",
            "allowed &= source.timestamp < limit",
            "allowed &= source.timestamp <= 2 + limit",
            "events of books that are not before the user's first held-out one",
        ),
    ],
)
def test_a_leak_planted_in_a_copy_of_the_splitter_is_caught(scenario, tmp_path, protocol, sound, leaky, caught):
    text = Path(splitter.__file__).read_text(encoding="utf-8")
    assert text.count(sound) == 1
    copy = tmp_path / "leaky_splitter.py"
    copy.write_text(text.replace(sound, leaky), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("leaky_splitter", copy)
    module = importlib.util.module_from_spec(spec)
    sys.modules["leaky_splitter"] = module
    spec.loader.exec_module(module)
    split = module.make_split(scenario, protocol)
    assert caught in leaks(split, given_to_fit(split))
