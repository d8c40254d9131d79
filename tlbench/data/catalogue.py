"""Catalogues: TOML files that say which data sets there are, where their files lie and what they must contain."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from tlbench.data.entry import CatalogueEntry, read_entry
from tlbench.data.folders import VARIABLE as CACHE_VARIABLE
from tlbench.data.folders import cache_folder
from tlbench.data.names import is_base
from tlbench.errors import TlbenchError
from tlbench.registry import unknown

SCHEMA = 1
VARIABLE = "TLBENCH_CATALOGUE"
BUILT_IN = Path(__file__).with_name("catalogue.toml")
LISTING = "tlbench list datasets"

Origin = Literal["built-in", "imported", "local"]


@dataclass(frozen=True)
class Catalogue:
    """Data sets and aliases by name, as one or two files define them.

    Attributes
    ----------
    entries
        What is known of each data set, by full name.
    aliases
        Other names, each with the name that it stands for.
    shadowed
        Names of the catalogue below (built-in or imported) that the uppermost one defines anew.
    """

    entries: Mapping[str, CatalogueEntry]
    aliases: Mapping[str, str] = field(default_factory=dict)
    shadowed: frozenset[str] = frozenset()

    def names(self) -> list[str]:
        """All names that can be typed, aliases too, in alphabetical order."""
        return sorted({*self.entries, *self.aliases})

    def follow(self, name: str) -> str:
        """Replace an alias by the name that it stands for, through chains of aliases."""
        passed = [name]
        while name in self.aliases:
            name = self.aliases[name]
            if name in passed:
                raise TlbenchError(
                    f"alias `{passed[0]}` leads back to itself: {' -> '.join([*passed, name])}",
                    hint="let one of these aliases name a data set",
                )
            passed.append(name)
        return name

    def get(self, name: str) -> CatalogueEntry:
        """Return the entry of a name or alias, or raise with the nearest name."""
        full = self.follow(name)
        if full not in self.entries:
            raise unknown("data set", full, self.names(), LISTING)
        return self.entries[full]


def open_catalogue(local: Path | None = None) -> Catalogue:
    """Read the built-in catalogue, the one of imported files over it, and a local one over both.

    Parameters
    ----------
    local
        The local catalogue's file; None takes the one that the environment variable ``TLBENCH_CATALOGUE`` names, if
        any.

    Raises
    ------
    TlbenchError
        If a file is missing, is not TOML, or has problems: all of them are listed with their keys.
    """
    book = _built_in()
    if imported_catalogue().is_file():
        book = merge(book, read_catalogue(imported_catalogue(), origin="imported"))
    path = local or _from_environment()
    return book if path is None else merge(book, read_catalogue(path, origin="local"))


def imported_catalogue() -> Path:
    """Where the entries of imported files are kept: the user's data folder, or in what ``TLBENCH_CACHE`` names."""
    if os.environ.get(CACHE_VARIABLE):
        return cache_folder() / "imported.toml"
    from platformdirs import user_data_path

    return user_data_path("tlbench") / "imported.toml"


def merge(built_in: Catalogue, local: Catalogue) -> Catalogue:
    """Lay a local catalogue over the built-in one: a local name, entry or alias, hides the built-in one."""
    hidden = {*local.entries, *local.aliases}
    kept = {name: target for name, target in built_in.aliases.items() if name not in hidden}
    return Catalogue(
        entries={**built_in.entries, **local.entries},
        aliases={**kept, **local.aliases},
        shadowed=frozenset(hidden & {*built_in.entries, *built_in.aliases}),
    )


def read_catalogue(path: Path, *, origin: Origin) -> Catalogue:
    """Read and check one catalogue file; paths in it are relative to it."""
    content = _toml(path)
    problems: list[str] = []
    if content.get("schema") != SCHEMA:
        problems.append(f"schema: is {content.get('schema')!r}, this version reads {SCHEMA}")
    problems += [f"{key}: unknown key" for key in content if key not in ("schema", "aliases", "datasets", "templates")]
    tables = _filled(content.get("datasets", {}), content.get("templates", {}), problems)
    entries = _entries(tables, path, origin, problems)
    aliases = _aliases(content.get("aliases", {}), entries, problems)
    if problems:
        listed = "".join(f"\n  {problem}" for problem in problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise TlbenchError(
            f"catalogue `{path}` has {count}:{listed}",
            hint="correct these keys; an entry needs format, file or url, and user_ids",
        )
    return Catalogue(entries, aliases)


@cache
def _built_in() -> Catalogue:
    return read_catalogue(BUILT_IN, origin="built-in")


def _from_environment() -> Path | None:
    value = os.environ.get(VARIABLE)
    return Path(value) if value else None


def _toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise TlbenchError(
            f"catalogue `{path}` does not exist", hint=f"correct `--catalogue` or the variable `{VARIABLE}`"
        ) from None
    except OSError as error:
        raise TlbenchError(
            f"catalogue `{path}` cannot be read: {error.strerror}", hint="name a TOML file that you may read"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TlbenchError(f"catalogue `{path}` is not TOML: {error}", hint="correct that line") from None


def _filled(tables: object, templates: object, problems: list[str]) -> object:
    """Give each entry that is ``like`` a template the template's keys, under its own."""
    if not isinstance(templates, dict):
        problems.append("templates: must be a table")
        return tables
    if not isinstance(tables, dict):
        return tables
    filled: dict[str, object] = {}
    for name, content in tables.items():
        like = content.get("like") if isinstance(content, dict) else None
        if like is None:
            filled[name] = content
        elif isinstance(like, str) and isinstance(templates.get(like), dict):
            filled[name] = {**templates[like], **{key: value for key, value in content.items() if key != "like"}}
        else:
            problems.append(f'datasets."{name}".like: there is no template {like!r}')
    return filled


def _entries(table: object, path: Path, origin: Origin, problems: list[str]) -> dict[str, CatalogueEntry]:
    if not isinstance(table, dict):
        problems.append("datasets: must be a table")
        return {}
    entries = {}
    for name, content in table.items():
        where = f'datasets."{name}"'
        if not is_base(name):
            problems.append(f"{where}: a name has lower-case letters, digits and `._-`, and at most one `@edition`")
        entry = read_entry(name, content, folder=path.parent, origin=origin, where=where, problems=problems)
        if entry is not None:
            entries[name] = entry
    return entries


def _aliases(table: object, entries: Mapping[str, CatalogueEntry], problems: list[str]) -> dict[str, str]:
    if not isinstance(table, dict):
        problems.append("aliases: must be a table")
        return {}
    for name, target in table.items():
        where = f'aliases."{name}"'
        if not is_base(name):
            problems.append(f"{where}: a name has lower-case letters, digits and `._-`, and at most one `@edition`")
        if name in entries:
            problems.append(f"{where}: is a data set's name too")
        if not isinstance(target, str):
            problems.append(f"{where}: must be a data set's name")
    return {name: target for name, target in table.items() if isinstance(target, str)}
