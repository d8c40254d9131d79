"""Raw: what a parser makes of a file, before codes and cleaning; and plain files out of archives."""

from __future__ import annotations

import errno
import gzip
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from tlbench.data.codes import PairCoder
from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, eq=False)
class Raw:
    """Interactions as a file has them, ids coded.

    Attributes
    ----------
    users, items
        Ids (String); position is the code.
    frame
        Columns ``user``, ``item`` (Int32, codes), ``rating`` (Float32, null where empty), ``timestamp`` (Int64, seconds
        UTC, null where empty) and ``line`` (UInt32, the line's number from 1); a row per line of the file that could be
        read, in its order.
    item_table
        Columns ``item`` (String, each once), ``title``, ``text`` (String), ``categories`` (List of String); None where
        the file and its companions say nothing of items.
    label
        The file's name, for messages.
    dropped
        Number of lines that could not be read and were dropped (only where that was allowed).
    """

    users: pl.Series
    items: pl.Series
    frame: pl.DataFrame
    item_table: pl.DataFrame | None
    label: str
    dropped: int = 0


def raw_of_blocks(blocks: Iterable[pl.DataFrame], *, label: str) -> Raw:
    """Code the ids of blocks of rows as they come, and put the blocks one after the other.

    Each block has columns ``user``, ``item`` (String), ``rating``, ``timestamp`` and ``line``.
    """
    import polars as pl

    coder = PairCoder()
    frames = [coder.code(block) for block in blocks]
    schema = {"user": pl.Int32, "item": pl.Int32, "rating": pl.Float32, "timestamp": pl.Int64, "line": pl.UInt32}
    whole = pl.concat(frames) if frames else pl.DataFrame(schema=schema)
    return Raw(coder.users.ids, coder.items.ids, whole, None, label)


def damaged(label: str, reason: object) -> TlbenchError:
    """Make the error for a file that ends too early or is not what its name says."""
    return TlbenchError(
        f"`{label}` is truncated or damaged: {(str(reason) or type(reason).__name__).splitlines()[0]}",
        hint="get the file again and compare its size and sha256 with the publisher's",
    )


def open_plain(path: Path) -> BinaryIO:
    """Open a file for reading bytes, through gzip where its first bytes say so."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast("BinaryIO", gzip.open(path, "rb")) if packed else path.open("rb")


READ_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)
# What the standard library raises for zip files whose lists, sizes or methods are damaged.
ZIP_ERRORS = (
    *READ_ERRORS,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    LookupError,
    struct.error,
)


def check_whole(path: Path, label: str) -> None:
    """Read an archive through once, as its own sums allow; a file that is none passes.

    Raises
    ------
    TlbenchError
        If the file is named as an archive and is none, or is truncated or damaged.
    """
    try:
        if label.endswith(".gz"):
            with gzip.open(path, "rb") as file:
                while file.read(1 << 22):
                    pass
        elif label.endswith(".zip"):
            with zipfile.ZipFile(path) as archive:
                bad = archive.testzip()
                if bad is not None:
                    raise zipfile.BadZipFile(f"`{bad}` inside has another sum than it should")
    except ZIP_ERRORS as error:
        raise damaged(label.rsplit("/", 1)[-1], error) from None


def check_size(path: Path, limit: int | None) -> None:
    """Refuse a gzip file that unpacks to more bytes than registered (None: 200 times its own size and 64 MiB).

    Raises
    ------
    TlbenchError
        If it does, or is damaged.
    """
    allowed = limit if limit is not None else _allowance(path)
    total = 0
    try:
        with open_plain(path) as file:
            while chunk := file.read(1 << 22):
                total += len(chunk)
                if total > allowed:
                    raise _too_large(path.name, allowed)
    except READ_ERRORS as error:
        raise damaged(path.name, error) from None


def _allowance(archive: Path) -> int:
    """Most bytes that an archive of unknown content may unpack to: text packs ten times, seldom more."""
    return 200 * archive.stat().st_size + (64 << 20)


def _too_large(label: str, allowed: int) -> TlbenchError:
    return TlbenchError(
        f"`{label}` unpacks to more than {allowed:,} bytes",
        hint="it is not the file that the catalogue means; if it is, set `unpacked` (bytes) in the catalogue",
    )


@contextmanager
def unpacked(archive: Path, member: str, *, limit: int | None = None) -> Iterator[Path]:
    """Lend one member of a zip archive as a plain file that vanishes afterwards.

    Parameters
    ----------
    archive
        The zip file.
    member
        Name of the file inside, in whatever folder; what is written has a name of ours, so no path escapes.
    limit
        Most bytes that it may unpack to; None allows 200 times the archive's size and 64 MiB.

    Raises
    ------
    TlbenchError
        If the archive is damaged, has no such member, or unpacks to more than allowed.
    """
    allowed = limit if limit is not None else _allowance(archive)
    with tempfile.TemporaryDirectory(prefix="tlbench-") as folder:
        plain = Path(folder) / member
        try:
            with zipfile.ZipFile(archive) as opened:
                _copy(opened, _find(opened, member, archive), plain, allowed)
        except ZIP_ERRORS as error:
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                raise TlbenchError(
                    f"no space is left to unpack `{archive.name}`",
                    hint="make room, or name a folder elsewhere in the variable `TMPDIR`",
                ) from None
            raise damaged(archive.name, error) from None
        yield plain


def _copy(opened: zipfile.ZipFile, info: zipfile.ZipInfo, plain: Path, allowed: int) -> None:
    left = allowed
    with opened.open(info) as inside, plain.open("wb") as out:
        while chunk := inside.read(1 << 20):
            left -= len(chunk)
            if left < 0:  # counted here, because the size in the archive's list may lie
                raise _too_large(info.filename, allowed)
            out.write(chunk)


def _find(opened: zipfile.ZipFile, member: str, archive: Path) -> zipfile.ZipInfo:
    for info in opened.infolist():
        if info.filename.rsplit("/", 1)[-1] == member:
            return info
    raise TlbenchError(
        f"archive `{archive.name}` has no file `{member}`",
        hint=f"it has {', '.join(opened.namelist()[:6])}; correct `format` in the catalogue",
    )
