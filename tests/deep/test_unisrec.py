"""UniSRec: maps of texts and contrasts against loops, and what it hands from the sources to the target."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tlbench.methods.deep.draws import Draws
from tlbench.methods.deep.histories import Histories
from tlbench.methods.deep.text_sasrec import TextSasRec, TextVectors
from tlbench.methods.deep.training import epochs_of, last_of
from tlbench.methods.deep.unisrec import UniSRec, beginnings, contrast, left_out
from tlbench.progress import SILENT
from tlbench.rng import stream
from tlbench.split.training import one_below_the_other

torch = pytest.importorskip("torch")


def vectors():
    rng = np.random.default_rng(0)
    made = TextVectors(rng.normal(size=(6, 5)).astype(np.float32), width=3, experts=2, dropout=0.2)
    start = made.start(Draws(stream(0)), "target")
    return made, {name: value + rng.normal(size=value.shape) for name, value in start.items()}


def tensors(p, dtype=np.float32):
    return {name: torch.from_numpy(value.astype(dtype)) for name, value in p.items()}


def test_an_item_is_a_mixture_of_its_whitened_texts():
    made, p = vectors()
    expected = np.zeros((6, 3))
    for item, text in enumerate(made.texts.astype(float)):
        gates = np.exp([text @ p["adaptor.gate"][:, e] for e in range(2)])
        for e, gate in enumerate(gates / gates.sum()):
            expected[item] += gate * ((text - p["adaptor.bias"][e]) @ p["adaptor.weight"][e])
    np.testing.assert_allclose(made(tensors(p)).numpy(), expected, rtol=1e-4, atol=1e-5)


def test_the_gradient_of_texts_and_contrast_is_that_of_differences(assert_gradient):
    made, p = vectors()
    exact = replace(made, texts=made.texts.astype(np.float64))
    same = torch.eye(3, dtype=torch.bool)

    def loss(values):
        every = exact(values)
        return contrast(every[:3], every[3:], same, temperature=0.5)

    assert_gradient(loss, {name: value for name, value in p.items() if name != "adaptor.noise"})


def cosine(a, b):
    return a @ b / math.sqrt((a @ a) * (b @ b))


def test_a_contrast_counts_each_row_but_those_that_are_followed_by_the_same_item():
    rng = np.random.default_rng(0)
    left, right, items = rng.normal(size=(4, 3)), rng.normal(size=(4, 3)), [7, 2, 7, 5]
    expected = 0.0
    for i in range(4):
        others = [j for j in range(4) if j == i or items[j] != items[i]]
        total = sum(math.exp(cosine(left[i], right[j]) / 0.07) for j in others)
        expected -= math.log(math.exp(cosine(left[i], right[i]) / 0.07) / total) / 4
    same = torch.tensor(items)[:, None] == torch.tensor(items)
    found = contrast(torch.from_numpy(left), torch.from_numpy(right), same, temperature=0.07)
    assert float(found) == pytest.approx(expected)


def test_a_beginning_ends_before_the_item_that_follows_it():
    histories = Histories(np.array([0, 4, 4, 6]), np.arange(10, 16, dtype=np.int32), 20)
    seen = set()
    for seed in range(60):
        rows, following = beginnings(histories, np.array([0, 2]), np.random.default_rng(seed))
        for row, item, first in zip(rows, following, (10, 14), strict=True):
            known = row[row >= 0]
            assert known.tolist() == list(range(first, item))
            assert (row[: len(row) - len(known)] == -1).all()
        seen.add(int(following[0]))
    assert seen == {11, 12, 13}


def test_items_are_left_out_in_order_and_never_the_last():
    rows = np.array([[-1, 1, 2, 3, 4], [5, 6, 7, 8, 9]], dtype=np.int32)
    moved = left_out(rows, 0.5, np.random.default_rng(0))
    for row, whole in zip(moved, rows, strict=True):
        kept = [item for item in row if item >= 0]
        assert kept == [item for item in whole if item in kept]
        assert row[-1] == whole[-1]
    assert (moved == -1).sum() > 1
    np.testing.assert_array_equal(left_out(rows, 0.0, np.random.default_rng(0)), rows)


def test_a_user_of_two_sources_has_two_sequences(training):
    data = training()
    both = one_below_the_other((data.target, data.source))
    np.testing.assert_array_equal(both.matrix[:30, :12].toarray(), data.target.matrix.toarray())
    np.testing.assert_array_equal(both.matrix[30:, 12:].toarray(), data.source.matrix.toarray())
    assert both.matrix.nnz == data.target.matrix.nnz + data.source.matrix.nnz
    np.testing.assert_array_equal(both.timestamps, np.r_[data.target.timestamps, data.source.timestamps])


def test_the_encoder_comes_from_the_sources_and_stays_and_the_maps_go_on(training):
    data = training()
    run = UniSRec(factors=8, pretraining=3).run(data, Draws(stream(0)), SILENT)
    after = last_of(epochs_of(run, 2)).parameters
    encoder = {name for name in run.start if name.startswith("encoder.")}
    assert run.descent.frozen == encoder
    scratch = run.model.start(run.draws)
    for name in encoder - {name for name in encoder if "key.bias" in name}:
        np.testing.assert_array_equal(after[name], run.start[name])
    assert (run.start["encoder.0.wide.weight"] != scratch["encoder.0.wide.weight"]).any()
    assert (after["adaptor.weight"] != run.start["adaptor.weight"]).any()


def test_without_pretraining_and_freezing_it_is_its_counterpart(training):
    data = training()
    draws = Draws(stream(0))
    made = TextSasRec(factors=8).run(data, draws, SILENT).model
    there = UniSRec(factors=8).contrast_model(data, draws, made.vectors).start(draws)
    start = made.start(draws)
    assert set(there) == set(start)
    for name, value in there.items():
        np.testing.assert_array_equal(value, start[name])


def test_pretraining_lowers_its_loss(training):
    data = training(n_users=30)
    draws = Draws(stream(0))
    method = UniSRec(factors=16, dropout=0.0, text_dropout=0.0)
    texts = np.eye(15, dtype=np.float32)
    run = replace(
        method.run(data, draws, SILENT), model=method.contrast_model(data, draws, method.vectors_of(texts)), start={}
    )
    losses = [
        epoch.loss for epoch in epochs_of(replace(run, descent=replace(run.descent, rate=0.01, frozen=frozenset())), 40)
    ]
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.3
