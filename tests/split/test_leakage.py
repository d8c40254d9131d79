"""Nothing of the test part, nor anything after the cut of any domain, reaches a method; a planted leak is caught."""

import importlib.util
import sys
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import sparse

import tlbench.split.protocols.given as given_files
import tlbench.split.split as splitter
from tlbench.evaluation import Cell, evaluate
from tlbench.registry import PROTOCOLS, MethodEntry
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.split.export import export_split
from tlbench.split.protocol import Protocol
from tlbench.split.training import Domain, Training

EVERY_KIND = [
    "temporal",
    "leave-last-out",
    "merged-last-out",
    "leave-n-out:2",
    "ratio",
    "rolling:3",
    "cold-start:0.5",
    "cold-start:4",
    "k-shot:3",
    "profile:0,2,5,all/3",
    "k-fold:4",
    "user-fold:4",
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
    """What a method is fitted to: first to choose on validation, then to be judged on test."""
    given = []
    entry = MethodEntry("recorder", Recorder, "baseline", (), None, None, True, "")
    choosing = replace(split, chooses=True)
    evaluate(choosing, Cell("books+films->games", "recorder", {"given": given}, 0), entry=entry, metrics=["hit@10"])
    return given


def events(domain):
    """Rows, columns and moments of all that a domain tells."""
    rows = np.repeat(np.arange(domain.matrix.shape[0]), np.diff(domain.matrix.indptr))
    return rows, domain.matrix.indices, domain.timestamps


def pairs_of(*matrices):
    return {(row, item) for matrix in matrices for row, item in zip(*matrix.nonzero(), strict=True)}


def leaks(split, given):
    """Name every leak in what methods were given to choose among them, and to be judged."""
    chosen_on, judged = given
    test, validation = pairs_of(split.test), pairs_of(split.selection.test)
    found = [] if pairs_of(judged.target.matrix) >= validation else ["the judged model is not fitted to validation"]
    if test & validation:
        found.append("test pairs in the validation part")
    return [
        *found,
        *_leaks(split.selection, chosen_on, (split.selection.test, split.test)),
        *_leaks(split, judged, (split.test,)),
    ]


def _leaks(split, data, held_out):
    found = []
    rows, items, times = events(data.target)
    if pairs_of(*held_out) & set(zip(rows, items, strict=True)):
        found.append("held-out pairs in the target's training part")
    if split.cut is not None:
        late = [d.name for d in (data.target, *data.sources) if (d.timestamps > split.cut).any()]
        found.extend(f"events after the cut in {name}" for name in late)
    if split.sources_cut == "user":
        target = split.scenario.target
        first = np.full(split.training.n_users, np.iinfo(np.int64).max)
        held_rows, held_items = (np.concatenate([part.nonzero()[axis] for part in held_out]) for axis in (0, 1))
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


@pytest.mark.parametrize("protocol", EVERY_KIND)
def test_nothing_that_a_method_must_not_know_reaches_it_in_any_fold(scenario, protocol):
    splits = list(splitter.make_splits(scenario, Protocol.parse(protocol)))
    assert [leaks(split, given_to_fit(split)) for split in splits] == [[]] * len(splits)


def test_no_window_sees_what_comes_after_its_moment_in_any_domain(scenario):
    for split in splitter.make_splits(scenario, Protocol.parse("rolling:4")):
        held = pairs_of(split.test)
        target = scenario.target
        moment = {(u, i): t for u, i, t in zip(target.user, target.item, target.timestamp, strict=True)}
        begins = min(moment[pair] for pair in held)
        for data in given_to_fit(split):
            assert max(domain.timestamps.max() for domain in (data.target, *data.sources)) < begins


def test_placebos_and_later_seeds_are_fitted_once_to_what_is_judged(scenario):
    split = splitter.make_split(scenario, "k-fold:1/5")
    given = []
    entry = MethodEntry("recorder", Recorder, "baseline", (), None, None, True, "")
    evaluate(split, Cell("books+films->games", "recorder", {"given": given}, 1), entry=entry, metrics=["hit@10"])
    assert len(given) == 1
    assert given[0] is split.training


def test_a_method_is_given_trainings_and_domains_alone(scenario):
    data = given_to_fit(splitter.make_split(scenario, "ratio"))[1]
    assert {type(value) for value in reachable(data) if is_dataclass(value)} == {Training, Domain}


@pytest.mark.parametrize(
    ("protocol", "sound", "leaky", "caught"),
    [
        (
            "ratio",
            "& (assignment.part < held)",
            "& (assignment.part <= held)",
            "held-out pairs in the target's training part",
        ),
        (
            "ratio",
            "& (assignment.part < held)",
            "& (assignment.part != held)",
            "held-out pairs in the target's training part",
        ),
        (
            "ratio",
            "test=matrix_of(scenario, assignment.part == held)",
            "test=matrix_of(scenario, assignment.part >= held)",
            "test pairs in the validation part",
        ),
        (
            "ratio",
            "& (assignment.part < held)",
            "& (assignment.part < VALIDATION)",
            "the judged model is not fitted to validation",
        ),
        ("temporal", "<= assignment.cut[held - 1]", "<= assignment.cut[1]", "events after the cut in books"),
        ("rolling:3", "<= assignment.cut[held - 1]", "<= source.timestamp.max()", "events after the cut in films"),
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
    seen = set(zip(rows, items, strict=True))
    held = test
    found = []
    if seen & test or not seen <= train | (rows_of_file(scenario, own) if own.exists() else set()):
        found.append("pairs that the files do not let it know")
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
    given = given_to_fit(split)
    assert given_leaks(scenario, folder, given[1]) == []
    assert leaks(split, given) == []
    assert set(zip(*split.test.nonzero(), strict=True)) == rows_of_file(scenario, folder / "test.csv")


def test_files_with_the_record_of_a_moment_let_through_nothing_after_it(scenario, tmp_path):
    folder = given_folder(scenario, tmp_path / "files", "temporal", record=True)
    split = splitter.make_split(scenario, f"given:{folder}")
    assert split.cut is not None
    assert given_leaks(scenario, folder, given_to_fit(split)[1], cut=split.cut) == []


@pytest.mark.parametrize(
    ("sound", "leaky", "caught"),
    [
        ('"test": TEST}', '"test": TRAINING}', "pairs that the files do not let it know"),
        ("by_user=by_user", "by_user=False", "late events of books"),
    ],
)
def test_a_leak_planted_in_a_copy_of_the_reader_of_files_is_caught(
    scenario, tmp_path, monkeypatch, sound, leaky, caught
):
    folder = given_folder(scenario, tmp_path / "files", "leave-last-out", record=False)
    text = Path(given_files.__file__).read_text(encoding="utf-8")
    assert text.count(sound) == 1
    copy = tmp_path / "leaky_given.py"
    copy.write_text(text.replace(sound, leaky).replace('@protocol("given"', '@protocol("leaky"'), encoding="utf-8")
    monkeypatch.setattr(PROTOCOLS, "_entries", dict(PROTOCOLS._entries))
    spec = importlib.util.spec_from_file_location("leaky_given", copy)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "leaky_given", module)
    spec.loader.exec_module(module)
    split = splitter.make_split(scenario, f"leaky:{folder}")
    assert caught in given_leaks(scenario, folder, split.training)
