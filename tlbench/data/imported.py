"""Data sets of the user's own: entries in a catalogue that `tlbench data import` keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tlbench.data.catalogue import imported_catalogue, open_catalogue, read_catalogue
from tlbench.data.folders import write_text
from tlbench.data.interactions import Interactions
from tlbench.data.loading import load, load_entry
from tlbench.data.lock import locked
from tlbench.data.names import is_base
from tlbench.data.sniffing import Guess, sniff
from tlbench.data.sums import sha256
from tlbench.errors import TlbenchError
from tlbench.progress import SILENT, Progress


def import_file(
    path: Path,
    name: str,
    *,
    guess: Guess | None = None,
    user_ids: str | None = None,
    lenient: bool = False,
    progress: Progress = SILENT,
) -> Interactions:
    """Give a file a name under which it can be loaded from now on; the file stays where it is.

    Parameters
    ----------
    path
        CSV, Parquet or JSON lines of interactions.
    name
        Name of the data set.
    guess
        How the file is built; None guesses.
    user_ids
        Family of user ids: sets of one family share users. None makes a family of its own.
    lenient
        Drop and count lines that cannot be used.
    progress
        Hears the guess in one line.

    Returns
    -------
    Interactions
        The data set; its counts are kept as what the file must have from now on.

    Raises
    ------
    TlbenchError
        Where the name is taken or no name, or the file cannot be read as guessed; then nothing is kept.
    """
    _check_name(name)
    chosen = guess or sniff(path)
    progress.say(f"`{path.name}` is read as {chosen}")
    table: dict[str, Any] = {
        "format": chosen.format,
        "file": str(path.resolve()),
        "sha256": sha256(path),
        "user_ids": user_ids or name,
    }
    if chosen.format != "amazon-reviews":
        table |= {"columns": dict(chosen.columns), "time_unit": chosen.time_unit}
    if chosen.format == "csv":
        table |= {"separator": chosen.separator, "header": chosen.header}
    loaded = _tried(name, table, lenient=lenient, progress=progress)
    if not lenient:
        table["expects"] = {"users": loaded.n_users, "items": loaded.n_items, "interactions": len(loaded)}
    _change({name: table}, without=())
    return loaded if lenient else load(name, progress=progress)


def forget(name: str) -> None:
    """Drop a name that was imported; the file stays where it is."""
    _change({}, without=(name,))


def _check_name(name: str) -> None:
    if not is_base(name):
        raise TlbenchError(
            f"`{name}` is not a name for a data set",
            hint="use lower-case letters, digits and `._-`, and at most one `@edition`",
        )
    if name in open_catalogue().names():
        raise TlbenchError(
            f"the name `{name}` is taken",
            hint=f"choose another, or drop it first where it is yours: `tlbench data remove {name}`",
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
        with locked(path, on_wait=lambda: None):
            kept = _tables(path)
            content = {"schema": 1, "datasets": {**{n: t for n, t in kept.items() if n not in without}, **new}}
            write_text(path, tomli_w.dumps(content))
    except OSError as error:
        raise TlbenchError(
            f"`{path}` cannot be written: {error.strerror}",
            hint="name a folder that you may write to in the variable `TLBENCH_CACHE`",
        ) from None


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    import tomllib

    if not path.is_file():
        return {}
    read_catalogue(path, origin="imported")  # says what is wrong where somebody edited it
    tables: dict[str, dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["datasets"]
    return tables
