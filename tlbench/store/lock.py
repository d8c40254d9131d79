"""One run per folder: a lock that the system lifts when its owner dies, with the owner's name beside it."""

from __future__ import annotations

import errno
import getpass
import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tlbench.errors import TlbenchError
from tlbench.io.atomic import is_local, write_atomic
from tlbench.io.lock import Busy, exclusive

LOCK, OWNER = ".lock", ".owner.json"


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Keep other runs out of a results folder of this machine; an address elsewhere cannot be locked.

    Raises
    ------
    TlbenchError
        If another process has the lock (named with its owner), or the folder cannot be written.
    """
    if not is_local(root):
        yield
        return
    with _taken(root):
        try:
            yield
        finally:
            with suppress(OSError):
                (root / OWNER).unlink(missing_ok=True)


@contextmanager
def _taken(root: Path) -> Iterator[None]:
    lock = exclusive(root / LOCK)
    try:
        lock.__enter__()
        write_atomic(root / OWNER, json.dumps(_owner()))
    except Busy:
        raise _in_use(root) from None
    except OSError as error:
        lock.__exit__(None, None, None)
        raise _unwritable(root, error) from error
    try:
        yield
    finally:
        lock.__exit__(None, None, None)


def _owner() -> dict[str, Any]:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return {"process": os.getpid(), "user": user, "host": platform.node(), "command": command}


def _in_use(root: Path) -> TlbenchError:
    try:
        owner = json.loads((root / OWNER).read_text(encoding="utf-8"))
        who = f"process {owner['process']} of {owner['user']} on {owner['host']} (`{owner['command']}`)"
    except (OSError, ValueError, KeyError, TypeError):
        who = "another process"
    return TlbenchError(
        f"`{root}` is in use by {who}", hint="wait until it ends, or choose another folder with `--out`"
    )


def _unwritable(root: Path, error: OSError) -> TlbenchError:
    room = "make room, or " if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
    return TlbenchError(
        f"cannot write into `{root}`: {error.strerror or error}", hint=f"{room}choose another folder with `--out`"
    )
