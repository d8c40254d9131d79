"""Whatever bytes a file holds: a correct load, or an error with the file and the line; no traceback, no silent loss."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlbench.data.assemble import Origin, assemble
from tlbench.data.entry import CatalogueEntry
from tlbench.data.interactions import Interactions, Provenance
from tlbench.data.own.sniffing import sniff
from tlbench.data.parsers import blocks
from tlbench.data.parsers.formats import FORMATS
from tlbench.errors import TlbenchError

ROWS = [(f"A{k % 7:013d}", f"B{k:09d}", float(k % 5 + 1), 1_300_000_000 + k) for k in range(40)]


def lines(pattern: str, header: str = "") -> bytes:
    body = "".join(pattern.format(u=u, i=i, r=r, s=int(r), t=t) + "\n" for u, i, r, t in ROWS)
    return ((header + "\n") if header else "").encode() + body.encode()


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"ml/{name.replace('__', '.')}", content)
    return out.getvalue()


def reviews() -> bytes:
    keys = ("reviewerID", "asin", "overall", "unixReviewTime")
    return b"".join(json.dumps(dict(zip(keys, row, strict=True))).encode() + b"\n" for row in ROWS)


Pack = Callable[[bytes], bytes]
TEXTS: dict[str, tuple[bytes, Pack]] = {
    "amazon-csv-2014": (lines("{u},{i},{r},{t}"), bytes),
    "amazon-csv-2018": (lines("{i},{u},{r},{t}"), gzip.compress),
    "amazon-csv-2023": (lines("{u},{i},{r},{t}000", "user_id,parent_asin,rating,timestamp"), bytes),
    "amazon-reviews": (reviews(), gzip.compress),
    "csv": (lines("{r},{u},{t},{i}", "stars,who,when,what"), bytes),
    "movielens-dat": (lines("{u}::{i}::{s}::{t}"), lambda text: zipped(ratings__dat=text, movies__dat=b"")),
    "movielens-udata": (
        lines("{u}\t{i}\t{s}\t{t}"),
        lambda text: zipped(u__data=text, u__item=b"", u__genre=b""),
    ),
    "movielens-csv": (
        lines("{u},{i},{r},{t}", "userId,movieId,rating,timestamp"),
        lambda text: zipped(ratings__csv=text, movies__csv=b"movieId,title,genres\n"),
    ),
}


def entry(form: str) -> CatalogueEntry:
    columns = {"user": "who", "item": "what", "rating": "stars", "timestamp": "when"} if form == "csv" else {}
    return CatalogueEntry(name="toy", format=form, user_ids="toy", item_ids="toy", columns=columns)


def read(path: Path, form: str, *, lenient: bool = False) -> Interactions:
    raw = FORMATS[form].read(path, entry(form), lenient)
    origin = Origin("toy", "toy", "toy", FORMATS[form].scales, Provenance("", "", ""))
    return assemble(raw, origin, lenient=lenient)


def rows(data: Interactions) -> list[tuple[str, str, float, int]]:
    assert data.rating is not None
    assert data.timestamp is not None
    columns = (
        data.users.gather(data.user),
        data.items.gather(data.item),
        data.rating.tolist(),
        data.timestamp.tolist(),
    )
    return list(zip(*columns, strict=True))


def keeps_its_promises(data: Interactions) -> None:
    assert len(data) > 0
    assert data.user.max() < data.n_users
    assert data.item.max() < data.n_items
    if data.rating is not None:
        assert np.isfinite(data.rating).all()
    pair = data.user.astype(np.int64) * data.n_items + data.item
    assert len(np.unique(pair)) == len(pair)


def attempt(path: Path, form: str) -> Interactions | TlbenchError:
    """Load, or return the error that a user would see; any other exception is a bug and passes."""
    try:
        return read(path, form)
    except TlbenchError as error:
        return error


@pytest.mark.parametrize("form", TEXTS)
def test_untouched_file_loads_as_it_stands(form: str, tmp_path: Path) -> None:
    text, pack = TEXTS[form]
    path = tmp_path / "x.txt"
    path.write_bytes(pack(text))
    assert rows(read(path, form)) == ROWS


@pytest.mark.parametrize("form", TEXTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_bytes_load_or_are_named(form: str, tmp_path: Path, data: st.DataObject) -> None:
    text, pack = TEXTS[form]
    packed = data.draw(st.booleans(), label="mutate the packed file")
    content = bytearray(pack(text) if packed else text)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        act = data.draw(st.sampled_from(["replace", "insert", "delete", "cut", "repeat"]))
        if act == "replace":
            content[place] = data.draw(st.integers(0, 255))
        elif act == "insert":
            content[place:place] = data.draw(st.binary(min_size=1, max_size=8))
        elif act == "delete":
            del content[place : place + data.draw(st.integers(1, 8))]
        elif act == "cut":
            del content[place:]
        else:
            content[place:place] = content[place : place + 60]
        if not content:
            content = bytearray(b"\n")
    path = tmp_path / "x.txt"
    path.write_bytes(bytes(content) if packed else pack(bytes(content)))
    found = attempt(path, form)
    if isinstance(found, TlbenchError):
        assert found.hint
        assert re.search(r"`[^`]+\.(txt|dat|data|csv|item|genre)`", found.message), found.message
    else:
        keeps_its_promises(found)


@pytest.mark.parametrize("form", ["amazon-csv-2014", "movielens-dat", "movielens-udata", "amazon-reviews"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_line_is_lost_in_silence(form: str, tmp_path: Path, data: st.DataObject) -> None:
    text, pack = TEXTS[form]
    parts = text.splitlines()
    strange = st.binary(min_size=1, max_size=20).filter(lambda line: b"\n" not in line and line.strip() != b"")
    where = data.draw(st.integers(0, len(parts)))
    parts.insert(where, data.draw(strange))
    path = tmp_path / "x.txt"
    path.write_bytes(pack(b"\n".join(parts) + b"\n"))
    found = attempt(path, form)
    if isinstance(found, Interactions):  # the strange line happened to be a whole one
        assert len(found) > len(ROWS)
    elif "cannot be read" in found.message:
        assert f"line {where + 1} (" in found.message
        assert rows(read(path, form, lenient=True)) == ROWS


CLEAN_EDITS: dict[str, Callable[[bytes], bytes]] = {
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text,
    "carriage returns": lambda text: text.replace(b"\n", b"\r\n"),
    "no last line end": lambda text: text.rstrip(b"\n"),
    "empty lines": lambda text: text.replace(b"\n", b"\n\n"),
    "empty lines with carriage returns": lambda text: text.replace(b"\n", b"\r\n\r\n"),
}


@pytest.mark.parametrize("edit", CLEAN_EDITS)
@pytest.mark.parametrize("form", TEXTS)
def test_harmless_edit_changes_nothing(form: str, edit: str, tmp_path: Path) -> None:
    text, pack = TEXTS[form]
    path = tmp_path / "x.txt"
    path.write_bytes(pack(CLEAN_EDITS[edit](text)))
    assert rows(read(path, form)) == ROWS


BAD_LINES = {
    "NUL in a rating": b"A1,B1,5\x00,1",
    "Latin-1": "A1,Bé,5.0,1".encode("latin-1"),
    "broken UTF-8": b"A1,B\xc3(,5.0,1",
    "a quote": b'A1,"B1,5.0,1300000041',
    "a huge field": b"A1," + b"B" * 3_000_000 + b",5.0,1,extra",
    "an absurd time": b"A1,B1,5.0,99999999999999999999999",
    "a date": b"A1,B1,5.0,2014-01-01",
    "no fields": b"nothing",
    "swapped columns": b"5.0,A1,B1,1",
}


@pytest.mark.parametrize("bad", BAD_LINES)
def test_bad_line_is_named_or_kept_whole(bad: str, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    text = TEXTS["amazon-csv-2014"][0]
    path.write_bytes(text + BAD_LINES[bad] + b"\n")
    found = attempt(path, "amazon-csv-2014")
    if bad == "a quote":  # Amazon's files quote nothing, so it is part of the id
        assert isinstance(found, Interactions)
        assert rows(found) == [*ROWS, ("A1", '"B1', 5.0, 1300000041)]
    else:
        assert isinstance(found, TlbenchError)
        assert "line 41 (" in found.message
        assert rows(read(path, "amazon-csv-2014", lenient=True)) == ROWS


@pytest.mark.parametrize("moment", [-1, -(2**63), -(2**62), 0, 2**62, 2**63 - 1])
def test_absurd_but_whole_moments_are_refused_or_dropped(moment: int, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(TEXTS["amazon-csv-2014"][0] + b"A1,B1,5.0,%d\n" % moment)
    with pytest.raises(TlbenchError, match=rf"outside 1990-01-01 to .*: line 41 \({moment} s\)"):
        read(path, "amazon-csv-2014")
    assert rows(read(path, "amazon-csv-2014", lenient=True)) == ROWS


def test_line_with_an_open_quote_is_named_and_closed_quotes_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b'stars,who,when,what\n5,"A,1",1300000001,B1\n4,A2,"2,B2\n3,A3,1300000003,"B ""3"""\n')
    with pytest.raises(TlbenchError, match=r"line 3 \("):
        read(path, "csv")
    assert rows(read(path, "csv", lenient=True)) == [("A,1", "B1", 5.0, 1300000001), ("A3", 'B "3"', 3.0, 1300000003)]


def test_header_with_a_name_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"who,who,what,stars,when\na,b,c,5,1\n")
    with pytest.raises(TlbenchError, match="two columns `who`"):
        read(path, "csv")


@pytest.mark.parametrize("size", [7, 64, 1000])
@pytest.mark.parametrize("form", TEXTS)
def test_size_of_blocks_changes_nothing(form: str, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_read", lambda file, _: file.read(size))
    text, pack = TEXTS[form]
    path = tmp_path / "x.txt"
    path.write_bytes(pack(text.replace(b"\n", b"\r\n")))
    assert rows(read(path, form)) == ROWS


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=300), st.text(alphabet='ab1,;\t|\n\r"{} ', max_size=300).map(str.encode)))
def test_layout_of_any_bytes_is_guessed_or_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(content)
    try:
        guess = sniff(path)
    except TlbenchError as error:
        guess = None
        hint = error.hint
    assert hint if guess is None else {"user", "item"} <= set(guess.columns)
