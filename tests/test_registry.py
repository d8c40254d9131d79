import pytest

from tlbench.errors import TlbenchError
from tlbench.plugins import register_all, register_file, register_installed
from tlbench.registry import METHODS, PLACEBOS, MetricEntry, Registry, method


def registry_of(*names):
    made = Registry("metric", "tlbench list metrics")
    for name in names:
        made.add(MetricEntry(name, len, "nobody", "counts"))
    return made


def test_a_name_is_registered_once():
    made = registry_of("ndcg")
    with pytest.raises(TlbenchError, match="metric `ndcg` is registered twice"):
        made.add(MetricEntry("ndcg", len, "nobody", "counts"))


def test_a_miss_is_answered_with_the_nearest_name_and_the_listing():
    with pytest.raises(TlbenchError, match="unknown metric `ndgc`") as caught:
        registry_of("ndcg", "recall").get("ndgc")
    assert caught.value.hint == "did you mean `ndcg`? `tlbench list metrics` lists all"


def test_entries_come_in_the_order_of_their_names():
    assert [entry.name for entry in registry_of("b", "a", "c")] == ["a", "b", "c"]


def test_a_transfer_method_must_name_counterpart_and_placebo():
    with pytest.raises(TlbenchError, match="names no placebo"):
        method("test-half", family="data", reference="nobody", deterministic=True, counterpart="ease")


def test_counterparts_and_placebos_that_methods_name_exist():
    register_installed()
    for entry in METHODS:
        if entry.family == "baseline":
            assert entry.counterpart is None, entry.name
        else:
            assert METHODS.get(entry.counterpart).family == "baseline", entry.name
            assert entry.placebo in PLACEBOS, entry.name


def test_a_plug_in_file_registers_its_method(tmp_path, monkeypatch):
    monkeypatch.setattr(METHODS, "_entries", dict(METHODS._entries))
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        "from dataclasses import dataclass\n"
        "from tlbench.registry import method\n"
        "@method('test-plugged', family='baseline', reference='nobody', deterministic=True)\n"
        "@dataclass(frozen=True)\n"
        "class Plugged:\n"
        "    '''A plug-in.'''\n"
    )
    register_all([plugin])
    assert METHODS.get("test-plugged").summary == "A plug-in."


@pytest.mark.parametrize(("content", "fault"), [(None, "is not a file"), ("1 / 0\n", "failed: ZeroDivisionError")])
def test_a_plug_in_that_fails_is_named(tmp_path, content, fault):
    path = tmp_path / "bad.py"
    if content is not None:
        path.write_text(content)
    with pytest.raises(TlbenchError, match=fault) as caught:
        register_file(path)
    assert caught.value.hint
