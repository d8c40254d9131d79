"""A cell's address changes with everything that can move its numbers, and with nothing else."""

import sys
from dataclasses import replace

import pytest

from tlbench.evaluation import Cell
from tlbench.plugins import register_all
from tlbench.store import address as module
from tlbench.store.address import address, code_version, parameters_hash

CELL = Cell("a->b", "ease", {"l2": 500.0}, 0)
METHOD = '''
from dataclasses import dataclass
from tlbench.registry import method

@method("{name}", family="baseline", deterministic=True, reference="none")
@dataclass(frozen=True)
class Added:
    """Added by a test."""

    def fit(self, data, rng, *, progress=None):
        return {value}
'''


@pytest.fixture(autouse=True)
def _registered():
    register_all()


def of(cell=CELL, *, split_digest="s", metrics=("ndcg@10",)):
    return address(cell, split_digest=split_digest, metrics=metrics)


def test_the_same_cell_has_the_same_address():
    assert of() == of(replace(CELL, parameters={"l2": 500.0}))


@pytest.mark.parametrize(
    "change",
    [
        {"cell": replace(CELL, parameters={"l2": 499.0})},
        {"cell": replace(CELL, seed=1)},
        {"cell": replace(CELL, method="popularity", parameters={})},
        {"cell": replace(CELL, placebo="shuffled-bridge")},
        {"split_digest": "t"},
        {"metrics": ("ndcg@20",)},
        {"metrics": ("ndcg@10", "mrr@10")},
    ],
    ids=["parameters", "seed", "method", "placebo", "split", "cut", "metrics"],
)
def test_what_matters_changes_the_address(change):
    assert of(**change) != of()


@pytest.mark.parametrize("library", ["numpy", "scipy", "numba"])
def test_another_version_of_a_numeric_library_changes_the_address(monkeypatch, library):
    before = of()
    monkeypatch.setattr(module, "version_of", lambda name: "0.0" if name == library else "1.0")
    first = of()
    monkeypatch.setattr(module, "version_of", lambda name: "1.0")
    assert len({before, first, of()}) == 3


def test_the_order_of_parameters_does_not_matter():
    cells = [replace(CELL, parameters=table) for table in ({"a": 1, "b": 2}, {"b": 2, "a": 1})]
    assert parameters_hash(cells[0]) == parameters_hash(cells[1])


def forget_sources():
    for cached in (module.code_version, module._imports, module._path, module._source):
        cached.cache_clear()


def test_another_code_of_a_plug_in_method_changes_the_address(tmp_path):
    path = tmp_path / "added_by_test.py"
    path.write_text(METHOD.format(name="added-by-test", value=1))
    register_all([path])
    cell = Cell("a->b", "added-by-test", {}, 0)
    before = of(cell)
    path.write_text(METHOD.format(name="added-by-test", value=2))
    forget_sources()
    assert of(cell) != before
    del sys.modules["tlbench_plugin_added_by_test"]


def test_code_that_a_method_imports_counts_and_code_of_other_methods_does_not():
    ease = code_version(("tlbench.methods.baselines.ease",))
    closure = module._closure(("tlbench.methods.baselines.ease",))
    assert "tlbench.methods.gram" in closure
    assert "tlbench.methods.baselines.item_knn" not in closure
    assert ease != code_version(("tlbench.methods.baselines.item_knn",))


@pytest.fixture
def plugin_with_helper(tmp_path, monkeypatch):
    """A plug-in whose method is computed in a file beside it, two imports deep."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "fx_inner.py").write_text("STEP = 1\n")
    (tmp_path / "fx_helper.py").write_text("def f():\n    from fx_inner import STEP\n    return STEP\n")
    (tmp_path / "fx_package").mkdir()
    (tmp_path / "fx_package" / "__init__.py").write_text("from . import deep\n")
    (tmp_path / "fx_package" / "deep.py").write_text("from .deeper import A\n")
    (tmp_path / "fx_package" / "deeper.py").write_text("A = 1\n")
    (tmp_path / "fx_plugin.py").write_text("import json\nimport fx_helper\nimport fx_package.deep\nimport psutil\n")
    forget()
    yield tmp_path
    forget()
    for name in [name for name in sys.modules if name.startswith("fx_")]:
        del sys.modules[name]


def forget():
    from tlbench.store import address as module

    for name in ("code_version", "_imports", "_named", "_path", "_source", "version_of"):
        getattr(module, name).cache_clear()


@pytest.mark.parametrize("file", ["fx_inner.py", "fx_helper.py", "fx_package/deep.py", "fx_package/deeper.py"])
def test_every_file_that_a_plugin_imports_counts(plugin_with_helper, file):
    before = code_version(("fx_plugin",))
    forget()
    assert code_version(("fx_plugin",)) == before
    path = plugin_with_helper / file
    path.write_text(path.read_text() + "# changed\n")
    forget()
    assert code_version(("fx_plugin",)) != before


def test_version_of_every_package_that_a_plugin_imports_counts(plugin_with_helper, monkeypatch):
    from tlbench.store import address as module

    before = code_version(("fx_plugin",))
    forget()
    monkeypatch.setattr(module, "version", lambda name: "99" if name == "psutil" else "1")
    other = code_version(("fx_plugin",))
    forget()
    monkeypatch.setattr(module, "version", lambda name: "100" if name == "psutil" else "1")
    assert len({before, other, code_version(("fx_plugin",))}) == 3


def test_version_of_an_adapted_library_counts():
    from tlbench.store import address as module

    assert "implicit" in module._packages("tlbench.methods.adapters.from_implicit") or not _has("implicit")
    assert not module._packages("tlbench.methods.adapters.from_implicit") & {"tlbench"}


def _has(package):
    from importlib.util import find_spec

    return find_spec(package) is not None
