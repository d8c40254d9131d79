"""The pages: every example runs, the site builds without a warning, and its links lead somewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```', re.MULTILINE | re.DOTALL)


def blocks(page):
    return [match.groups() for match in FENCE.finditer((DOCS / page).read_text(encoding="utf-8"))]


def shell(script, cwd):
    program = f'set -e; tlbench() {{ "{sys.executable}" -m tlbench "$@"; }}\n{script}'
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("TLBENCH_CATALOGUE", None)
    return subprocess.run(
        ["bash", "-c", program], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("page", ["index.md", "reports.md", "adding.md"])
def test_every_example_runs_in_order(page, tmp_path):
    ran = 0
    for language, title, text in blocks(page):
        if title:
            (tmp_path / title).write_text(text)
        elif language == "bash":
            done = shell(text, tmp_path)
            assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
            ran += 1
    assert ran


def test_the_method_of_the_page_is_judged(tmp_path):
    named = {title: text for _, title, text in blocks("adding.md") if title}
    assert set(named) == {"my_method.py", "my_data.py", "my_metric.py", "my_section.py"}
    (tmp_path / "my_method.py").write_text(named["my_method.py"])
    command = next(text for language, _, text in blocks("adding.md") if language == "bash")
    done = shell(command, tmp_path)
    assert re.search(r"popularity-known +0\.\d+", done.stdout), done.stdout
    (tmp_path / "my_section.py").write_text(named["my_section.py"])
    plugins = "--plugin my_method.py --plugin my_section.py"
    done = shell(f"tlbench report results/mine {plugins} --format markdown", tmp_path)
    assert re.search(r"### Who was judged most\n\n- [\d,]+ users were judged", done.stdout), done.stdout + done.stderr


@pytest.mark.slow
def test_the_site_builds_without_warnings_and_its_links_lead_somewhere(tmp_path):
    pytest.importorskip("material", reason="no MkDocs Material: install the `dev` extra")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    environment["TLBENCH_DOCS_EXECUTE"] = "false"  # they run in a test of their own
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING " not in done.stderr, done.stderr
    methods = (tmp_path / "site" / "methods" / "index.html").read_text()
    assert 'id="pooled-ease"' in methods
    reference = (tmp_path / "site" / "api" / "index.html").read_text()
    assert all(f'id="tlbench.api.{name}"' in reference for name in ("run", "Results", "compare", "profile"))
    home = (tmp_path / "site" / "index.html").read_text()
    assert "fonts.googleapis.com" not in home


def test_every_picture_of_a_page_is_drawn_from_committed_results():
    used = {name for page in DOCS.glob("*.md") for name in re.findall(r"\(pictures/([^)]+)\)", page.read_text())}
    assert used <= {path.name for path in (DOCS / "pictures").glob("*.svg")}
    assert (DOCS / "results" / "demo" / "suite.toml").is_file()
