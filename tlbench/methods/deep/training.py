"""The one training loop of the deep methods: epochs of batches, Adam, checkpoints; equal draws give equal bits."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.methods.checkpoints import Slot, current_checkpoints
from tlbench.methods.deep.device import CPU, current_device
from tlbench.progress import SILENT, Progress

if TYPE_CHECKING:
    from torch import Tensor

    from tlbench.arrays import F32, Array, Bool
    from tlbench.methods.base import Scorer
    from tlbench.methods.deep.draws import Draws

Tensors = dict[str, "Tensor"]
Arrays = dict[str, "F32"]
LONG = 600.0
"""Seconds of training on the processor above which the user is told how long it will take."""


class Model(Protocol):
    """What can be trained: parameters by name, and the loss of every batch of an epoch."""

    def start(self, draws: Draws) -> Arrays:
        """Draw the parameters that training starts from."""
        ...

    def losses(self, parameters: Tensors, draws: Draws, epoch: int) -> Iterator[Tensor]:
        """Yield the loss of one batch after another; a step is taken before the next one is asked for."""
        ...

    def scorer(self, parameters: Arrays) -> Scorer:
        """Make the fitted model of parameters."""
        ...


@dataclass(frozen=True)
class Descent:
    """How steps are taken: Adam (Kingma and Ba 2015, arXiv:1412.6980).

    Attributes
    ----------
    rate
        Learning rate.
    clip
        Largest norm of the gradient of all parameters together; None does not clip, so that parameters of two domains
        without a common term in the loss do not touch each other.
    frozen
        Names of parameters that stay as they are.
    frozen_rows
        Rows that stay as they are of parameters that are learned otherwise, bool, shape (n_rows,).
    """

    rate: float = 1e-3
    clip: float | None = None
    frozen: frozenset[str] = frozenset()
    frozen_rows: Mapping[str, Bool] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Epoch:
    """What there is after an epoch: its number from 1, the mean loss of its batches, the parameters (copies)."""

    number: int
    loss: float
    parameters: Arrays


@dataclass(frozen=True, eq=False)
class Run:
    """A model with all that its training needs.

    Attributes
    ----------
    model, draws, descent
        What is trained, from which draws, how.
    label
        What progress is told.
    start
        Parameters that begin elsewhere than at the model's own start: pre-trained ones.
    """

    model: Model
    draws: Draws
    descent: Descent
    label: str
    start: Mapping[str, F32] = field(default_factory=dict)


def epochs_of(run: Run, n_epochs: int, *, progress: Progress = SILENT) -> Iterator[Epoch]:
    """Train and show every epoch; those that a checkpoint holds already are not shown, but for the last.

    On the processor one thread works, so the bits do not depend on the number of cores; cells run side by side instead.
    On a GPU sums are taken in an order that varies, so the last bits do.

    Raises
    ------
    TlbenchError
        If the loss is no longer a number.
    """
    descender = _Descender.of(run)
    place = current_checkpoints()
    if place is not None:
        place.resumed = min(descender.epoch, n_epochs - 1)
    if descender.epoch >= n_epochs:
        yield descender.show()
        return
    for number in progress.track(range(descender.epoch + 1, n_epochs + 1), run.label, total=n_epochs):
        began = time.perf_counter()
        descender.pass_once(run, number)
        if number == 1:
            _forecast(run.label, (time.perf_counter() - began) * n_epochs, progress)
        yield descender.show()
        descender.keep(finished=number == n_epochs)


def last_of(epochs: Iterator[Epoch]) -> Epoch:
    """Train to the end."""
    *_, last = epochs
    return last


def _forecast(label: str, seconds: float, progress: Progress) -> None:
    if current_device() == CPU and seconds > LONG:
        progress.say(f"{label} may take {seconds / 60:.0f} minutes on the processor; `--device auto` uses a GPU")


@dataclass
class _Descender:
    """Parameters on their device, with Adam's moments, and the number of epochs that they have seen."""

    parameters: Tensors
    adam: Any
    clip: float | None
    slot: Slot | None
    epoch: int = 0
    loss: float = float("nan")

    @classmethod
    def of(cls, run: Run) -> _Descender:
        import torch

        device = torch.device(current_device())
        values = {**run.model.start(run.draws), **run.start}
        parameters = {name: torch.from_numpy(np.array(value)).to(device) for name, value in values.items()}
        learned = [parameters[name].requires_grad_() for name in parameters if name not in run.descent.frozen]
        adam = torch.optim.Adam(learned, lr=run.descent.rate, fused=device.type in ("cpu", "cuda"))
        place = current_checkpoints()
        made = cls(parameters, adam, run.descent.clip, place.claim() if place else None)
        made._resume()
        return made

    def pass_once(self, run: Run, number: int) -> None:
        """Go through the batches of an epoch."""
        import torch

        total, n_batches = torch.zeros((), dtype=torch.float64), 0
        with one_torch_thread():
            for loss in run.model.losses(self.parameters, run.draws, number):
                self.adam.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                self._hold(run.descent.frozen_rows)
                if self.clip is not None:
                    torch.nn.utils.clip_grad_norm_(self.adam.param_groups[0]["params"], self.clip)
                self.adam.step()
                total += loss.detach().cpu()
                n_batches += 1
        self.epoch, self.loss = number, float(total) / max(1, n_batches)
        if not np.isfinite(self.loss):
            raise TlbenchError(
                f"{run.label} diverged in epoch {number}: its loss is no longer a number",
                hint="choose a smaller learning rate, `--set METHOD.rate=0.0001`",
            )

    def _hold(self, rows: Mapping[str, Bool]) -> None:
        """Let the gradient of frozen rows vanish: Adam then leaves them where they are."""
        import torch

        for name, held in rows.items():
            gradient = self.parameters[name].grad
            if gradient is not None:
                gradient[torch.from_numpy(held).to(gradient.device)] = 0.0

    def show(self) -> Epoch:
        """Copy what there is."""
        arrays = {name: value.detach().cpu().numpy().copy() for name, value in self.parameters.items()}
        return Epoch(self.epoch, self.loss, arrays)

    def keep(self, *, finished: bool = False) -> None:
        """Write a checkpoint where one is due; a finished stage of a long fit is kept for the stages after it."""
        if self.slot is None or not (self.slot.due or (finished and self.slot.path.exists())):
            return
        state: dict[str, Array] = {f"parameter/{name}": value for name, value in self.show().parameters.items()}
        for name, value in self.parameters.items():
            for moment, tensor in self.adam.state.get(value, {}).items():
                state[f"{moment}/{name}"] = tensor.detach().cpu().numpy()
        self.slot.write({**state, "epoch": np.array(self.epoch)})

    def _resume(self) -> None:
        """Go on from the checkpoint where there is one that fits."""
        import torch

        kept = self.slot.read() if self.slot else {}
        if any(f"parameter/{name}" not in kept for name in self.parameters):
            return
        self.epoch = int(kept["epoch"])
        with torch.no_grad():
            for name, value in self.parameters.items():
                value.copy_(torch.from_numpy(kept[f"parameter/{name}"]))
        for name, value in self.parameters.items():
            moments = {each: kept.get(f"{each}/{name}") for each in ("step", "exp_avg", "exp_avg_sq")}
            if all(moment is not None for moment in moments.values()):
                self.adam.state[value] = {
                    each: torch.from_numpy(np.asarray(moment)).to(value.device) for each, moment in moments.items()
                }


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Take sums on one thread, so that their order never changes."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def to_tensor(values: Array) -> Tensor:
    """Move an array to the device of this fit; integers become int64, as indexing wants them."""
    import torch

    tensor = torch.from_numpy(np.ascontiguousarray(values))
    if not tensor.is_floating_point():
        tensor = tensor.long()
    return tensor.to(torch.device(current_device()))


def noise(draws: Draws, *names: str | int) -> Any:
    """Return torch's generator of that name on the device of this fit, for dropout."""
    import torch

    generator = torch.Generator(device=torch.device(current_device()))
    return generator.manual_seed(int(draws.stream(*names).integers(2**63)))


def dropped(values: Tensor, rate: float, generator: Any) -> Tensor:
    """Zero entries at a rate and scale the others up, drawing from a generator of ours, never from torch's own."""
    import torch

    if rate == 0.0:
        return values
    kept = torch.rand(values.shape, generator=generator, device=values.device) >= rate
    return values * kept / (1.0 - rate)
