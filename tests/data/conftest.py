"""Fixtures of the data tests: a cache of their own, the real data's catalogue, small files of each layout."""

from __future__ import annotations

import gzip
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("TLBENCH_CACHE", str(folder))
    monkeypatch.delenv("TLBENCH_CATALOGUE", raising=False)
    return folder


@pytest.fixture(scope="session")
def real_catalogue() -> Path:
    """Catalogue of real data, from ``TLBENCH_CATALOGUE`` or beside the repository."""
    root = Path(__file__).resolve().parents[2]
    path = Path(os.environ.get("TLBENCH_CATALOGUE") or root.parent / "shared" / "data" / "datasets.toml")
    if not path.is_file():
        pytest.skip(f"no real data at {path}")
    return path


@pytest.fixture
def write_set(tmp_path: Path) -> Callable[..., Path]:
    """Write a data file and a catalogue with the one entry ``toy``; return the catalogue."""

    def write(content: bytes | dict[str, bytes], format_: str, *, file: str = "toy.csv", extra: str = "") -> Path:
        path = tmp_path / file
        if isinstance(content, dict):
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for member, inside in content.items():
                    archive.writestr(member, inside)
        else:
            path.write_bytes(gzip.compress(content) if file.endswith(".gz") else content)
        catalogue = tmp_path / "catalogue.toml"
        catalogue.write_text(
            f'schema = 1\n[datasets."toy"]\nformat = "{format_}"\nfile = "{file}"\nuser_ids = "toy"\n{extra}\n'
        )
        return catalogue

    return write
