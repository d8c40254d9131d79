"""No name that somebody gives leads out of a folder, whichever door it comes in by."""

import pytest

from tlbench.errors import TlbenchError
from tlbench.plugins import register_file
from tlbench.registry import (
    METHODS,
    DatasetEntry,
    MethodEntry,
    MetricEntry,
    PlaceboEntry,
    ProtocolEntry,
    Registry,
)
from tlbench.suite import read_request
from tlbench.values import check_name

HOSTILE = [
    *("../../evil", "..", ".", ".hidden", "/etc/evil", "a/b", "a\\b", "C:evil", "-rf", "--out", "a\0b", "a\nb", ""),
    *("con", "NUL", "com1.txt", "a.", "a ", " a", "a:b", "a*", "a?", "a<b", "a|b", 'a"b', "ä", "x" * 121, "$(evil)"),
]
ENTRIES = [
    lambda name: MethodEntry(name, object, "baseline", (), None, None, True, "none"),
    lambda name: MetricEntry(name, len, "none", "counts"),
    lambda name: PlaceboEntry(name, len, "all", "none"),
    lambda name: DatasetEntry(name, len, "people", "none", "made"),
    lambda name: ProtocolEntry(name, len, ""),
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("entry", ENTRIES, ids=["method", "metric", "placebo", "data set", "protocol"])
def test_nothing_is_registered_under_a_name_that_no_folder_can_have(entry, name):
    registry = Registry("thing", "tlbench list things")
    with pytest.raises(TlbenchError, match="cannot be the name of a thing") as caught:
        registry.add(entry(name))
    assert "lower-case letters" in caught.value.hint
    assert not len(registry)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_suite_leads_out_of_the_results(name, tmp_path):
    chosen = {"name": name, "scenarios": ["demo-movies->demo-books"]}
    with pytest.raises(TlbenchError, match="cannot be the name of a suite"):
        read_request(None, chosen)
    path = tmp_path / "shared.toml"
    path.write_text(f"schema = 1\nname = {quoted(name)}\nscenarios = ['demo-movies->demo-books']\n")
    with pytest.raises(TlbenchError, match="cannot be the name of a suite"):
        read_request(path, {})


def quoted(text):
    return '"' + "".join(f"\\u{ord(letter):04x}" for letter in text) + '"'


@pytest.mark.parametrize("name", ["my suite 2.1", "A", "demo-movies--demo-books=0123456789", "x_1+y@2"])
def test_a_suite_may_be_called_as_people_call_things(name):
    assert check_name("suite", name, title=True) == name


@pytest.mark.parametrize("stem", ["con", "-x", "a;b", "ä"])
def test_plug_ins_with_such_names_are_not_run(stem, tmp_path):
    path = tmp_path / f"{stem}.py"
    path.write_text("raise SystemExit('run')\n")
    with pytest.raises(TlbenchError, match="cannot be the name of a plug-in"):
        register_file(path)


def test_two_plug_ins_of_one_name_do_not_stand_for_each_other(tmp_path, monkeypatch):
    monkeypatch.setattr(METHODS, "_entries", dict(METHODS._entries))
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "namesake.py").write_text("")
    register_file(tmp_path / "one" / "namesake.py")
    register_file(tmp_path / "one" / "namesake.py")
    with pytest.raises(TlbenchError, match="same name as the plug-in") as caught:
        register_file(tmp_path / "two" / "namesake.py")
    assert "rename" in caught.value.hint
