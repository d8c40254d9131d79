"""Publisher's address -> file in the user's cache: whole or not at all, one process at a time, sum checked by pooch."""

from __future__ import annotations

import errno
import logging
from pathlib import Path

from tlbench.data.address import place_of, public, scrubbed
from tlbench.data.download_stream import Interrupted, Refused, Stream, discard, stream
from tlbench.data.folders import cache_folder
from tlbench.data.raw import check_whole
from tlbench.errors import TlbenchError
from tlbench.io.lock import exclusive
from tlbench.progress import SILENT, Progress


def raw_path(url: str) -> Path:
    """Where a file of that address lies in the cache, whether it is there or not: ``raw/<host>/<path>``."""
    return cache_folder().joinpath("raw", *place_of(url).parts)


def fetch(url: str, *, name: str, sha256: str | None = None, terms: str = "", progress: Progress = SILENT) -> Path:
    """Fetch a file into the cache unless it is there.

    Parameters
    ----------
    url
        Address, http or https; proxies are taken from the environment.
    name
        Data set, for messages.
    sha256
        Known sum, hexadecimal; without one, archives are read through once to see that they are whole.
    terms
        Terms of use, shown when the file is fetched.
    progress
        Listener.

    Returns
    -------
    pathlib.Path
        The file. It is gathered beside and renamed when it is whole and its sum right; a part that is left over, here
        or by a killed process, is continued next time.

    Raises
    ------
    TlbenchError
        If it cannot be fetched or written, with the way to do it by hand.
    """
    path = raw_path(url)
    if path.is_file():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f".{path.name}.lock")
        with exclusive(lock, on_wait=lambda: progress.say(f"another process is fetching `{name}`: waiting for it")):
            if not path.is_file():
                if terms:
                    progress.say(f"terms of use of `{name}`: {terms}")
                _retrieve(url, path, sha256, name=name, progress=progress)
    except OSError as error:
        raise _unwritable(path, error) from None
    return path


def _retrieve(url: str, path: Path, sha256: str | None, *, name: str, progress: Progress) -> None:
    import pooch

    pooch.get_logger().setLevel(logging.ERROR)  # it tells what we tell better
    part = path.with_name(f"{path.name}.part")
    job = Stream(url, part, path.name, checked=sha256 is not None)
    known = None if sha256 is None else f"sha256:{sha256}"
    continued = part.is_file()

    def gather(_url: str, output: str | Path, _pooch: object) -> None:
        """Bring the bytes for pooch; they are gathered in a part that outlives a failure."""
        stream(job, progress)
        if not job.checked:
            check_whole(part, url)
        part.replace(output)
        discard(part)

    try:
        pooch.retrieve(url, known, fname=path.name, path=path.parent, downloader=gather)
    except (Refused, Interrupted) as error:
        raise _failed(url, path, name, str(error)) from None
    except TlbenchError as error:
        discard(part)
        raise _failed(url, path, name, error.message) from None
    except ValueError:  # pooch: another sum
        if not continued:
            raise _failed(url, path, name, f"the SHA-256 of what was downloaded is not {str(sha256)[:12]}...") from None
        progress.say(f"the continued part of {path.name} was of another version: fetching all of it again")
        _retrieve(url, path, sha256, name=name, progress=progress)


def _failed(url: str, path: Path, name: str, reason: str) -> TlbenchError:
    return TlbenchError(
        f"data set `{name}` could not be fetched from {public(url)}: {scrubbed(reason, url)}",
        hint=f"try again later, or get that file by hand and put it at {path}",
    )


def _unwritable(path: Path, error: OSError) -> TlbenchError:
    if error.errno == errno.ENOSPC:
        return TlbenchError(
            f"no space is left for `{path}`",
            hint="make room, or name a folder elsewhere in the variable `TLBENCH_CACHE`",
        )
    return TlbenchError(
        f"`{path}` cannot be written: {error.strerror or error}",
        hint="name a folder that you may write to in the variable `TLBENCH_CACHE`",
    )
