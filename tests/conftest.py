"""What tests of several stages share: where real data lie, and small interactions made by hand."""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tlbench.data.interactions import CleaningStep, Interactions, Provenance

# Tests that run commands in their own process patch what these use; those of several processes ask for them.
os.environ.setdefault("TLBENCH_JOBS", "1")

pytest_plugins = ("fixtures.made_results",)
HOME, CLOSED = "TLBENCH_TESTS_HOME", "TLBENCH_TESTS_CLOSED"
TOUCHING = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.listdir", "os.scandir", "os.truncate")


def pytest_configure(config: pytest.Config) -> None:
    """Give all tests of a session a cache and a data folder of their own, and close the user's to them.

    Processes of pytest-xdist and of the tests inherit the folders. What a user imported or fetched before must not
    decide whether a test passes, and no test may leave anything there.
    """
    if HOME not in os.environ:
        from platformdirs import user_cache_path, user_data_path

        home = tempfile.mkdtemp(prefix="tlbench-tests-")
        config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
        closed = os.pathsep.join(str(path("tlbench")) for path in (user_cache_path, user_data_path))
        os.environ |= {HOME: home, CLOSED: closed, "TLBENCH_CACHE": f"{home}/cache", "XDG_DATA_HOME": f"{home}/data"}
    closed_folders = tuple(os.environ[CLOSED].split(os.pathsep))

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        paths = (os.fspath(path) for path in arguments if isinstance(path, str | os.PathLike))
        if event in TOUCHING and any(str(path).startswith(closed_folders) for path in paths):
            raise RuntimeError(f"a test touches the user's own folder: {event} {arguments[0]}")

    sys.addaudithook(refuse)


@pytest.fixture(scope="session")
def catalogue() -> Path:
    """The local catalogue of real data; tests that need it skip where it is missing."""
    beside = Path(__file__).parents[2] / "shared" / "data" / "datasets.toml"
    path = Path(os.environ.get("TLBENCH_CATALOGUE", beside))
    if not path.is_file():
        pytest.skip("no real data: neither ../shared/data/datasets.toml nor TLBENCH_CATALOGUE is there")
    return path


@pytest.fixture(scope="session")
def make_interactions() -> Callable[..., Interactions]:
    """Build interactions from (user id, item id[, timestamp]) rows."""

    def make(
        rows: list[tuple[str, str] | tuple[str, str, int]],
        *,
        name: str = "made",
        ratings: list[float] | None = None,
        user_ids: str = "people",
        item_ids: str | None = None,
        sha256: str | None = None,
    ) -> Interactions:
        users = list(dict.fromkeys(row[0] for row in rows))
        items = list(dict.fromkeys(row[1] for row in rows))
        timed = bool(rows) and len(rows[0]) == 3
        return Interactions(
            name=name,
            users=pl.Series("user", users, dtype=pl.String),
            items=pl.Series("item", items, dtype=pl.String),
            user=np.array([users.index(row[0]) for row in rows], dtype=np.int32),
            item=np.array([items.index(row[1]) for row in rows], dtype=np.int32),
            rating=None if ratings is None else np.array(ratings, dtype=np.float32),
            timestamp=np.array([row[2] for row in rows], dtype=np.int64) if timed else None,
            item_table=None,
            user_ids=user_ids,
            item_ids=item_ids or name,
            rating_scale=None if ratings is None else (1.0, 5.0),
            provenance=Provenance(
                origin="made in a test",
                sha256=sha256 or name,
                parser="none/1",
                steps=(CleaningStep("as made", len(rows), len(users), len(items)),),
            ),
        )

    return make


NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")


def numbers(text: str) -> list[float]:
    """All numbers in a text, in order."""
    return [float(found.replace(",", "")) for found in NUMBER.findall(text)]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let golden files be written anew: `pytest tests/report --update-golden`, then read the difference."""
    parser.addoption("--update-golden", action="store_true", help="write golden files instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the golden file of that name: words to the letter, numbers within two per cent.

    A processor's BLAS decides the last bits of scores, and so, now and then, the order of two items for one user.
    """
    folder = Path(__file__).parent / "golden"

    def check_golden(name: str, text: str) -> None:
        path = folder / name
        if request.config.getoption("--update-golden"):
            folder.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        known = path.read_text(encoding="utf-8")
        assert NUMBER.sub("#", text) == NUMBER.sub("#", known)
        assert numbers(text) == pytest.approx(numbers(known), rel=0.02, abs=0.3 if name.endswith(".txt") else 1e-6)

    return check_golden
