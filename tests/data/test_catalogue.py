"""Catalogues: every problem is listed with its key; a local entry wins, with a notice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tlbench.data.catalogue import Catalogue, merge, open_catalogue, read_catalogue
from tlbench.data.entry import CatalogueEntry
from tlbench.errors import TlbenchError

Step = TypeVar("Step")


class Ear:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def track(self, steps: Iterable[Step], label: str, *, total: int | None = None) -> Iterator[Step]:
        return iter(steps)

    def say(self, message: str) -> None:
        self.heard.append(message)


def read(tmp_path: Path, text: str) -> Catalogue:
    path = tmp_path / "catalogue.toml"
    path.write_text(text)
    return read_catalogue(path, origin="local")


def test_all_problems_of_a_catalogue_are_listed_with_their_keys(tmp_path: Path) -> None:
    text = """
    schema = 2
    extra = 1
    [aliases]
    "toy" = "other"
    [datasets."toy"]
    formt = "csv"
    sha256 = "abc"
    expects = { users = 0, items = 1, interactions = 1 }
    rating_scale = [5, 1]
    verified = 1
    [datasets."Big Name"]
    format = "xls"
    file = "x"
    user_ids = "u"
    """
    with pytest.raises(TlbenchError) as caught:
        read(tmp_path, text)
    message = caught.value.message
    for part in (
        "schema: is 2",
        "extra: unknown key",
        'datasets."toy".formt: unknown key, did you mean `format`?',
        'datasets."toy".sha256: must be 64 hexadecimal digits',
        'datasets."toy".expects: must be a whole number above 0, is 0',
        'datasets."toy".rating_scale: must begin with the lowest',
        'datasets."toy".verified: must be true or false, is 1',
        'datasets."toy".format: missing',
        'datasets."toy".user_ids: missing',
        'datasets."toy".file: missing, and no url either',
        'datasets."Big Name": a name has lower-case letters',
        'datasets."Big Name".format: must be one of movielens-udata',
    ):
        assert part in message
    assert "12 problems" in message


def test_catalogue_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TlbenchError, match="is not TOML"):
        read(tmp_path, "schema = ")


def test_missing_catalogue_is_named(tmp_path: Path) -> None:
    with pytest.raises(TlbenchError, match="does not exist"):
        open_catalogue(tmp_path / "nowhere.toml")


def test_paths_are_relative_to_the_catalogue(tmp_path: Path) -> None:
    book = read(
        tmp_path,
        'schema = 1\n[datasets."toy"]\nformat = "csv"\nfile = "sub/x.csv"\nuser_ids = "u"\n'
        'columns = { user = "a", item = "b" }\n',
    )
    assert book.get("toy").file == tmp_path / "sub/x.csv"
    assert book.get("toy").item_ids == "toy"
    assert book.get("toy").address == "sub/x.csv"


def test_alias_that_leads_back_to_itself_is_refused(tmp_path: Path) -> None:
    book = read(tmp_path, 'schema = 1\n[aliases]\n"a" = "b"\n"b" = "a"\n')
    with pytest.raises(TlbenchError, match="a -> b -> a"):
        book.get("a")


def entry(name: str, origin: str) -> CatalogueEntry:
    return CatalogueEntry(name=name, format="csv", user_ids="u", item_ids=name, origin=origin)


def test_local_name_hides_the_built_in_one_whether_entry_or_alias() -> None:
    built_in = Catalogue({"a@1": entry("a@1", "built-in"), "b@1": entry("b@1", "built-in")}, {"a": "a@1", "b": "b@1"})
    local = Catalogue({"a@1": entry("a@1", "local"), "b": entry("b", "local")}, {"a": "b"})
    book = merge(built_in, local)
    assert book.get("a").name == "b"
    assert book.get("b").origin == "local"
    assert book.get("a@1").origin == "local"
    assert book.get("b@1").origin == "built-in"
    assert book.shadowed == {"a", "b", "a@1"}


def test_local_set_that_hides_a_built_in_one_is_announced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tlbench.data import catalogue, load

    monkeypatch.setattr(catalogue, "_built_in", lambda: Catalogue({"toy": entry("toy", "built-in")}))
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    path = tmp_path / "catalogue.toml"
    path.write_text(
        'schema = 1\n[datasets."toy"]\nformat = "csv"\nfile = "x.csv"\nuser_ids = "u"\n'
        'columns = { user = "a", item = "b" }\n'
    )
    ear = Ear()
    assert len(load("toy", catalogue=path, progress=ear)) == 1
    assert ear.heard == ["`toy` is taken from the local catalogue, not from the built-in one"]


def test_catalogue_named_by_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(
        'schema = 1\n[datasets."toy"]\nformat = "csv"\nfile = "x.csv"\nuser_ids = "u"\n'
        'columns = { user = "a", item = "b" }\n'
    )
    monkeypatch.setenv("TLBENCH_CATALOGUE", str(path))
    assert "toy" in open_catalogue().names()
