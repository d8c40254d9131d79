"""One run a folder: a lock that the system lifts when its owner dies, with the owner's name in it."""

from __future__ import annotations

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
from tlbench.store.place import is_local

NAME = ".lock"


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Keep other runs out of a results folder of this machine; an address elsewhere cannot be locked.

    Raises
    ------
    TlbenchError
        Where another process has the lock (named with its owner), or the folder cannot be written.
    """
    if not is_local(root):
        yield
        return
    path = root / NAME
    descriptor = _take(path)
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps(_owner()).encode())
        yield
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)  # while it is locked: who waits for this file would lock a file without name
        os.close(descriptor)


def _take(path: Path) -> int:
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise TlbenchError(
                f"cannot write into `{path.parent}`: {error.strerror}", hint="choose another folder with `--out`"
            ) from error
        if not _lock(descriptor):
            os.close(descriptor)
            raise _in_use(path)
        if path.exists() and path.stat().st_ino == os.fstat(descriptor).st_ino:
            return descriptor
        os.close(descriptor)  # its owner removed it between our opening and our locking


def _lock(descriptor: int) -> bool:
    """Lock the file for this process alone, without waiting; the lock ends with the process, however it dies."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, 2**20, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _owner() -> dict[str, Any]:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return {"process": os.getpid(), "user": user, "host": platform.node(), "command": command}


def _in_use(path: Path) -> TlbenchError:
    try:
        owner = json.loads(path.read_text(encoding="utf-8"))
        who = f"process {owner['process']} of {owner['user']} on {owner['host']} (`{owner['command']}`)"
    except (OSError, ValueError, KeyError, TypeError):
        who = "another process"
    return TlbenchError(
        f"`{path.parent}` is in use by {who}", hint="wait until it ends, or choose another folder with `--out`"
    )
