"""Every registered metric against at least two references, where users have nothing to find, short lists and ties."""

from pathlib import Path

import numpy as np
import pytest
from reference_case import make_case, measured, names_at, stored_case
from references import LIVE, PEERS, STORED, references_of

from tlbench.data import load
from tlbench.metrics.background import background_of
from tlbench.metrics.ranking import Ranker, tie_order
from tlbench.registry import METRICS
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.split.split import make_split

CUTS = (1, 5, 20, 60)  # the catalogue has 30 items
REAL_CUTS = (1, 10)
BY_PEERS = [(peer, name) for peer in PEERS for name in STORED[peer] if name != "library"]
BY_USER = [(p, n) for p, n in BY_PEERS if "values" in STORED[p][n] and p != "recbole"]  # it measures full lists only


@pytest.fixture(scope="module")
def case():
    return stored_case(CUTS)


@pytest.fixture(scope="module")
def real(catalogue):
    """Item-item scores on a slice of MovieLens 100k, where many are equal and many users have few items held out."""
    scenario = build_scenario(
        parse_scenario("movielens@100k/drama->movielens@100k/comedy"),
        Filters(5),
        lambda text: load(text, catalogue=catalogue),
    )
    split = make_split(scenario, "ratio")
    rows = split.training.target.binary
    users = split.users[:150]
    scores = (rows[users] @ (rows.T @ rows)).toarray().astype(np.float32)
    background = background_of(split)
    ranker = Ranker(
        n=split.training.n_items,
        seen=rows,
        tie_rank=tie_order(0, split.training.n_items),
        fallback=background.popularity.astype(np.float32),
        method="real",
    )
    return make_case(ranker, users, scores, split.test[users], background, depths=tuple(REAL_CUTS))


def test_the_case_has_what_definitions_differ_about(case):
    sizes, listed = np.array([len(row) for row in case.held]), np.array([len(row) for row in case.lists])
    assert (sizes == 0).sum() > 3
    assert (sizes[listed > 0] == listed[listed > 0]).any()  # every unseen item is held out
    assert ((listed < 5) & (sizes > 0)).any()
    assert (listed == 0).any()
    assert (sizes > 20).any()
    assert (~case.known).any()
    assert case.n_items < max(CUTS)
    tied = [len(np.unique(case.scores[u, row])) < len(row) for u, row in enumerate(case.lists)]
    assert np.mean(tied) > 0.8


def test_every_registered_metric_has_two_references_and_no_unregistered_one_has():
    assert set(LIVE) == {entry.name for entry in METRICS if entry.compute.__module__.startswith("tlbench.")}
    assert {base: len(references_of(base)) for base in LIVE if len(references_of(base)) < 2} == {}


def test_the_documentation_names_the_references_of_every_metric():
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    missing = [base for base in LIVE if f"| `{base}` | {', '.join(references_of(base))} |" not in page]
    assert missing == []


@pytest.mark.parametrize("name", names_at(CUTS))
def test_a_metric_is_what_others_compute(case, name):
    base, _, cut = name.partition("@")
    for library, reference in LIVE[base].items():
        expected = reference(case, int(cut) if cut else None)
        np.testing.assert_allclose(measured(case, name), expected, atol=1e-12, err_msg=library)


@pytest.mark.parametrize("name", names_at(REAL_CUTS))
def test_a_metric_is_what_others_compute_on_real_lists(real, name):
    base, _, cut = name.partition("@")
    for library, reference in LIVE[base].items():
        expected = reference(real, int(cut) if cut else None)
        np.testing.assert_allclose(measured(real, name), expected, atol=1e-11, err_msg=library)


@pytest.mark.parametrize(("peer", "name"), BY_PEERS)
def test_a_metric_is_what_another_library_printed(peer, name):
    printed = STORED[peer][name]
    case = stored_case(CUTS, printed["users"])
    expected = printed.get("values", printed.get("value"))
    np.testing.assert_allclose(measured(case, name), expected, atol=1e-12)


@pytest.mark.parametrize(("peer", "name"), BY_USER)
def test_users_whom_a_library_leaves_out_count_as_nothing(case, peer, name):
    """They have nothing held out or nothing to list."""
    left_out = np.setdiff1d(np.arange(len(case.lists)), STORED[peer][name]["users"])
    if name.startswith("map"):
        left_out = [u for u in left_out if not case.held[u] or not case.lists[u]]
    np.testing.assert_array_equal(measured(case, name)[left_out], 0.0)
