"""One file over HTTP into a part that can be taken up again: after a cut, a timeout or a killed process."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tlbench.data.address import scrubbed
from tlbench.io.atomic import write_atomic
from tlbench.progress import Progress, allowed

if TYPE_CHECKING:
    import requests

CHUNK = 1 << 16
ATTEMPTS = 5
LARGE = 10**9  # bytes; a larger file is asked about
TIMEOUT = (10.0, 60.0)  # seconds to connect, seconds without a byte
PASSING = (408, 425, 429, 500, 502, 503, 504)


class Refused(Exception):
    """The server will not give the file, so that trying again is of no use; the text is its answer."""


class Interrupted(Exception):
    """The transfer ended before its end; the text says how."""


@dataclass(frozen=True)
class Stream:
    """What to transfer.

    Attributes
    ----------
    url
        Address, http or https.
    part
        Where the bytes are gathered; what lies there from an earlier attempt is taken up again.
    label
        What the progress display calls it.
    checked
        True where the whole will be compared with a known sum, so that any part may be continued; else only one that
        the server says is of the same version.
    """

    url: str
    part: Path
    label: str
    checked: bool


def stream(job: Stream, progress: Progress) -> None:
    """Gather all bytes of a file in its part, trying again with longer and longer waits while nothing arrives.

    The size is told before the first byte; of more than `LARGE` bytes the listener is asked.

    Raises
    ------
    Refused
        If the server or the user refuses, or the server's name is not known.
    Interrupted
        If five attempts in a row brought nothing.
    OSError
        If the part cannot be written.
    """
    import requests

    fruitless, announce = 0, True
    with requests.Session() as session:
        while True:
            before = _size(job.part)
            try:
                return _attempt(job, session, progress, announce=announce)
            except Interrupted as cut:
                came = _size(job.part) > before
                fruitless, announce = (1, False) if came else (fruitless + 1, announce)
                if fruitless >= ATTEMPTS:
                    raise
                wait = 2.0 ** (fruitless - 1)
                progress.say(f"fetching {job.label}: {scrubbed(str(cut), job.url)}; trying again in {wait:g} s")
                time.sleep(wait)


def _attempt(job: Stream, session: requests.Session, progress: Progress, *, announce: bool) -> None:
    import requests

    try:
        with session.get(job.url, headers=_headers(job), stream=True, timeout=TIMEOUT) as answer:
            _receive(job, answer, progress, announce=announce)
    except requests.ConnectionError as error:
        if _is_unknown_name(error):
            raise Refused("the name of the server cannot be resolved; is there a network?") from None
        raise Interrupted(f"no connection ({_reason(error)})") from None
    except requests.Timeout:
        raise Interrupted("no answer in time") from None
    except requests.RequestException as error:
        raise Refused(str(error)) from None


def _headers(job: Stream) -> dict[str, str]:
    """Ask for the bytes as they are and, where a part can be continued, only for the rest of the same version."""
    headers = {"Accept-Encoding": "identity"}
    version = _version_file(job.part)
    start = _size(job.part)
    if start and version.is_file():
        return {**headers, "Range": f"bytes={start}-", "If-Range": version.read_text(encoding="utf-8")}
    if start and job.checked:
        return {**headers, "Range": f"bytes={start}-"}
    return headers


def _receive(job: Stream, answer: requests.Response, progress: Progress, *, announce: bool) -> None:
    if answer.status_code == 416:  # the part is longer than the file: of another version
        discard(job.part)
        raise Interrupted("the server has another version now")
    if answer.status_code in PASSING:
        raise Interrupted(f"the server answers {answer.status_code} {answer.reason}")
    if not answer.ok:
        raise Refused(f"the server answers {answer.status_code} {answer.reason}")
    start = _size(job.part) if answer.status_code == 206 else 0
    if answer.status_code == 206 and not answer.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
        discard(job.part)
        raise Interrupted("the server sent another range than asked for")
    _remember_version(job.part, answer)
    length = answer.headers.get("Content-Length", "")
    total = start + int(length) if length.isdigit() else None
    if announce and total is not None:
        _announce(job, total - start, progress)
    _write(job, answer, progress, start=start, total=total)
    if total is not None and _size(job.part) != total:
        raise Interrupted(f"cut after {_size(job.part):,} of {total:,} bytes")


def _announce(job: Stream, size: int, progress: Progress) -> None:
    """Say how much is coming, and ask first where it is much."""
    shown = f"{size / 1e9:.1f} GB" if size >= LARGE else f"{size / 1e6:.1f} MB"
    progress.say(f"fetching {job.label}: {shown}")
    if size > LARGE and not allowed(progress, f"{job.label} has {shown}; fetch it?"):
        raise Refused("you did not want it")


def _write(job: Stream, answer: requests.Response, progress: Progress, *, start: int, total: int | None) -> None:
    steps = None if total is None else -(-(total - start) // CHUNK)
    with job.part.open("ab" if start else "wb") as out:
        for chunk in progress.track(_chunks(answer), f"fetching {job.label}", total=steps):
            out.write(chunk)


def _chunks(answer: requests.Response) -> Iterator[bytes]:
    """Bytes as they travel, about one chunk at a time."""
    import urllib3

    try:
        yield from answer.raw.stream(CHUNK, decode_content=False)
    except (urllib3.exceptions.HTTPError, ConnectionError, TimeoutError) as error:
        raise Interrupted(f"cut ({_reason(error)})") from None


def _remember_version(part: Path, answer: requests.Response) -> None:
    """Keep what tells versions apart: a strong ETag, or else the date of the last change."""
    tag = answer.headers.get("ETag", "")
    version = tag if tag.startswith('"') else answer.headers.get("Last-Modified", "")
    if version:
        write_atomic(_version_file(part), version)
    else:
        _version_file(part).unlink(missing_ok=True)


def discard(part: Path) -> None:
    """Forget a part and its version."""
    part.unlink(missing_ok=True)
    _version_file(part).unlink(missing_ok=True)


def _version_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.version")


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _is_unknown_name(error: BaseException) -> bool:
    """Whether the server's name could not be looked up, which no waiting mends."""
    from urllib3.exceptions import NameResolutionError

    return any(isinstance(cause, NameResolutionError | socket.gaierror) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Go through an error and all that it was made of."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _reason(error: BaseException) -> str:
    """Name the innermost cause without addresses of objects."""
    while True:
        inner = (
            error.__cause__
            or error.__context__
            or next((cause for cause in error.args if isinstance(cause, BaseException)), None)
        )
        if inner is None or inner is error:
            return str(error).split(": ", 1)[-1].strip("'\") ") or type(error).__name__
        error = inner
