"""The device of a run: part of the address of what it can move, an error where it is missing, one worker at a time."""

import importlib.util
import threading

import pytest
from typer.testing import CliRunner

from tlbench.cli.app import app
from tlbench.evaluation import Cell
from tlbench.execute.context import device_of
from tlbench.execute.tasks import Tools
from tlbench.methods.deep.device import current_device, use_device
from tlbench.plugins import register_all
from tlbench.registry import METHODS
from tlbench.scenario.grammar import parse_scenario
from tlbench.store.address import address
from tlbench.store.results import ResultsFolder
from tlbench.suite import Settings, Suite

register_all()
pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="`tlbench[torch]` is not installed")


@pytest.mark.parametrize(("method", "moves"), [("lightgcn", True), ("popularity", False)])
def test_the_kind_of_device_enters_the_address_of_a_method_that_can_use_it(method, moves):
    found = []
    for device in ("cpu", "cuda:0", "cuda:1"):
        with use_device(device):
            found.append(address(Cell("a->b", method, {}, 0), split_digest="split", metrics=("ndcg@10",)))
    assert (found[0] != found[1]) == moves
    assert found[1] == found[2]


def test_a_missing_device_is_exit_code_2_with_a_hint(tmp_path, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    command = ["run", "demo-movies->demo-books", "--device", "cuda", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2
    assert "hint: use `--device auto`" in done.stderr


def test_auto_does_not_look_for_a_gpu_where_no_method_could_use_it(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    scenarios = (parse_scenario("demo-movies->demo-books"),)
    classical, deep = Suite("s", scenarios), Suite("s", scenarios, baselines=("lightgcn",))
    assert device_of(classical, Settings(device="auto")) == "cpu"
    assert device_of(deep, Settings(device="auto")) == "cuda:0"
    assert device_of(deep, Settings()) == "cpu"


def test_one_worker_at_a_time_has_a_gpu(tmp_path):
    tools = Tools(ResultsFolder(tmp_path), (), device="cuda:7")
    deep, classical = METHODS.get("lightgcn"), METHODS.get("popularity")
    inside, others = [], []

    def work():
        with tools.on_device(deep):
            inside.append(current_device())
            others.append(len(inside))

    with tools.on_device(deep):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(0.5)
        assert inside == []
        with tools.on_device(classical):
            pass
    thread.join(10)
    assert inside == ["cuda:7"]
    assert current_device() == "cpu"
