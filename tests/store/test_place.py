"""Results can live at any address that fsspec knows."""

import importlib.util

import pytest

from tlbench.errors import TlbenchError
from tlbench.io.atomic import is_local
from tlbench.store.files import SCHEMA, read_json, write_json
from tlbench.store.lock import locked
from tlbench.store.place import place

with_fsspec = pytest.mark.skipif(
    importlib.util.find_spec("upath") is None, reason="`tlbench[cluster]` is not installed"
)


def test_a_plain_path_is_a_path(tmp_path):
    assert place(str(tmp_path)) == tmp_path
    assert is_local(place("results/x"))


@with_fsspec
def test_a_file_written_at_an_address_is_whole_and_alone():
    folder = place("memory://results/suite")
    assert not is_local(folder)
    write_json(folder / "deep" / "x.json", {"a": 1})
    write_json(folder / "deep" / "x.json", {"a": 2})
    assert read_json(folder / "deep" / "x.json") == {"schema": SCHEMA, "a": 2}
    assert [path.name for path in (folder / "deep").iterdir()] == ["x.json"]


@with_fsspec
def test_a_run_at_an_address_has_no_lock():
    folder = place("memory://results/unlocked")
    with locked(folder), locked(folder):
        write_json(folder / "x.json", {"a": 1})
    assert [path.name for path in folder.iterdir()] == ["x.json"]


def test_an_address_of_no_file_system_is_refused():
    with pytest.raises(TlbenchError, match="nowhere"):
        place("nowhere://x/y")
