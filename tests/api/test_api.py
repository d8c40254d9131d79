"""The Python API: the same work as the command line, from names, files and objects."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tlbench
from tlbench.api import RunOptions
from tlbench.data import load as load_data
from tlbench.data.own.adopted import as_frame
from tlbench.errors import TlbenchError
from tlbench.suite.option import options_of
from tlbench.suite.settings import Settings
from tlbench.suite.suite import Suite

SMALL = {"methods": "pooled-ease", "baselines": "ease", "placebo": True, "users": "warm"}


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TLBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TLBENCH_CATALOGUE", raising=False)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tlbench.Results:
    return tlbench.run("demo-movies->demo-books", **SMALL, out=tmp_path_factory.mktemp("results") / "demo")


def test_every_option_of_the_command_line_is_an_argument_and_the_reverse() -> None:
    talk = {"scenarios", "quiet", "json_progress"}  # given as the first argument; `progress` listens
    known = {option.name for option in options_of(Suite, Settings)}
    assert known - talk == set(RunOptions.__annotations__)


SHOWN = {"help", "quiet", "json_progress", "format", "form", "format_", "save", "verbose", "every"}
"""How an answer is printed and where else it is put, which an object is asked for afterwards."""
OTHERWISE = {
    "run": {"dry_run", "suite"},  # a forecast is no result; a suite is the first argument
    "evaluate": {"users"},  # a file; the object has `users`
}
OBJECTS = {"data", "progress", "options"}
"""What only a program can give."""
NAMES = {"results": "folder", "scenario": "scenario", "plugin": "plugins", "parameter": "parameters"}
ASKED = [name for name in tlbench.__all__ if name.islower() and not name.startswith("_") and name != "load"]


def options_of_command(name: str) -> set[str]:
    import typer

    from tlbench.cli.app import app

    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    return {NAMES.get(part.name, part.name) for part in command.params} - SHOWN - OTHERWISE.get(name, set())


@pytest.mark.parametrize("name", ASKED)
def test_every_option_of_a_command_is_an_argument_and_the_reverse(name: str) -> None:
    import inspect

    parts = inspect.signature(getattr(tlbench, name)).parameters
    arguments = set(parts) - OBJECTS
    offered = options_of_command(name)
    if "options" in parts:  # those of a suite file, some of them in `inspect`
        assert offered - arguments <= set(RunOptions.__annotations__)
        assert arguments <= offered
    else:
        assert offered == arguments


def test_no_command_asks_what_python_cannot() -> None:
    """Commands without a function keep files in order, print what is known, or wrap `run` and `compare` for a build."""
    from tlbench.cli.app import app

    kept = {"check", "report", "explain", "history", "verify", "list", "data", "link", "twins", "split"}
    import typer

    assert set(typer.main.get_command(app).commands) - kept == set(ASKED)  # type: ignore[attr-defined]


def test_verdicts_are_those_of_the_findings(results: tlbench.Results) -> None:
    (judgement,) = results.findings.scenarios[0].judgements
    table = results.verdicts.set_index("question")
    assert list(table.index) == ["counterpart", "best-baseline", "placebo"]
    assert judgement.counterpart.comparison is not None
    assert table.loc["counterpart", "difference"] == judgement.counterpart.comparison.difference
    assert set(table["finding"]) == {str(judgement.outcome)}


def test_verdicts_follow_from_the_users_values(results: tlbench.Results) -> None:
    values = results.users[results.users["placebo"].isna()].pivot(index="user", columns="method", values="ndcg@10")
    row = results.verdicts.set_index("question").loc["counterpart"]
    assert np.isclose((values["pooled-ease"] - values["ease"]).mean(), row["difference"])
    assert len(values) == row["n_users"]


def test_summary_has_a_row_per_method_and_placebo(results: tlbench.Results) -> None:
    assert len(results.summary) == 3
    assert results.summary["ndcg@10"].between(0, 1).all()


def test_results_load_again(results: tlbench.Results) -> None:
    pd.testing.assert_frame_equal(tlbench.load(results.folder).verdicts, results.verdicts)


def test_results_show_themselves(results: tlbench.Results, tmp_path: Path) -> None:
    assert "pooled-ease" in results._repr_html_()
    assert "pooled-ease" in str(results)
    results.to_html(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text().lstrip().lower().startswith("<!doctype html>")
    charts = results.charts()
    assert "forest" in charts
    assert "altair" in type(charts["forest"]).__module__


def test_tables_are_scenarios_and_give_the_same_numbers(results: tlbench.Results) -> None:
    frames = [as_frame(load_data(name)) for name in ("demo-movies", "demo-books")]
    as_pair = tlbench.run((frames[0], frames[1]), **SMALL, out="pair")
    by_name = tlbench.run("movies->books", data={"movies": frames[0], "books": frames[1]}, **SMALL, out="named")
    differences = [found.verdicts["difference"].to_numpy() for found in (results, as_pair, by_name)]
    assert len(differences[0]) == 3
    assert np.array_equal(differences[1], differences[2])
    # Rows of tables are in another order than those that code makes, so that another shuffle is drawn for the placebo.
    assert np.allclose(differences[0][:2], differences[1][:2], atol=1e-6)


class MostPopular:
    """Everybody gets what most people have."""

    name = "most-popular"

    def fit(self, target: object) -> None:
        """Count."""
        self.counts = np.asarray(target.sum(axis=0)).ravel()  # type: ignore[attr-defined]

    def score(self, users: np.ndarray) -> np.ndarray:
        """Give everybody the counts."""
        return np.tile(self.counts, (len(users), 1))


class PooledNeighbours:
    """Scores by what the user did in the source."""

    name = "pooled-mine"
    counterpart = "item-knn"

    def fit(self, target: object, source: object) -> None:
        """Remember co-occurrence of source and target items."""
        self.source = source
        self.weights = (source.T @ target).toarray()  # type: ignore[attr-defined]

    def score(self, users: np.ndarray) -> np.ndarray:
        """Sum over the user's source items."""
        return np.asarray(self.source[users] @ self.weights)  # type: ignore[index]


def test_a_class_with_fit_and_score_is_a_method() -> None:
    found = tlbench.run(
        "demo-movies->demo-books", methods=[PooledNeighbours], baselines=[MostPopular, "item-knn"], users="warm"
    )
    means = found.summary.set_index("method")["ndcg@10"]
    assert set(means.index) == {"most-popular", "item-knn", "pooled-mine"}
    assert found.verdicts["control"].iloc[0] == "item-knn"
    plain = tlbench.run(
        "demo-movies->demo-books", methods="pooled-ease", baselines="popularity", users="warm", out="plain"
    )
    by_count = plain.summary.set_index("method")["ndcg@10"]["popularity"]
    assert np.isclose(means["most-popular"], by_count, atol=0.02)  # ties differ, the order does not


def test_what_is_no_method_is_refused() -> None:
    with pytest.raises(TlbenchError, match="is not a method"):
        tlbench.run("demo-movies->demo-books", methods=[3])


def test_what_is_no_scenario_is_refused() -> None:
    with pytest.raises(TlbenchError, match="is not a scenario"):
        tlbench.run(3)


def test_unknown_options_are_refused_with_the_nearest() -> None:
    with pytest.raises(TlbenchError, match="`sedes`") as caught:
        tlbench.run("demo-movies->demo-books", sedes=3)  # type: ignore[call-arg]
    assert "`seeds`" in str(caught.value.hint)


def test_inspect_and_power_answer(results: tlbench.Results) -> None:
    assert "demo-books" in str(tlbench.inspect("demo-movies->demo-books"))
    plans = tlbench.power(results.folder, margin="2%", seeds=(1, 3)).table
    assert set(zip(plans["n_seeds"], plans["power"], strict=True)) == {(1, 0.8), (1, 0.9), (3, 0.8), (3, 0.9)}
    assert (plans.groupby("power")["detectable"].first().diff().dropna() > 0).all()


def test_compare_says_what_changed(results: tlbench.Results) -> None:
    changes = tlbench.compare(f"{results.folder}::ease", f"{results.folder}::pooled-ease", metrics=["ndcg@10"])
    assert changes.passed
    assert "improved" in str(changes)
    assert "pooled-ease" not in changes._repr_html_()
    row = results.verdicts.set_index("question").loc["counterpart"]
    assert np.isclose(changes.table["difference"].iloc[0], row["difference"])


def test_evaluate_measures_lists_of_files(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text("user,item\nu1,a\nu2,b\n")
    (tmp_path / "r.csv").write_text("user,item,score\nu1,a,2\nu1,b,1\nu2,a,2\nu2,b,1\n")
    values = tlbench.evaluate(tmp_path / "q.csv", tmp_path / "r.csv", metrics=["mrr@10"])
    assert values.users["mrr@10"].tolist() == [1.0, 0.5]
    assert values.table.loc["r.csv", "mrr@10"] == 0.75


def test_a_preset_yields_to_options(tmp_path: Path) -> None:
    found = tlbench.run("demo-movies->demo-books", preset="quick", methods="pooled-ease", placebo=False, out=tmp_path)
    assert found.findings.suite.placebo is False
    assert found.findings.suite.methods == ("pooled-ease",)
    assert found.findings.suite.baselines == ("popularity", "item-knn", "ease")


def test_importing_is_light_and_public_names_are_there() -> None:
    code = "import sys, tlbench; print(*sorted({'numpy', 'pandas', 'typer', 'tlbench.api'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
    assert all(callable(getattr(tlbench, name)) for name in tlbench.__all__ if name != "__version__")
    assert (Path(tlbench.__file__).parent / "py.typed").is_file()
