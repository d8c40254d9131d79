"""The layers hold without circles, a name has one meaning, and the front door is light."""

import ast
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "tlbench").rglob("*.py"))


def test_every_stage_imports_only_stages_before_it():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run([*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", ["tlbench", "tlbench.cli.app"])
def test_the_front_door_loads_nothing_heavy(module):
    heavy = {"numpy", "scipy", "pandas", "polars", "numba", "statsmodels", "sklearn", "rich.table"}
    code = f"import sys, {module}; print(*sorted(set(sys.modules) & {heavy!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def imported_modules(path: Path, names: set[str]) -> set[str]:
    """Modules of the package that a file imports anywhere, for the type checker too; not the package it is in."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found.update(members & names or {node.module})
    return found & names


def test_no_module_imports_itself_by_way_of_others():
    parts = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in MODULES}
    graph = {name: imported_modules(path, set(parts)) - {name} for name, path in parts.items()}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError with the modules of a circle
    assert set(order) == set(parts)


def test_a_class_name_has_one_meaning():
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in MODULES)
    names = Counter(node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    assert [name for name, count in names.items() if count > 1] == []


def test_what_lists_the_methods_does_not_load_torch():
    code = "import sys; from tlbench.plugins import register_all; register_all(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


def test_importing_prints_nothing():
    command = [sys.executable, "-c", "import tlbench"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


def imported_roots(path: Path) -> set[str]:
    roots: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            roots.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            roots.add(node.module.split(".")[0])
    return roots


@pytest.mark.parametrize(
    ("library", "homes"),
    [
        ("typer", ("cli/",)),
        ("rich", ("cli/", "report/terminal.py")),
        ("requests", ("data/",)),
        ("urllib", ("data/",)),
        ("pooch", ("data/",)),
        ("torch", ("methods/deep/", "methods/adapters/from_recbole.py")),
    ],
)
def test_a_library_stays_where_it_belongs(library, homes):
    users = [path.relative_to(ROOT / "tlbench").as_posix() for path in MODULES if library in imported_roots(path)]
    assert [path for path in users if not path.startswith(homes)] == []


def test_nothing_seeds_the_global_generators():
    calls = ("np.random.seed", "random.seed(", "numpy.random.seed")
    assert [path.name for path in MODULES if any(call in path.read_text(encoding="utf-8") for call in calls)] == []
