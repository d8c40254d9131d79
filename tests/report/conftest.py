"""The demo suite, run once."""

import os
import shutil
from pathlib import Path

import pytest

from tlbench.pipeline import read_findings, run_suite
from tlbench.plugins import register_all
from tlbench.suite import suite_from_file

register_all()

DEMO = Path(__file__).parents[2] / "tlbench" / "shipped" / "suites" / "demo.toml"


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
