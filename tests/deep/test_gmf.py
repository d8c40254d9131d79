"""GMF over one domain and over several, against loops over pairs."""

from dataclasses import replace

import numpy as np
import pytest

from tlbench.methods.deep.draws import Draws
from tlbench.methods.deep.gmf import Gmf, logits
from tlbench.methods.deep.linked_gmf import LinkedGmf
from tlbench.rng import stream
from tlbench.scenario.scenario import ItemAlignment

torch = pytest.importorskip("torch")

SMALL = {"factors": 4, "n_negatives": 3, "batch_size": 16, "l2": 0.01}


@pytest.fixture
def linked(training):
    """Three source items are target items, the others are the source's own."""
    data = training()
    ids = (np.array([0, 3, 7], dtype=np.int32), np.array([5, 1, 2], dtype=np.int32))
    alignment = ItemAlignment(*ids, score=np.ones(3, dtype=np.float32), how="id")
    return replace(data, item_alignments=(alignment,))


def run_of(method, data):
    return method.run(data, Draws(stream(0, "fit")), None)


def tensors(start):
    return {name: torch.from_numpy(value) for name, value in start.items()}


def literal_loss(start, users, items, l2):
    """Mean cross entropy of rows whose first item is touched and whose others are not, and the penalty."""
    total, n = 0.0, 0
    for user, row in zip(users, items, strict=True):
        for place, item in enumerate(row):
            product = start["users"][user].astype(float) * start["items"][item]
            chance = 1 / (1 + np.exp(-(product @ start["output"] + start["bias"][0])))
            total -= np.log(chance if place == 0 else 1 - chance)
            n += 1
    return total / n + l2 / 2 * sum(float((value.astype(float) ** 2).sum()) for value in start.values())


@pytest.mark.parametrize("method", [Gmf(**SMALL, scale=1.0), LinkedGmf(**SMALL, scale=1.0, weight=0.5)])
def test_the_losses_of_an_epoch_are_those_of_its_pairs_one_at_a_time(linked, method):
    run = run_of(method, linked)
    start = run.model.start(run.draws)
    turns = [run.model._endless(sampler(part), run.draws, 1) for part in run.model.parts]
    found = [float(loss) for loss in run.model.losses(tensors(start), run.draws, 1)]
    expected = []
    for _ in range(len(found) // len(turns)):
        for part, turn in zip(run.model.parts, turns, strict=True):
            pairs = next(turn)
            items = part.columns[np.column_stack([pairs.items, pairs.negatives])]
            expected.append(part.weight * literal_loss(start, pairs.users, items, 0.01))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def sampler(part):
    from tlbench.methods.deep.samples import PairSampler

    return PairSampler.of(part.matrix, part.name)


def test_the_gradient_is_that_of_differences(linked, assert_gradient):
    start = run_of(Gmf(**SMALL, scale=1.0), linked).model.start(Draws(stream(0)))
    users, items = torch.tensor([[0], [3]]), torch.tensor([[1, 4, 2], [0, 5, 5]])
    assert_gradient(lambda values: logits(values, users, items).square().sum(), start)


def test_domains_take_equal_turns_and_the_smaller_one_begins_anew(linked):
    run = run_of(LinkedGmf(**SMALL), linked)
    sizes = [part.matrix.nnz for part in run.model.parts]
    batches = list(run.model.losses(tensors(run.model.start(run.draws)), run.draws, 1))
    assert len(batches) == 2 * -(-max(sizes) // 16)


def test_a_linked_item_is_one_item_and_others_are_not(linked):
    model = run_of(LinkedGmf(**SMALL), linked).model
    columns = model.parts[1].columns
    assert columns[[0, 3, 7]].tolist() == [5, 1, 2]
    assert sorted(set(columns) - {5, 1, 2}) == list(range(12, 12 + 12))
    assert len(model.start(Draws(stream(0)))["items"]) == 24


def test_negatives_are_items_of_the_users_own_domain(linked):
    model = run_of(LinkedGmf(**SMALL), linked).model
    for part in model.parts:
        for pairs in sampler(part).batches(Draws(stream(0)), 1, size=16, n_negatives=3):
            assert pairs.negatives.max() < part.matrix.shape[1]


@pytest.mark.parametrize("weight", [0.0, (0.0,)])
def test_without_weight_on_the_source_it_is_gmf_to_the_bit(linked, weight):
    users = np.arange(linked.n_users)
    alone = Gmf(**SMALL, epochs=3).fit(linked, stream(1))(users)
    assert LinkedGmf(**SMALL, epochs=3, weight=weight).fit(linked, stream(1))(users).tobytes() == alone.tobytes()


def test_a_source_moves_the_scores(linked):
    users = np.arange(25)
    alone = Gmf(**SMALL, epochs=3).fit(linked, stream(1))(users)
    assert not np.allclose(LinkedGmf(**SMALL, epochs=3).fit(linked, stream(1))(users), alone)


def test_it_learns_who_likes_what(linked):
    scores = Gmf(factors=16, epochs=60, rate=0.05, scale=0.3).fit(linked, stream(0, "fit"))(np.arange(25))
    touched = linked.target.matrix[:25].toarray() > 0
    assert scores[touched].mean() > scores[~touched].mean() + 0.5
