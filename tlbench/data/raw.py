"""Raw: what a parser makes of a file, before codes and cleaning; and plain files out of archives."""

from __future__ import annotations

import gzip
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, eq=False)
class Raw:
    """Interactions as a file has them.

    Attributes
    ----------
    frame
        Columns ``user``, ``item`` (String), ``rating`` (Float32, null where empty) and ``timestamp`` (Int64, seconds
        UTC, null where empty); a row a line of the file, in its order; where lines were dropped, a column ``line``.
    items
        Columns ``item`` (String, each once), ``title``, ``text`` (String), ``categories`` (List of String); None where
        the file and its companions say nothing of items.
    first_line
        Number of the line of the first row, for messages.
    label
        The file's name, for messages.
    dropped
        Number of lines that could not be read and were dropped (only where that was allowed).
    """

    frame: pl.DataFrame
    items: pl.DataFrame | None
    first_line: int
    label: str
    dropped: int = 0

    def lines(self, rows: list[int]) -> list[int]:
        """Line numbers of some rows."""
        if "line" in self.frame.columns:
            return [int(line) for line in self.frame["line"].gather(rows)]
        return [row + self.first_line for row in rows]


def damaged(label: str, reason: object) -> TlbenchError:
    """Make the error for a file that ends too early or is not what its name says."""
    return TlbenchError(
        f"`{label}` is truncated or damaged: {str(reason).splitlines()[0]}",
        hint="get the file again and compare its size and sha256 with the publisher's",
    )


def open_plain(path: Path) -> BinaryIO:
    """Open a file for reading bytes, through gzip where its first bytes say so."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast("BinaryIO", gzip.open(path, "rb")) if packed else path.open("rb")


READ_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)


@contextmanager
def unpacked(archive: Path, member: str) -> Iterator[Path]:
    """Lend one member of a zip archive as a plain file that vanishes afterwards.

    Parameters
    ----------
    archive
        The zip file.
    member
        Name of the file inside, in whatever folder; what is written has a name of ours, so no path escapes.

    Raises
    ------
    TlbenchError
        Where the archive is damaged or has no such member.
    """
    with tempfile.TemporaryDirectory(prefix="tlbench-") as folder:
        plain = Path(folder) / member
        try:
            with zipfile.ZipFile(archive) as opened:
                _copy(opened, _find(opened, member, archive), plain)
        except READ_ERRORS as error:
            raise damaged(archive.name, error) from None
        yield plain


def _copy(opened: zipfile.ZipFile, info: zipfile.ZipInfo, plain: Path) -> None:
    with opened.open(info) as inside, plain.open("wb") as out:
        shutil.copyfileobj(inside, out, 1 << 20)


def _find(opened: zipfile.ZipFile, member: str, archive: Path) -> zipfile.ZipInfo:
    for info in opened.infolist():
        if not info.is_dir() and info.filename.rsplit("/", 1)[-1] == member:
            return info
    raise TlbenchError(
        f"archive `{archive.name}` has no file `{member}`",
        hint=f"it has {', '.join(opened.namelist()[:6])}; correct `format` in the catalogue",
    )
