"""Our baselines, ranked by our ranking code, reproduce a published table of MovieLens 1M."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "table55.py"


def _load_script():
    spec = importlib.util.spec_from_file_location("table55", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["table55"] = module
    spec.loader.exec_module(module)
    return module


TABLE = _load_script()


@pytest.fixture(scope="module")
def gate(catalogue):
    folder = catalogue.parent
    if not (folder / "tois-table55").is_dir():
        pytest.skip("the catalogue's folder has no `tois-table55`")
    return TABLE.load(folder)


@pytest.mark.slow
@pytest.mark.parametrize("row", TABLE.ROWS, ids=lambda row: row.name)
def test_the_published_row_is_reproduced(gate, row):
    ours = TABLE.measured(gate, row.recommender, row.seeds)
    np.testing.assert_allclose(ours, row.published, rtol=0, atol=row.tolerance)
