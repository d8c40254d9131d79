"""Nothing of the test part, nor anything after the cut of any domain, reaches a method; a planted leak is caught."""

import importlib.util
import sys
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import sparse

import tlbench.split.given as given_files
import tlbench.split.split as splitter
from tlbench.evaluate import Cell, evaluate
from tlbench.registry import MethodEntry
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.split.export import export_split
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
        held_rows = np.concatenate([part.nonzero()[0] for part in (split.test, split.selection.test)])
        holdout_ranks = np.concatenate([part.nonzero()[1] for part in (split.test, split.selection.test)])
        moment = {(u, i): t for u, i, t in zip(target.user, target.item, target.timestamp, strict=True)}
        np.minimum.at(first, held_rows, [moment[pair] for pair in zip(held_rows, holdout_ranks, strict=True)])
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
            "known = [assignment.part == TRAINING,",
            "known = [assignment.part != VALIDATION,",
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


# --- given files: what may reach a method is what the files say, read here without the splitter --------------------


def rows_of_file(scenario, path):
    """Pairs of rows and columns that a file of a split names."""
    frame = pl.read_csv(path, infer_schema=False)
    users, items = scenario.target.users.to_list(), scenario.target.items.to_list()
    return {(users.index(u), items.index(i)) for u, i in zip(frame["user"], frame["item"], strict=True)}


def given_leaks(scenario, folder, data, *, cut=None):
    """Name what reached a method although the files hold it out, or time forbids it."""
    test, train = (rows_of_file(scenario, folder / f"{name}.csv") for name in ("test", "train"))
    own = folder / "validation.csv"
    rows, items, _ = events(data.target)
    seen, validation = set(zip(rows, items, strict=True)), set(zip(*data.validation.nonzero(), strict=True))
    held = test | (rows_of_file(scenario, own) if own.exists() else validation)
    found = []
    if seen & test or not seen <= train:
        found.append("pairs that are not in the training file")
    if validation & test:
        found.append("test pairs in the validation part")
    target = scenario.target
    moment = {(u, i): t for u, i, t in zip(target.user, target.item, target.timestamp, strict=True)}
    first = np.full(data.n_users, np.iinfo(np.int64).max)
    for user, item in held:
        first[user] = min(first[user], moment[user, item])
    for source in data.sources:
        rows, _, times = events(source)
        late = times >= first[rows] if cut is None else times > cut
        if late.any():
            found.append(f"late events of {source.name}")
    return found


def given_folder(scenario, folder, protocol, *, record, validation=True):
    export_split(splitter.make_split(scenario, protocol), folder)
    if not record:
        (folder / "split.json").unlink()
    if not validation:
        (folder / "validation.csv").unlink()
    return folder


@pytest.mark.parametrize("protocol", ["leave-last-out", "ratio", "temporal", "k-shot:3"])
@pytest.mark.parametrize("validation", [True, False])
def test_files_of_a_published_split_let_through_only_what_is_before_each_users_first_held_out_event(
    scenario, tmp_path, protocol, validation
):
    folder = given_folder(scenario, tmp_path / "files", protocol, record=False, validation=validation)
    split = splitter.make_split(scenario, f"given:{folder}")
    data = given_to_fit(split)
    assert given_leaks(scenario, folder, data) == []
    assert leaks(split, data) == []
    assert set(zip(*split.test.nonzero(), strict=True)) == rows_of_file(scenario, folder / "test.csv")


def test_files_with_the_record_of_a_moment_let_through_nothing_after_it(scenario, tmp_path):
    folder = given_folder(scenario, tmp_path / "files", "temporal", record=True)
    split = splitter.make_split(scenario, f"given:{folder}")
    assert split.cut is not None
    assert given_leaks(scenario, folder, given_to_fit(split), cut=split.cut[0]) == []


@pytest.mark.parametrize(
    ("sound", "leaky", "caught"),
    [
        ('"test": TEST}', '"test": TRAINING}', "pairs that are not in the training file"),
        ("first_held_out(target, part) if by_user else None", "None", "late events of books"),
    ],
)
def test_a_leak_planted_in_a_copy_of_the_reader_of_files_is_caught(
    scenario, tmp_path, monkeypatch, sound, leaky, caught
):
    folder = given_folder(scenario, tmp_path / "files", "leave-last-out", record=False)
    text = Path(given_files.__file__).read_text(encoding="utf-8")
    assert text.count(sound) == 1
    copy = tmp_path / "leaky_given.py"
    copy.write_text(text.replace(sound, leaky), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("leaky_given", copy)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr("tlbench.split.protocols.given", module.given)
    split = splitter.make_split(scenario, f"given:{folder}")
    assert caught in given_leaks(scenario, folder, split.training)
