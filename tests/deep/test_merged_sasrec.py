"""Merged histories: both domains in the order of time, and only target items to predict."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from tlbench.methods.deep.draws import Draws
from tlbench.methods.deep.merged_sasrec import MergedSasRec
from tlbench.methods.deep.sasrec import SasRec, next_item_loss
from tlbench.progress import SILENT
from tlbench.rng import stream

torch = pytest.importorskip("torch")


def test_histories_of_both_domains_follow_time(training):
    data = training()
    merged = MergedSasRec(factors=8).run(data, Draws(stream(0)), SILENT).model.merged
    moments = {}
    for offset, domain in ((0, data.target), (12, data.source)):
        users = np.repeat(np.arange(30), np.diff(domain.matrix.indptr))
        moments |= {
            (user, offset + item): when
            for user, item, when in zip(users, domain.matrix.indices, domain.timestamps, strict=True)
        }
    for user in range(30):
        items = merged.items[merged.indptr[user] : merged.indptr[user + 1]]
        assert sorted(items) == sorted(item for who, item in moments if who == user)
        assert [moments[user, item] for item in items] == sorted(moments[user, item] for item in items)


def test_only_places_before_a_target_item_count():
    rng = np.random.default_rng(0)
    hidden, every = torch.from_numpy(rng.normal(size=(1, 3, 4))), torch.from_numpy(rng.normal(size=(9, 4)))
    items, others = torch.tensor([[7, 2, 8, 1]]), torch.tensor([[0, 3]])
    found = next_item_loss(hidden, every, items, others, n_items=5)
    terms = []
    for place, right in ((0, 2), (2, 1)):
        scores = hidden[0, place] @ every[[right, 0, 3]].T
        terms.append(float(torch.logsumexp(scores, 0) - scores[0]))
    assert float(found) == pytest.approx(sum(terms) / 2)


def test_without_source_histories_it_is_its_counterpart_to_the_bit(training):
    data = training()
    nothing = replace(
        data.source, matrix=sparse.csr_matrix(data.source.matrix.shape, dtype=np.float32), timestamps=np.empty(0, int)
    )
    data = replace(data, sources=(nothing,))
    data.target.timestamps[:] = np.arange(data.target.matrix.nnz)
    fits = [method(factors=8, epochs=2).fit(data, stream(0, "fit"))(np.arange(30)) for method in (MergedSasRec, SasRec)]
    assert fits[0].tobytes() == fits[1].tobytes()


def test_the_gradient_crosses_from_the_loss_on_target_items_to_source_items(training):
    data = training()
    draws = Draws(stream(0))
    model = MergedSasRec(factors=8).run(data, draws, SILENT).model
    tensors = {name: torch.from_numpy(value).requires_grad_() for name, value in model.start(draws).items()}
    next(iter(model.losses(tensors, draws, 1))).backward()
    assert tensors["source_items"].grad.abs().sum() > 0
