"""The numbers of reference.R, and the first seed's differences that it read."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parent / "reference"


@pytest.fixture(scope="session")
def r() -> dict[str, list[float]]:
    """Printed output of R, a list of numbers by name."""
    lines = (FOLDER / "reference.txt").read_text(encoding="utf-8").splitlines()
    return {line.split()[0]: [float(x) for x in line.split()[1:]] for line in lines if line[0] != "#"}


@pytest.fixture(scope="session")
def once() -> np.ndarray:
    """Differences of the first seed, shape (60,)."""
    values = pd.read_csv(FOLDER / "values.csv")
    first = values[values.seed == 0]
    return (first.candidate - first.control).to_numpy()
