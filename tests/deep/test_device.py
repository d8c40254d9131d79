"""A device that is not there is an error, never another device."""

import pytest

from tlbench.errors import TlbenchError
from tlbench.methods.deep.device import check_name, current_device, kind, resolve, use_device

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("name", ["auto", "cpu", "mps", "cuda", "cuda:0", "cuda:11"])
def test_these_are_names_of_devices(name):
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "CPU", "", "cuda:-1"])
def test_other_names_are_refused_with_a_list(name):
    with pytest.raises(TlbenchError, match="unknown device") as error:
        resolve(name)
    assert "auto" in error.value.hint


@pytest.mark.parametrize("name", ["cuda", "cuda:3", "mps"])
def test_a_device_that_is_not_there_is_an_error_with_a_hint(name, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(TlbenchError, match=f"device `{name}` is not available") as error:
        resolve(name)
    assert "--device auto" in error.value.hint


def test_auto_takes_the_first_gpu_and_falls_back_to_the_processor(monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    for n_gpus, device in ((0, "cpu"), (2, "cuda:0")):
        monkeypatch.setattr(torch.cuda, "device_count", lambda n_gpus=n_gpus: n_gpus)
        assert resolve("auto") == device


def test_the_number_of_a_gpu_moves_no_result_its_kind_does():
    assert kind("cuda:1") == kind("cuda:0") == "cuda" != kind("cpu")


def test_a_device_holds_inside_its_body():
    with use_device("cuda:0"):
        assert current_device() == "cuda:0"
    assert current_device() == "cpu"
