"""UniCDR: histories, contrast and losses against loops, several sources, and its counterpart to the bit."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tlbench.methods.deep.draws import Draws
from tlbench.methods.deep.samples import Pairs, PairSampler
from tlbench.methods.deep.training import noise
from tlbench.methods.deep.unicdr import WHOLE, Bags, Mask, OwnUniCdr, UniCdr, contrasted
from tlbench.progress import SILENT
from tlbench.rng import stream
from tlbench.split.training import Domain

torch = pytest.importorskip("torch")


def two_sources(training):
    """The source, and a second one with its even columns."""
    data = training()
    matrix = data.source.matrix[:, ::2]
    return replace(
        data, sources=(data.source, Domain("second", matrix, None, None, None)), item_alignments=(None, None)
    )


def made(data):
    run = UniCdr(factors=4, dropout=0.0, masked=0.0).run(data, Draws(stream(0)), SILENT)
    rng = np.random.default_rng(0)
    start = run.model.start(run.draws)
    return run.model, {name: (v + 0.3 * rng.normal(size=v.shape)).astype(np.float32) for name, v in start.items()}


def tensors(p):
    return {name: torch.from_numpy(value) for name, value in p.items()}


def mean(vectors):
    return np.mean(vectors, axis=0) if len(vectors) else np.zeros(4)


def own(p, model, name, user, without=-1):
    items = [i for i in model.domains[name].matrix[user].indices if i != without]
    return 0.5 * p[f"{name}.users"][user] + 0.5 * mean([p[f"{name}.items"][i] for i in items]) @ p[f"{name}.map"]


def common(p, model, user, names):
    vectors = [p[f"{name}.items"][i] for name in names for i in model.domains[name].matrix[user].indices]
    return 0.5 * p["shared.users"][user] + 0.5 * mean(vectors) @ p["shared.map"]


def test_scores_look_at_whole_histories_of_all_domains(training):
    data = two_sources(training)
    model, p = made(data)
    scores = model.scorer(p)(np.arange(30))
    for user in range(25):
        vector = own(p, model, "target", user)
        if user in data.overlap:
            vector = vector + common(p, model, user, model.domains)
        np.testing.assert_allclose(scores[user], vector @ p["target.items"].T, rtol=1e-4, atol=1e-5)
    assert not scores[25:].any()


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def test_the_loss_leaves_out_the_item_that_is_asked_for_and_the_domain_itself(training):
    model, p = made(two_sources(training))
    touched = [model.domains["target"].matrix[user].indices[0] for user in (3, 12, 20)]
    pairs = Pairs(np.array([3, 12, 20], np.int32), np.array(touched, np.int32), np.array([[5], [6], [7]], np.int32))
    entropy, vectors, commons = 0.0, {}, {}
    for user, item, other in zip(pairs.users, pairs.items, pairs.negatives[:, 0], strict=True):
        vectors[user] = own(p, model, "target", user, item)
        commons[user] = common(p, model, user, ["source 1", "source 2"]) if user != 3 else 0
        for sign, each in ((-1, item), (1, other)):
            score = (vectors[user] + commons[user]) @ p["target.items"][each]
            entropy += math.log(1 + math.exp(sign * score)) / 6
    critic, contrast = p["target.critic"], 0.0
    for user, stranger in ((12, 20), (20, 12)):
        contrast -= math.log(sigmoid(vectors[user] @ critic @ commons[user])) / 4
        contrast -= math.log(1 - sigmoid(vectors[stranger] @ critic @ commons[user])) / 4
    chances = {name: noise(Draws(stream(0)), name) for name in ("shared", *model.domains)}
    found = model.loss(tensors(p), "target", pairs, chances, Mask(0.0, np.uint64(1)))
    assert float(found) == pytest.approx(entropy + 1.5 * contrast, rel=1e-4)


def test_a_share_of_a_history_is_left_out_at_random(training):
    sampler = PairSampler.of(training().target.matrix, "target")
    users = np.repeat(np.arange(25), 200)
    n, some = 200 * training().target.matrix.nnz, Bags.of(sampler, users, Mask(0.3, np.uint64(5)))
    assert len(some.items) / n == pytest.approx(0.7, abs=0.01)
    assert len(Bags.of(sampler, users, WHOLE).items) == n


def test_gradients_are_those_of_differences_and_cross(assert_gradient, training):
    rng = np.random.default_rng(0)
    start = {"own": rng.normal(size=(4, 3)), "common": rng.normal(size=(4, 3)), "critic": rng.normal(size=(3, 3))}
    assert_gradient(lambda p: contrasted(p["own"], p["common"], p["critic"]), start)
    model, p = made(two_sources(training))
    values = {name: value.requires_grad_() for name, value in tensors(p).items()}
    model._whole(values, np.array([12])).sum().backward()
    for name in ("source 1.items", "source 2.items", "shared.users"):
        assert values[name].grad.abs().sum() > 0


def test_without_shared_users_it_is_its_counterpart_to_the_bit(training):
    data = replace(training(), overlap=np.empty(0, dtype=np.int64))
    fits = [each(factors=4, epochs=3).fit(data, stream(0, "fit"))(np.arange(25)) for each in (UniCdr, OwnUniCdr)]
    np.testing.assert_array_equal(fits[0], fits[1])


def test_it_learns_who_likes_what(training):
    data = training()
    scores = UniCdr(factors=16, epochs=100, rate=0.02, dropout=0.0).fit(data, stream(0, "fit"))(np.arange(25))
    touched = data.target.matrix[:25].toarray() > 0
    assert scores[touched].mean() > scores[~touched].mean() + 0.5
