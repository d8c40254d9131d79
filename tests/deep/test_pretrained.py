"""What pre-training hands over, and what of it stays."""

from dataclasses import replace

import numpy as np
import pytest

from tlbench.methods.deep.draws import Draws
from tlbench.methods.deep.lightgcn import LightGcn
from tlbench.methods.deep.pretrained import (
    FinetunedLightGcn,
    FinetunedNeuMf,
    FinetunedSasRec,
    FinetunedTextSasRec,
    FrozenLightGcn,
    FrozenNeuMf,
    FrozenSasRec,
    FrozenTextSasRec,
)
from tlbench.methods.deep.texts import text_vectors
from tlbench.methods.deep.training import epochs_of, last_of
from tlbench.progress import SILENT
from tlbench.rng import stream

torch = pytest.importorskip("torch")
PAIRS = [
    (FinetunedNeuMf, FrozenNeuMf),
    (FinetunedLightGcn, FrozenLightGcn),
    (FinetunedSasRec, FrozenSasRec),
    (FinetunedTextSasRec, FrozenTextSasRec),
]


def trained(method, data):
    run = method(factors=8, pretraining=3).run(data, Draws(stream(0)), SILENT)
    return run, last_of(epochs_of(run, 3)).parameters


@pytest.mark.parametrize(("finetuned", "frozen"), PAIRS)
def test_frozen_keeps_what_was_moved_and_fine_tuning_does_not(finetuned, frozen, training):
    data = training()
    run, after = trained(frozen, data)
    held = run.descent.frozen | set(run.descent.frozen_rows)
    assert held
    for name in run.descent.frozen:
        np.testing.assert_array_equal(after[name], run.start[name])
    for name, rows in run.descent.frozen_rows.items():
        np.testing.assert_array_equal(after[name][rows], run.start[name][rows])
        assert (after[name][:10] != run.start[name][:10]).any()
    tuned_run, tuned = trained(finetuned, data)
    assert all((tuned_run.start[name] == run.start[name]).all() for name in run.start)
    assert all((tuned[name] != tuned_run.start[name]).any() for name in held)


def test_shared_users_start_from_the_source_and_the_others_as_their_counterpart(training):
    data = training()
    draws = Draws(stream(0))
    start = FinetunedLightGcn(factors=8, pretraining=3).run(data, draws, SILENT).start["users"]
    own = LightGcn(factors=8).model(data.target, "target").start(draws)["users"]
    there = last_of(epochs_of(LightGcn(factors=8).run(replace(data, target=data.source), draws, SILENT), 3)).parameters
    np.testing.assert_array_equal(start[:10], own[:10])
    assert not (start[10:25] == own[10:25]).any()
    assert start.shape == there["users"].shape


def test_texts_of_both_domains_lie_in_one_space():
    texts = np.array(["red apple pie", "red apple tart", "blue engine oil", "blue engine belt", "red pie", ""])
    vectors = text_vectors(texts, 2)
    assert vectors.tobytes() == text_vectors(texts, 2).tobytes()
    near = vectors @ vectors.T
    assert near[0, 1] > near[0, 2]
    assert near[0, 4] > near[0, 3]
    assert not vectors[5].any()
    np.testing.assert_allclose((vectors**2).mean(axis=0), 1, rtol=1e-4)


def test_a_user_who_is_new_to_the_target_gets_scores_from_pre_training(training):
    from scipy import sparse

    data = training()
    rows = data.target.matrix.toarray()
    rows[20] = 0
    data = replace(data, target=replace(data.target, matrix=sparse.csr_matrix(rows), timestamps=None))
    for method in (FinetunedLightGcn, FinetunedNeuMf):
        assert np.ptp(method(epochs=2, pretraining=2).fit(data, stream(0, "fit"))(np.array([20]))) > 0
