"""The training loop: same bits, resumed as if it had never stopped, refused where it diverges."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from tlbench.errors import TlbenchError
from tlbench.methods.checkpoints import checkpoints_in
from tlbench.methods.deep.draws import Draws
from tlbench.methods.deep.lightgcn import LightGcn
from tlbench.methods.deep.neumf import NeuMf
from tlbench.methods.deep.training import Descent, Run, dropped, epochs_of, last_of, noise
from tlbench.progress import SILENT
from tlbench.rng import stream

torch = pytest.importorskip("torch")


@dataclass(frozen=True)
class Parabola:
    """Minimises (x - 3)^2 + shock * x in batches, times a parameter that can be frozen."""

    def start(self, draws):
        return {"x": draws.normal("start", "x", shape=(2,), scale=1.0), "fixed": np.ones(1, dtype=np.float32)}

    def losses(self, parameters, draws, epoch) -> Iterator["torch.Tensor"]:
        for shock in draws.stream("shocks", epoch).standard_normal(4).tolist():
            yield ((parameters["x"] - 3) ** 2 + 0.1 * shock * parameters["x"]).sum() * parameters["fixed"].sum()

    def scorer(self, parameters):
        return parameters["x"]


def run(rate=0.05, **options):
    return Run(Parabola(), Draws(stream(0)), Descent(rate, **options), "parabola")


def test_epochs_are_adams_steps():
    x = Parabola().start(Draws(stream(0)))["x"].astype(float)
    mean, square, step = np.zeros(2), np.zeros(2), 0
    for epoch in (1, 2, 3):
        for shock in Draws(stream(0)).stream("shocks", epoch).standard_normal(4):
            slope, step = 2 * (x - 3) + 0.1 * shock, step + 1
            mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
            x = x - 0.05 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    found = last_of(epochs_of(run(frozen=frozenset({"fixed"})), 3)).parameters
    np.testing.assert_allclose(found["x"], x, rtol=1e-5)
    assert found["fixed"] == 1


def test_what_is_frozen_stays():
    found = last_of(epochs_of(run(frozen=frozenset({"x"})), 3)).parameters
    np.testing.assert_array_equal(found["x"], Parabola().start(Draws(stream(0)))["x"])
    assert found["fixed"] != 1


def test_a_clipped_gradient_moves_less():
    free, clipped = (last_of(epochs_of(run(clip=clip), 5)).loss for clip in (None, 1e-9))
    assert free < clipped


def test_a_shown_epoch_does_not_change_later():
    shown = [(epoch.parameters["x"], epoch.parameters["x"].copy()) for epoch in epochs_of(run(), 5)]
    assert all((now == then).all() for now, then in shown)
    assert not (shown[0][0] == shown[4][0]).any()


@pytest.mark.parametrize("stop", [1, 3, 5])
def test_a_killed_fit_resumes_with_the_same_bits(tmp_path, stop):
    whole = [epoch.parameters["x"].tobytes() for epoch in epochs_of(run(), 6)]

    def killed():
        for epoch in epochs_of(run(), 6):
            if epoch.number > stop:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), checkpoints_in(tmp_path / "cell", seconds=0):
        killed()
    with checkpoints_in(tmp_path / "cell", seconds=0) as place:
        resumed = [epoch.parameters["x"].tobytes() for epoch in epochs_of(run(), 6)]
        assert place.resumed == stop
    assert resumed == whole[stop:]
    assert not (tmp_path / "cell").exists()


def test_a_short_fit_writes_no_checkpoint(tmp_path):
    with checkpoints_in(tmp_path / "cell"):
        last_of(epochs_of(run(), 6))
        assert not (tmp_path / "cell").exists()


def test_a_finished_stage_is_not_repeated(tmp_path):
    first = last_of(epochs_of(run(), 6))

    def killed():
        last_of(epochs_of(run(), 6))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), checkpoints_in(tmp_path / "cell", seconds=0):
        killed()
    with checkpoints_in(tmp_path / "cell", seconds=0):
        (again,) = epochs_of(run(), 6)
    assert again.parameters["x"].tobytes() == first.parameters["x"].tobytes()


def test_a_loss_that_is_no_number_is_an_error():
    with pytest.raises(TlbenchError, match="diverged in epoch"):
        last_of(epochs_of(run(rate=1e30), 9))


def test_a_long_fit_on_the_processor_is_announced_once(monkeypatch):
    said = []

    class Listener:
        def track(self, steps, label, *, total=None):
            return iter(steps)

        def say(self, message):
            said.append(message)

    monkeypatch.setattr("tlbench.methods.deep.training.LONG", 0.0)
    last_of(epochs_of(run(), 2, progress=Listener()))
    assert len(said) == 1
    assert "on the processor" in said[0]


@pytest.mark.parametrize("method", [LightGcn, NeuMf])
def test_torchs_own_generator_is_neither_used_nor_moved(method, training):
    before = torch.get_rng_state()
    fits = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        state = torch.get_rng_state()
        fits.append(method(epochs=2).fit(training(), stream(0, "fit"))(np.arange(30)).tobytes())
        assert torch.equal(state, torch.get_rng_state())
    torch.set_rng_state(before)
    assert fits[0] == fits[1]


def test_dropout_zeroes_that_share_and_keeps_the_mean():
    values = torch.ones(200_000)
    found = dropped(values, 0.3, noise(Draws(stream(0)), "dropout"))
    assert float((found == 0).float().mean()) == pytest.approx(0.3, abs=0.01)
    assert float(found.mean()) == pytest.approx(1.0, abs=0.01)
    assert torch.equal(found, dropped(values, 0.3, noise(Draws(stream(0)), "dropout")))


def test_stages_show_what_fits_of_as_many_epochs_give(training):
    staged = [s(np.arange(30)).tobytes() for s in LightGcn(epochs=3).stages(training(), stream(0, "fit"))]
    fits = [LightGcn(epochs=n).fit(training(), stream(0, "fit"), progress=SILENT) for n in (1, 2, 3)]
    assert staged == [scorer(np.arange(30)).tobytes() for scorer in fits]
