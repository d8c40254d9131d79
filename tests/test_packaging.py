"""What is said about the package in several places is the same."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def name_of(requirement: str) -> str:
    return re.split(r"[<>=\[ ]", requirement)[0].lower()


def test_the_conda_recipe_wants_what_the_package_wants():
    recipe = (ROOT / "packaging" / "conda" / "recipe.yaml").read_text(encoding="utf-8")
    run = recipe.partition("  run:\n")[2].partition("tests:")[0]
    wanted = {line.strip(" -") for line in run.splitlines() if line.strip()}
    ours = {*PROJECT["dependencies"], *EXTRAS["tune"], f"python{PROJECT['requires-python']}"}
    assert {line.replace(" ", "") for line in wanted} == {line.replace(" ", "") for line in ours}


@pytest.mark.parametrize("file", ["README.md", "Dockerfile", "tlbench/report/page/base.html.jinja"])
def test_every_extra_that_is_named_exists(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    named = [extra for found in re.findall(r"(?:tlbench|whl\))\[([a-z,]+)\]", text) for extra in found.split(",")]
    assert named
    assert set(named) <= set(EXTRAS)


@pytest.mark.parametrize("extra", ["tune", "pictures", "torch", "cluster"])
def test_what_developers_install_holds_every_extra_that_tests_need(extra):
    developers = {name_of(one) for one in EXTRAS["dev"]}
    assert {name_of(one) for one in EXTRAS[extra]} <= developers


def test_the_wheel_is_told_to_hold_suites_and_types():
    package = ROOT / "tlbench"
    assert (package / "py.typed").is_file()
    assert {path.stem for path in (package / "shipped" / "suites").glob("*.toml")} >= {"demo", "smoke"}
    assert {path.stem for path in (package / "shipped" / "presets").glob("*.toml")} == {"quick", "paper"}
