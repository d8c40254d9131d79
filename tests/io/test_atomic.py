"""A file is whole or what it was before, whichever call of the system fails."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tlbench.errors import TlbenchError
from tlbench.io import atomic
from tlbench.io.atomic import beside, sweep, write_atomic, write_whole

CALLS = ("open", "write", "fsync", "replace", "mkdir")


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("call", CALLS)
def test_failing_call_leaves_what_was_there(
    call: str, reason: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "folder" / "x.json"
    if call != "mkdir":
        write_atomic(path, "before")

    def fail(*_: object, **__: object) -> None:
        raise OSError(reason, os.strerror(reason))

    if call == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    elif call == "write":
        real = atomic._write_through

        def half(part: Path, content: bytes) -> None:
            real(part, content[:2])
            fail()

        monkeypatch.setattr(atomic, "_write_through", half)
    else:
        monkeypatch.setattr(Path, call, fail)
    with pytest.raises(TlbenchError) as caught:
        write_whole(path, "after")
    monkeypatch.undo()
    assert caught.value.hint
    assert str(path) in caught.value.message
    left = sorted(file.name for file in tmp_path.rglob("*") if file.is_file())
    assert left == ([] if call == "mkdir" else ["x.json"])
    if call != "mkdir":
        assert path.read_text() == "before"


def test_interrupt_in_the_middle_leaves_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic, "_move", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "x", "content")
    assert list(tmp_path.iterdir()) == []


def test_text_keeps_its_line_ends(tmp_path: Path) -> None:
    write_atomic(tmp_path / "x", "a\r\nb\n")
    assert (tmp_path / "x").read_bytes() == b"a\r\nb\n"


def test_two_writers_never_share_a_name_beside(tmp_path: Path) -> None:
    names = {beside(tmp_path / "x").name for _ in range(100)}
    assert len(names) == 100


def test_files_of_others_that_end_alike_survive_a_sweep(tmp_path: Path) -> None:
    for name in ("notes.part", "x.json.part", ".x.abc-1-2.part"):
        (tmp_path / name).write_text("mine")
    sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
