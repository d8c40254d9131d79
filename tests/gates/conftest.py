"""The gates' scripts as modules, and where their data lie."""

import importlib
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "benchmarks" / "gates"


@pytest.fixture
def script(monkeypatch):
    """Import a script of `benchmarks/gates` by its name; they import each other from their own folder."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if str(SCRIPTS) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def gate_data(catalogue):
    """The folder of one gate's data beside the local catalogue; skips where it is missing."""

    def find(name: str) -> Path:
        folder = catalogue.parent / "gates" / name
        if not folder.is_dir():
            pytest.skip(f"the catalogue's folder has no `gates/{name}`")
        return folder

    return find
