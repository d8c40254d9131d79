"""Where tensors live: a device that the user named, checked before anything runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tlbench.errors import TlbenchError

CPU = "cpu"
_FORM = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
_device: ContextVar[str] = ContextVar("tlbench_device", default=CPU)


def check_name(text: str) -> str:
    """Return a device's name as it was given, ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``, or refuse it."""
    if _FORM.fullmatch(text) is None:
        raise TlbenchError(f"unknown device `{text}`", hint="choose `auto`, `cpu`, `cuda`, `cuda:1` or `mps`")
    return text


def resolve(text: str) -> str:
    """Return the device that a name stands for: ``auto`` takes the first GPU and falls back to the processor.

    Raises
    ------
    TlbenchError
        If the named device is not there: a run on another device than the one that was asked for would be another
        experiment, and perhaps a hundred times slower.
    """
    check_name(text)
    if text == CPU:
        return CPU
    try:
        import torch
    except ImportError as error:
        if text == "auto":
            return CPU
        raise _absent(text, "PyTorch is not installed", 'pip install "tlbench[torch]"') from error
    n_gpus, has_mps = torch.cuda.device_count(), torch.backends.mps.is_available()
    if text == "auto":
        return "cuda:0" if n_gpus else "mps" if has_mps else CPU
    if text == "mps":
        if not has_mps:
            raise _absent(text, "this machine has none, or PyTorch was built without it", "use `--device auto`")
        return text
    number = int(text.partition(":")[2] or 0)
    if number >= n_gpus:
        raise _absent(text, f"PyTorch {torch.__version__} sees {n_gpus} CUDA devices", "use `--device auto`")
    return f"cuda:{number}"


def _absent(text: str, why: str, hint: str) -> TlbenchError:
    return TlbenchError(f"device `{text}` is not available: {why}", hint=hint)


def kind(device: str) -> str:
    """Return what of a device can move numbers: ``cuda:1`` is ``cuda``."""
    return device.partition(":")[0]


def describe(device: str) -> str:
    """Name a device, with the model of a GPU: ``cuda:0 (NVIDIA H100)``."""
    if not device.startswith("cuda"):
        return device
    import torch

    return f"{device} ({torch.cuda.get_device_name(device)})"


@contextmanager
def use_device(name: str) -> Iterator[None]:
    """Let fits inside the body use a device that `resolve` returned."""
    token = _device.set(name)
    try:
        yield
    finally:
        _device.reset(token)


def current_device() -> str:
    """Return the device of this fit, ``cpu`` where nobody chose."""
    return _device.get()
