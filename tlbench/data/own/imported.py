"""Data sets of the user's own: entries in a catalogue that `tlbench data import` keeps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tlbench.data.catalogue import imported_catalogue, open_catalogue, read_catalogue
from tlbench.data.interactions import Interactions
from tlbench.data.loading import load, load_entry
from tlbench.data.names import is_base
from tlbench.data.own.sniffing import Guess, sniff
from tlbench.data.sums import sha256
from tlbench.errors import TlbenchError
from tlbench.io.atomic import write_atomic
from tlbench.io.lock import exclusive
from tlbench.progress import SILENT, Progress

FILE_ENDINGS = (".csv", ".tsv", ".txt", ".dat", ".parquet", ".json", ".jsonl", ".ndjson", ".gz")


class NameTaken(TlbenchError):
    """Another file was imported under the name before."""


def import_file(
    path: Path,
    name: str | None = None,
    *,
    guess: Guess | None = None,
    user_ids: str | None = None,
    item_ids: str | None = None,
    force: bool = False,
    lenient: bool = False,
    progress: Progress = SILENT,
) -> Interactions:
    """Give a file a name under which it can be loaded from now on; the file stays where it is.

    Parameters
    ----------
    path
        CSV, Parquet or JSON of interactions.
    name
        Name of the data set; None takes the file's without its endings.
    guess
        How the file is built; None guesses.
    user_ids
        Family of user ids: sets of one family share users. None makes a family of its own.
    item_ids
        The same for item ids.
    force
        Replace what was imported under that name before.
    lenient
        Drop and count lines that cannot be used.
    progress
        Hears the guess in one line, and what is doubtful about it.

    Returns
    -------
    Interactions
        The data set; its counts are kept as what the file must have from now on.

    Raises
    ------
    NameTaken
        If another file was imported under that name, and `force` is not given.
    TlbenchError
        If the name is no name or not the user's, or the file cannot be read as guessed; then nothing is kept.
    """
    name = name or name_of(path)
    chosen = guess or sniff(path)
    progress.say(f"`{path.name}` is read as {chosen}")
    for notice in chosen.notices:
        progress.say(notice)
    table = _table_of(path, chosen, user_ids=user_ids or name, item_ids=item_ids or name)
    _check_name(name, table, force=force)
    loaded = _tried(name, table, lenient=lenient, progress=progress)
    if not lenient:
        table["expects"] = {"users": loaded.n_users, "items": loaded.n_items, "interactions": len(loaded)}
    _change({name: table}, without=())
    return loaded if lenient else load(name, progress=progress)


def read_file(path: Path, *, progress: Progress = SILENT) -> Interactions:
    """Read a file without giving it a name: what is guessed of it and what can go wrong is as in `import_file`."""
    chosen = sniff(path)
    progress.say(f"`{path.name}` is read as {chosen}")
    name = name_of(path)
    return _tried(name, _table_of(path, chosen, user_ids=name, item_ids=name), lenient=False, progress=progress)


def name_of(path: Path) -> str:
    """Return the name that a file gets: its own without endings, in the letters that names may have.

    Examples
    --------
    >>> name_of(Path("exports/Orders 2024.csv.gz"))
    'orders-2024'
    """
    stem = path.name
    while (suffix := Path(stem).suffix.lower()) in FILE_ENDINGS:
        stem = stem[: -len(suffix)]
    name = re.sub(r"[^a-z0-9._-]+", "-", stem.lower()).strip("-._")
    if not is_base(name):
        raise TlbenchError(f"`{path.name}` gives no name for a data set", hint="name it with `--as NAME`")
    return name


def forget(name: str) -> None:
    """Drop a name that was imported; the file stays where it is."""
    _change({}, without=(name,))


def _table_of(path: Path, guess: Guess, *, user_ids: str, item_ids: str) -> dict[str, Any]:
    """Make the entry of a catalogue."""
    table: dict[str, Any] = {
        "format": guess.format,
        "file": str(path.resolve()),
        "sha256": sha256(path),
        "user_ids": user_ids,
        "item_ids": item_ids,
    }
    if guess.format != "amazon-reviews":
        table |= {"columns": dict(guess.columns), "time_unit": guess.time_unit}
    if guess.format == "csv":
        table |= {"separator": guess.separator, "header": guess.header}
        table |= {"skip": guess.skip, "encoding": guess.encoding, "decimal": guess.decimal}
    return table


def _check_name(name: str, table: dict[str, Any], *, force: bool) -> None:
    """Refuse what is no name, is not the user's, or holds something else that nobody said to replace."""
    if not is_base(name):
        raise TlbenchError(
            f"`{name}` is not a name for a data set",
            hint="use lower-case letters, digits and `._-`, and at most one `@edition`",
        )
    kept = imported_tables().get(name)
    if kept is None and name in open_catalogue().names():
        raise TlbenchError(
            f"the name `{name}` is taken by a data set of a catalogue", hint="choose another: `--as NAME`"
        )
    same = kept is not None and {**kept, "expects": None} == {**table, "expects": None}
    if kept is not None and not same and not force:
        raise NameTaken(
            f"`{name}` was imported before, from `{kept['file']}`",
            hint="replace it with `--force`, or choose another name with `--as NAME`",
        )


def _tried(name: str, table: dict[str, Any], *, lenient: bool, progress: Progress) -> Interactions:
    """Load the file as the entry says before anything is kept."""
    from tlbench.data.entry import read_entry

    problems: list[str] = []
    entry = read_entry(name, table, folder=Path(), origin="imported", where=name, problems=problems)
    if entry is None:
        raise TlbenchError(f"`{name}` cannot be imported: {'; '.join(problems)}", hint="correct these options")
    return load_entry(entry, lenient=lenient, progress=progress)


def _change(new: dict[str, dict[str, Any]], *, without: tuple[str, ...]) -> None:
    import tomli_w

    path = imported_catalogue()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(path.with_name(f".{path.name}.lock"), on_wait=lambda: None):
            kept = imported_tables()
            content = {"schema": 1, "datasets": {**{n: t for n, t in kept.items() if n not in without}, **new}}
            write_atomic(path, tomli_w.dumps(content))
    except OSError as error:
        raise TlbenchError(
            f"`{path}` cannot be written: {error.strerror}",
            hint="name a folder that you may write to in the variable `TLBENCH_CACHE`",
        ) from None


def imported_tables() -> dict[str, dict[str, Any]]:
    """Entries of all imported data sets, by name, as the catalogue holds them."""
    import tomllib

    path = imported_catalogue()
    if not path.is_file():
        return {}
    read_catalogue(path, origin="imported")  # says what is wrong where somebody edited it
    tables: dict[str, dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["datasets"]
    return tables
