"""Each further protocol holds out what its name says; wrong arguments are answered."""

import itertools

import numpy as np
import pytest

from tlbench.errors import TlbenchError
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.split.protocol import Protocol
from tlbench.split.split import make_split, make_splits


@pytest.fixture(scope="module")
def scenario(make_interactions):
    """Two timed domains of 80 users each, 50 of them shared."""
    rng = np.random.default_rng(3)

    def domain(name, users):
        pairs = sorted(
            {(f"u{u}", f"{name}{i}") for u, i in zip(rng.choice(users, 1200), rng.integers(0, 60, 1200), strict=True)}
        )
        rows = [(user, item, int(t)) for (user, item), t in zip(pairs, rng.permutation(len(pairs)), strict=True)]
        return make_interactions(rows, name=name, ratings=rng.integers(1, 6, len(rows)).tolist())

    domains = {"source": domain("source", range(30, 110)), "target": domain("target", range(80))}
    return build_scenario(parse_scenario("source->target"), Filters(1), domains.__getitem__)


def sizes(matrix):
    return np.diff(matrix.indptr)


@pytest.mark.parametrize("n", [1, 3])
def test_leave_n_out_holds_out_n_of_every_user_who_has_enough(scenario, n):
    split = make_split(scenario, f"leave-n-out:{n}")
    count = np.bincount(scenario.target.user, minlength=scenario.bridge.n_users)
    able = count >= 2 * n + 1
    assert (sizes(split.test)[able] == n).all()
    assert (sizes(split.selection.test)[able] == n).all()
    assert (sizes(split.test)[~able] == 0).all()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_cold_start_hides_a_share_of_the_overlap_users_whole(scenario, share):
    split = make_split(scenario, f"cold-start:{share}")
    overlap = scenario.bridge.overlap
    hidden = np.flatnonzero((sizes(split.test) + sizes(split.selection.test)) > 0)
    assert np.isin(hidden, overlap).all()
    assert len(hidden) == round(share * len(overlap))
    assert (sizes(split.selection.training.target.matrix)[hidden] == 0).all()
    assert (sizes(split.training.target.matrix)[split.users] == 0).all()
    assert abs((sizes(split.test) > 0).sum() - (sizes(split.selection.test) > 0).sum()) <= 1
    assert (sizes(split.training.source.matrix)[split.users] > 0).all()
    assert np.isin(hidden, split.training.overlap).all()


def test_every_overlap_user_is_cold_in_exactly_one_fold_and_validates_in_another(scenario):
    splits = list(make_splits(scenario, Protocol.parse("cold-start:4")))
    for part in (splits, [split.selection for split in splits]):
        hidden = [np.flatnonzero(sizes(split.test)) for split in part]
        assert sorted(np.concatenate(hidden)) == scenario.bridge.overlap.tolist()
        for split, users in zip(part, hidden, strict=True):
            assert (sizes(split.training.target.matrix)[users] == 0).all()
    everything = np.bincount(scenario.target.user, minlength=scenario.bridge.n_users)
    for split in splits:
        others = sizes(split.test) == 0
        assert (sizes(split.training.target.matrix)[others] == everything[others]).all()


def test_sources_say_nothing_of_a_cold_user_after_the_first_hidden_interaction(scenario):
    for split in make_splits(scenario, Protocol.parse("cold-start:4")):
        source = split.training.source
        for user in np.flatnonzero(sizes(split.test)):
            first = scenario.target.timestamp[scenario.target.user == user].min()
            start, end = source.matrix.indptr[user : user + 2]
            assert (source.timestamps[start:end] < first).all()


def test_who_is_hidden_at_a_small_share_is_hidden_at_a_large_one(scenario):
    few, many = (make_split(scenario, f"cold-start:{share}") for share in (0.2, 0.8))
    hidden = [{*np.flatnonzero(sizes(s.test)), *np.flatnonzero(sizes(s.selection.test))} for s in (few, many)]
    assert hidden[0] < hidden[1]


@pytest.mark.parametrize("k", [1, 4])
def test_k_shot_users_keep_their_first_k_interactions(scenario, k):
    whole = make_split(scenario, f"k-shot:{k}", fold=2)
    target = scenario.target
    assert not np.intersect1d(whole.users, whole.selection.users).size
    for split in (whole, whole.selection):
        assert len(split.users) > 1
        for user in split.users:
            mine = target.user == user
            first = target.item[mine][np.argsort(target.timestamp[mine])][:k]
            assert sorted(split.training.target.matrix[user].indices) == sorted(first)
            limit = target.timestamp[mine & np.isin(target.item, split.test[user].indices)].min()
            start, end = split.training.source.matrix.indptr[user : user + 2]
            assert (split.training.source.timestamps[start:end] < limit).all()


def test_every_able_user_is_judged_in_exactly_one_fold_of_k_shot(scenario):
    splits = list(make_splits(scenario, Protocol.parse("k-shot:3/4")))
    judged = np.concatenate([np.flatnonzero(sizes(split.test)) for split in splits])
    count = np.bincount(scenario.target.user)
    overlap = scenario.bridge.overlap
    assert sorted(judged) == overlap[count[overlap] > 3].tolist()


@pytest.fixture(scope="module")
def profile(scenario):
    """The splits of a profile by group and level."""
    protocol = Protocol.parse("profile:0,2,5,all/3")
    splits = make_splits(scenario, protocol)
    return {(protocol.rule.group_of(split.fold), str(protocol.rule.level_of(split.fold))): split for split in splits}


def history(scenario, user):
    """A user's items in the order of time."""
    mine = scenario.target.user == user
    return scenario.target.item[mine][np.argsort(scenario.target.timestamp[mine])]


def test_a_profile_shows_the_latest_interactions_before_the_last_fifth(scenario, profile):
    for (_, level), split in profile.items():
        for part in (split, split.selection):
            for user in part.users:
                items = history(scenario, user)
                n_held = max(1, round(0.2 * len(items)))
                shown = items[:-n_held] if level == "all" else items[:-n_held][-int(level) :] if level != "0" else []
                assert sorted(part.test[user].indices) == sorted(items[-n_held:])
                assert sorted(part.training.target.matrix[user].indices) == sorted(shown)


def test_levels_of_a_group_differ_in_what_its_users_show_of_the_target_alone(scenario, profile):
    for group in (1, 2, 3):
        splits = [profile[group, level] for level in ("0", "2", "5", "all")]
        first = splits[0]
        others = np.flatnonzero(sizes(first.test) == 0)
        for split in splits[1:]:
            assert split.group == first.group
            assert (split.test != first.test).nnz == 0
            assert (split.training.source.matrix != first.training.source.matrix).nnz == 0
            assert (split.training.target.matrix[others] != first.training.target.matrix[others]).nnz == 0
        everything = np.bincount(scenario.target.user, minlength=scenario.bridge.n_users)
        assert (sizes(first.training.target.matrix)[others] == everything[others]).all()


def test_every_user_with_so_much_history_is_judged_once_at_each_level_of_a_profile(scenario, profile):
    count = np.bincount(scenario.target.user)
    length = count - np.maximum(1, np.round(0.2 * count).astype(int))
    overlap = scenario.bridge.overlap
    for level, least in (("0", 0), ("2", 2), ("5", 5), ("all", 1)):
        judged = np.concatenate([profile[group, level].users for group in (1, 2, 3)])
        assert sorted(judged) == overlap[length[overlap] >= least].tolist()


def test_a_profile_is_chosen_on_its_first_group(profile):
    assert {group for (group, _), split in profile.items() if split.chooses} == {1}


@pytest.mark.parametrize("windows", [1, 2, 4, 8])
def test_windows_follow_each_other_and_end_with_the_data(scenario, windows):
    splits = list(make_splits(scenario, Protocol.parse(f"rolling:{windows}")))
    time, n = scenario.target.timestamp, len(scenario.target)
    tests = sum((split.test > 0).astype(int) for split in splits)
    assert (tests.data == 1).all()
    assert tests.nnz == (time > splits[0].cut).sum()
    assert tests.nnz / n == pytest.approx(0.1 * windows, abs=0.01)
    for split, following in itertools.pairwise([*splits, None]):
        until = time.max() if following is None else following.cut
        assert split.test.nnz == ((time > split.cut) & (time <= until)).sum()
        assert split.training.target.matrix.nnz == (time <= split.cut).sum()
        assert split.selection.test.nnz == ((time > split.selection.cut) & (time <= split.cut)).sum()


def test_one_window_is_the_temporal_protocol(scenario):
    rolling, temporal = (make_split(scenario, protocol) for protocol in ("rolling:1", "temporal"))
    assert rolling.digest == temporal.digest


def test_more_windows_than_there_is_time_for_are_refused_with_the_most_possible(scenario):
    with pytest.raises(TlbenchError, match="leaves nothing to learn from") as caught:
        make_split(scenario, "rolling:9")
    assert "rolling:8" in caught.value.hint


@pytest.mark.parametrize("folds", [3, 5])
def test_every_interaction_tests_in_exactly_one_fold_and_validates_in_another(scenario, folds):
    splits = list(make_splits(scenario, Protocol.parse(f"k-fold:{folds}")))
    assert splits[1].digest == make_split(scenario, f"k-fold:2/{folds}").digest
    tests = sum((split.test > 0).astype(int) for split in splits)
    assert tests.nnz == len(scenario.target)
    assert (tests.data == 1).all()
    for split, following in zip(splits, [*splits[1:], splits[0]], strict=True):
        assert (split.selection.test != following.test).nnz == 0
    share = [split.test.nnz / len(scenario.target) for split in splits]
    np.testing.assert_allclose(share, 1 / folds, atol=0.05)


def test_every_user_tests_in_exactly_one_fold_of_users(scenario):
    splits = [make_split(scenario, f"user-fold:{number}/4") for number in range(1, 5)]
    tested = np.concatenate([np.flatnonzero(sizes(split.test)) for split in splits])
    count = np.bincount(scenario.target.user)
    assert sorted(tested) == np.flatnonzero(count > 1).tolist()
    for split in splits:
        judged = np.flatnonzero(sizes(split.test))
        assert (sizes(split.training.target.matrix)[judged] > 0).all()
        held = sizes(split.test)[judged]
        assert (np.abs(held - 0.2 * count[judged]) <= 1).all()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("cold-start:2", "at least 3"),
        ("cold-start:some", "at least 3"),
        ("k-shot:0", "whole number from 1"),
        ("leave-n-out:x", "whole number from 1"),
        ("k-shot:5/2", "at least 3"),
        ("profile:0,5,2", "levels of history, ascending"),
        ("profile:0,all,5", "levels of history, ascending"),
        ("profile:0,1/2", "at least 3"),
        ("rolling:0", "number of windows"),
        ("k-fold:6/5", "as 1/5"),
        ("k-fold:2", "at least 3"),
        ("k-fold:x", "as 1/5"),
        ("user-fold:1/2", "at least 3"),
        ("ratio:0.5", "nothing behind its name"),
        ("given", "given:FOLDER"),
    ],
)
def test_a_wrong_argument_is_answered_with_what_is_wanted(text, hint):
    with pytest.raises(TlbenchError, match=text.split(":")[0]) as caught:
        Protocol.parse(text)
    assert hint in caught.value.hint


def test_cold_start_without_shared_users_says_so(make_interactions):
    domains = {
        "source": make_interactions([("a", "x")], name="source"),
        "target": make_interactions([("b", "y")], name="target"),
    }
    scenario = build_scenario(parse_scenario("source->target"), Filters(1), domains.__getitem__)
    with pytest.raises(TlbenchError, match="hides 0 of the 0 users"):
        make_split(scenario, "cold-start")


def test_merged_last_out_holds_out_the_end_of_each_history_over_all_domains(scenario):
    """Users with two events at one moment, whose order is drawn, are left out."""
    split = make_split(scenario, "merged-last-out")
    histories = {}
    for place, (domain, rows) in enumerate(
        [(scenario.target, np.arange(scenario.target.n_users)), (scenario.sources[0], scenario.bridge.rows[0])]
    ):
        for user, item, moment in zip(rows[domain.user], domain.item, domain.timestamp, strict=True):
            histories.setdefault(int(user), []).append((int(moment), place, int(item)))
    plain = {user for user, events in histories.items() if len({moment for moment, _, _ in events}) == len(events)}
    assert len(plain) > 60

    def pairs(matrix):
        return {pair for pair in zip(*matrix.nonzero(), strict=True) if pair[0] in plain}

    test, validation, told = set(), set(), {0: set(), 1: set()}
    for user, events in histories.items():
        if user not in plain:
            continue
        *rest, before, last = sorted(events)
        if last[1] == 0:
            test.add((user, last[2]))
        if before[1] == 0:
            validation.add((user, before[2]))
        told[0] |= {(user, item) for _, place, item in [*rest, before] if place == 1}
        told[1] |= {(user, item) for _, place, item in rest if place == 1}
    assert pairs(split.test) == test
    assert pairs(split.selection.test) == validation
    assert pairs(split.training.sources[0].matrix) == told[0]
    assert pairs(split.selection.training.sources[0].matrix) == told[1]


def test_short_merged_histories_are_for_training_alone(make_interactions):
    target = make_interactions([("a", "x", 1), ("b", "x", 2), ("b", "y", 6)], name="target")
    source = make_interactions([("a", "s", 0), ("b", "s", 3)], name="source")
    two = build_scenario(parse_scenario("source->target"), Filters(1), {"source": source, "target": target}.__getitem__)
    split = make_split(two, "merged-last-out")
    assert list(zip(*split.test.nonzero(), strict=True)) == [(1, 1)]
    assert split.training.sources[0].matrix.nnz == 2


def test_a_split_that_holds_out_of_sources_is_not_exported(scenario, tmp_path):
    from tlbench.split.export import export_split

    with pytest.raises(TlbenchError, match="cannot be exported"):
        export_split(make_split(scenario, "merged-last-out"), tmp_path / "split")
    assert not (tmp_path / "split").exists()


def test_merged_last_out_needs_time_in_every_domain_and_shared_users(make_interactions):
    timed = make_interactions([("a", "x", 1), ("a", "y", 2), ("a", "z", 3)], name="timed")
    untimed = make_interactions([("a", "s"), ("a", "t")], name="untimed")
    strangers = make_interactions([("q", "s", 1), ("r", "t", 2)], name="strangers")
    known = {"timed": timed, "untimed": untimed, "strangers": strangers}.__getitem__
    for name, message in (("untimed->timed", "no timestamps"), ("strangers->timed", "share no users")):
        with pytest.raises(TlbenchError, match=message):
            make_split(build_scenario(parse_scenario(name), Filters(1), known), "merged-last-out")


# --- given files and candidates ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "protocol", ["temporal", "leave-last-out", "ratio", "k-shot:2", "cold-start:0.5", "k-fold:2/5"]
)
@pytest.mark.parametrize("candidates", [None, "uniform:7"])
def test_an_exported_split_reads_back_with_the_same_digest(scenario, protocol, candidates, tmp_path):
    from tlbench.split.export import export_split

    split = make_split(scenario, protocol, candidates=candidates)
    export_split(split, tmp_path / "split")
    again = make_split(scenario, f"given:{tmp_path / 'split'}", seed=5)
    assert again.digest == split.digest
    assert again.cut == split.cut
    assert again.sources_cut == split.sources_cut


def write(folder, **tables):
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(["user,item", *(f"{u},{i}" for u, i in rows)]) + "\n")
    return f"given:{folder}"


@pytest.fixture(name="tiny", scope="module")
def tiny_scenario(make_interactions):
    pairs = [("a", "x"), ("a", "y"), ("a", "z"), ("b", "x"), ("b", "y")]
    target = make_interactions([(user, item, at) for at, (user, item) in enumerate(pairs)], name="target")
    source = make_interactions([("a", "s", 0), ("a", "t", 9), ("b", "s", 9)], name="source")
    return build_scenario(
        parse_scenario("source->target"), Filters(1), {"source": source, "target": target}.__getitem__
    )


def test_given_files_without_a_record_cut_sources_before_each_users_first_held_out_interaction(tiny, tmp_path):
    text = write(tmp_path, train=[("a", "x"), ("b", "x")], validation=[("b", "y")], test=[("a", "y")])
    split = make_split(tiny, text)
    assert split.test[0].indices.tolist() == [1]
    assert split.training.target.matrix.nnz == 3  # what no file names is in no part
    assert split.training.source.matrix.nnz == 2  # a's event before its test event, and b's, of whom nothing is tested
    assert split.selection.training.source.matrix.nnz == 1  # b's event is after its validation event
    assert split.sources_cut == "user"


def test_without_a_validation_file_it_is_drawn_from_training(scenario, tmp_path):
    import polars as pl

    from tlbench.split.export import export_split

    export_split(make_split(scenario, "ratio"), tmp_path / "split")
    training = pl.read_csv(tmp_path / "split" / "train.csv").height
    (tmp_path / "split" / "validation.csv").unlink()
    split = make_split(scenario, f"given:{tmp_path / 'split'}")
    assert split.selection.test.nnz == round(0.1 * training)
    assert split.training.target.matrix.nnz == training
    assert split.selection.training.target.matrix.nnz == training - split.selection.test.nnz


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"train": [("a", "x")]}, "has no `test` file"),
        ({"train": [("a", "x")], "test": [("c", "x")]}, "user `c` of .* is not in `target`"),
        ({"train": [("a", "x")], "test": [("b", "z")]}, "the pair `b`, `z` of .* is not in `target`"),
        ({"train": [("a", "x")], "test": [("a", "x")]}, "has a row of another part too"),
    ],
)
def test_given_files_that_do_not_fit_are_refused(tiny, tmp_path, tables, message):
    with pytest.raises(TlbenchError, match=message):
        make_split(tiny, write(tmp_path, **tables))


def test_a_given_file_without_the_columns_is_refused(tiny, tmp_path):
    (tmp_path / "train.csv").write_text("person,item\na,x\n")
    with pytest.raises(TlbenchError, match="has no column `user`, only `person`, `item`"):
        make_split(tiny, f"given:{tmp_path}")


@pytest.mark.parametrize("kind", ["uniform", "popularity"])
def test_candidates_are_held_out_items_and_so_many_others_that_the_user_never_had(scenario, kind):
    split = make_split(scenario, "ratio", candidates=f"{kind}:9")
    known = (split.training.target.matrix + split.test).toarray() > 0
    popularity = np.bincount(split.training.target.matrix.indices, minlength=split.training.n_items)
    assert split.selection.candidates is None  # what is chosen is chosen on the whole catalogue
    for user in np.flatnonzero(sizes(split.test)):
        mine, held = split.candidates.items[user].indices, split.test[user].indices
        assert np.isin(held, mine).all()
        others = np.setdiff1d(mine, held)
        assert not known[user][others].any()
        able = ~known[user] & ((popularity > 0) | (kind == "uniform"))
        assert len(others) == min(9, able.sum())
    assert split.digest != make_split(scenario, "ratio").digest
    assert split.digest != make_split(scenario, "ratio", candidates=f"{kind}:9", seed=1).digest


def test_popularity_candidates_are_popular(scenario):
    popularity = np.bincount(make_split(scenario, "ratio").training.target.matrix.indices, minlength=60)
    means = []
    for kind in ("uniform", "popularity"):
        split = make_split(scenario, "ratio", candidates=f"{kind}:5")
        others = split.candidates.items - (split.test > 0).multiply(split.candidates.items)
        others.eliminate_zeros()
        means.append(popularity[others.indices].mean())
    assert means[1] > means[0]


@pytest.mark.parametrize("text", ["uniform", "uniform:0", "normal:5", "popularity:x"])
def test_candidates_that_cannot_be_read_are_refused(scenario, text):
    with pytest.raises(TlbenchError, match="cannot be read") as caught:
        make_split(scenario, "ratio", candidates=text)
    assert "uniform:100" in caught.value.hint


def test_held_out_items_are_ranked_among_candidates_only(scenario):
    from tlbench.evaluation import Cell, evaluate
    from tlbench.registry import MethodEntry

    class Random:
        def fit(self, data, rng, *, progress=None):
            scores = rng.standard_normal((data.n_users, data.n_items)).astype(np.float32)
            return lambda users: scores[users]

    entry = MethodEntry("random-test", Random, "baseline", (), None, None, False, "")
    cell = Cell("source->target", "random-test", {}, 0)
    few = make_split(scenario, "leave-n-out:1", candidates="uniform:9")
    hit = evaluate(few, cell, entry=entry, metrics=["hit@1", "hit@10"]).values.mean()
    assert hit["hit@10"] == 1
    assert hit["hit@1"] == pytest.approx(0.1, abs=0.12)
    with pytest.raises(TlbenchError, match="`auc` looks at all items"):
        evaluate(few, cell, entry=entry, metrics=["auc"])
