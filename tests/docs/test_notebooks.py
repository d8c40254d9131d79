"""The notebooks of the documentation run from the first cell to the last, and show what their text says."""

import shutil
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[2] / "docs" / "notebooks"
SHOWN = {
    "01-read-a-verdict": ["Transfer helps: pooled-item-knn", "forest", "to_detect"],
    "02-your-own-data": ["customer_id;sku;event_ts", "Transfer helps", "shared users"],
    "03-write-a-method": ["my-neighbours beats item-knn", "PASSED", "True 4"],
}


def test_every_notebook_is_known_here_and_in_the_site():
    names = {path.stem for path in NOTEBOOKS.glob("*.ipynb")}
    assert names == set(SHOWN)
    nav = (NOTEBOOKS.parents[1] / "mkdocs.yml").read_text(encoding="utf-8")
    assert all(f"notebooks/{name}.ipynb" in nav for name in names)


@pytest.mark.parametrize("name", SHOWN)
def test_notebooks_are_committed_without_results(name):
    nbformat = pytest.importorskip("nbformat", reason="no nbformat: install the `dev` extra")
    cells = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    assert all(not cell.outputs and cell.execution_count is None for cell in cells if cell.cell_type == "code")


@pytest.mark.slow
@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.filterwarnings("default")
def test_a_notebook_runs_and_shows_what_it_says(name, tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient", reason="no nbclient: install the `dev` extra")
    nbformat = pytest.importorskip("nbformat")
    monkeypatch.setenv("TLBENCH_CACHE", str(tmp_path / "cache"))
    shutil.copy(NOTEBOOKS / f"{name}.ipynb", tmp_path)
    notebook = nbformat.read(tmp_path / f"{name}.ipynb", as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    printed = "\n".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )
    assert [text for text in SHOWN[name] if text not in printed] == []
