"""Archives are opened safely: no path escapes, no bomb unpacks."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tlbench.data import load
from tlbench.data.raw import check_whole, unpacked
from tlbench.errors import TlbenchError

Write = Callable[..., Path]


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["../../evil/ratings.dat", "/etc/ratings.dat", "a/../../ratings.dat"])
def test_member_with_an_escaping_path_lands_in_a_folder_of_ours(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "x.zip", {name: b"1::2::3::4\n"})
    before = set(tmp_path.rglob("*"))
    with unpacked(path, "ratings.dat") as plain:
        assert plain.read_bytes() == b"1::2::3::4\n"
        assert plain.parent.name.startswith("tlbench-")
    assert not plain.exists()
    assert set(tmp_path.rglob("*")) == before


def test_zip_bomb_is_refused_while_unpacking(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.zip", {"ratings.dat": bytes(80 << 20)})
    with pytest.raises(TlbenchError, match=r"`ratings.dat` unpacks to more than"), unpacked(path, "ratings.dat"):
        pass


def test_registered_size_bounds_a_zip(write_set: Write) -> None:
    members = {"m/ratings.dat": b"1::2::3::4\n" * 9, "m/movies.dat": b""}
    catalogue = write_set(members, "movielens-dat", file="x.zip", extra="unpacked = 50")
    with pytest.raises(TlbenchError, match="unpacks to more than 50 bytes") as caught:
        load("toy", catalogue=catalogue)
    assert caught.value.hint is not None
    assert "`unpacked`" in caught.value.hint


def test_gzip_bomb_without_a_known_sum_is_refused(write_set: Write) -> None:
    catalogue = write_set(bytes(96 << 20), "amazon-csv-2014", file="x.csv.gz")
    with pytest.raises(TlbenchError, match="unpacks to more than"):
        load("toy", catalogue=catalogue)


def test_registered_size_bounds_a_gzip(write_set: Write) -> None:
    catalogue = write_set(b"U1,B1,5.0,1\n" * 9, "amazon-csv-2014", file="x.csv.gz", extra="unpacked = 50")
    with pytest.raises(TlbenchError, match="unpacks to more than 50 bytes"):
        load("toy", catalogue=catalogue)


def test_archive_that_is_something_else_is_not_whole(tmp_path: Path) -> None:
    for name in ("x.gz", "x.zip"):
        (tmp_path / name).write_bytes(b"<html>")
        with pytest.raises(TlbenchError, match="truncated or damaged"):
            check_whole(tmp_path / name, f"https://host/{name}")


def test_whole_archives_are_whole_and_cut_ones_are_not(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(gzip.compress(bytes(range(256))))
    archive(tmp_path / "x.zip", {"a": bytes(range(256))})
    for name in ("x.gz", "x.zip"):
        check_whole(tmp_path / name, name)
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-9])
        with pytest.raises(TlbenchError, match="truncated or damaged"):
            check_whole(tmp_path / name, name)
