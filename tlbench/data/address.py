"""Addresses on the network: checked, shown without what they keep secret, and turned into paths that stay inside."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from tlbench.io.sums import sha256_of

SCHEMES = ("http", "https", "file")
HIDDEN = "***"
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f]*:[0-9a-f:.]+", re.IGNORECASE)


def check_url(text: object) -> str:
    """Return an address that can be fetched, or raise `ValueError` with what is wrong with it, secrets left out."""
    if not isinstance(text, str) or urlsplit(text).scheme.lower() not in SCHEMES or "://" not in text:
        raise ValueError(f"must be an address that begins with https://, is {text!r}")
    parts = urlsplit(text)
    try:
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(f"must be an address with a host and a port, {error}") from None
    if parts.scheme.lower() != "file" and (not _HOST.fullmatch(host) or ".." in host):
        raise ValueError(f"must be an address with the name of a host, is {public(text)!r}")
    return text


def public(url: str) -> str:
    """Return an address without user, password, query and fragment: what may stand in a message or in results."""
    parts = urlsplit(url)
    if not parts.netloc and not parts.query:
        return url
    query = f"?{HIDDEN}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{query}"


def scrubbed(text: str, url: str) -> str:
    """Remove what an address keeps secret from a text that others wrote, such as an error of the network library."""
    parts = urlsplit(url)
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    values = [pair.partition("=")[2] for pair in parts.query.split("&")]
    for secret in sorted({parts.query, user, password, *values}, key=len, reverse=True):
        if secret:
            text = text.replace(secret, HIDDEN).replace(unquote(secret), HIDDEN)
    return text


def place_of(url: str) -> PurePosixPath:
    """Name a relative path for what an address gives, ``<host>/<path>``, the same for the same address.

    No part of it leads upwards, names a drive or holds a secret; addresses that differ in their query differ in the
    end of the name.
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].replace(":", "_").lstrip(".") or "_"
    steps = [step for step in re.split(r"[/\\:]", unquote(parts.path)) if step not in ("", ".", "..")]
    host = re.sub(r"[^A-Za-z0-9._\-\[\]]", "_", host)
    steps = [step.replace("\0", "_") for step in steps] or ["index"]
    if parts.query:
        stem, dot, ending = steps[-1].partition(".")
        steps[-1] = f"{stem}-{sha256_of(parts.query)[:8]}{dot}{ending}"
    return PurePosixPath(host, *steps)
