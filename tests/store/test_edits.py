"""Whatever is edited in any file of a results folder is refused with the file's name, and the next run heals it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import polars as pl
import pytest

from tlbench.errors import TlbenchError
from tlbench.pipeline import accept_results, read_report, run_suite
from tlbench.plugins import register_all
from tlbench.store.baseline import read_baseline
from tlbench.store.files import SCHEMA, SEAL, Damaged, read_json, write_json
from tlbench.store.records import published
from tlbench.suite import Suite

PLUGIN = Path(__file__).parents[1] / "execute" / "tiny_plugin.py"
# Outputs for others, what heals without a word, and copies that count only where they agree with the cells.
UNREAD = ("report.", ".lock", "environment.json", "cells.")
Edit = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with a tuned method, a metric of the whole run, and a failed cell."""
    register_all([PLUGIN])
    out = tmp_path_factory.mktemp("whole") / "out"
    run_suite(suite(), out)
    return out


def suite(**changes: object) -> Suite:
    from tlbench.suite import read_request

    chosen = {
        "name": "tiny",
        "scenarios": ["tiny-a->tiny-b"],
        "baselines": ["popularity", "tiny-tuned", "tiny-broken"],
        "methods": ["pooled-item-knn"],
        "metrics": ["ndcg@10", "coverage@10"],
        "k_core": 1,
        "tune": 2,
        "protocol": "k-fold:3",
        **changes,
    }
    return read_request(None, chosen).suite


def edits_of_json(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Edits of a table: each key in turn is dropped, gets another type or another value; and coarser ones."""
    table = json.loads(content)

    def edited(change: Callable[[dict[str, object]], object]) -> bytes:
        copy = json.loads(content)
        change(copy)
        return json.dumps(copy).encode()

    for key in table:
        yield f"without {key}", edited(lambda t, key=key: t.pop(key))
        for other in (None, "text", -1, 0.5, [], {}, True):
            if table[key] != other:
                yield f"{key} = {other!r}", edited(lambda t, key=key, other=other: t.update({key: other}))
        if isinstance(table[key], dict):
            for inner in table[key]:
                yield f"without {key}.{inner}", edited(lambda t, key=key, inner=inner: t[key].pop(inner))
                yield f"{key}.{inner} = 7", edited(lambda t, key=key, inner=inner: t[key].update({inner: 7}))
    yield "an extra key", edited(lambda t: t.update({"extra": 1}))
    yield from {"empty": b"", "nothing": b"{}", "a list": b"[]", "a number": b"3", "binary": b"\xff\0"}.items()
    yield "cut", content[: len(content) // 2]


def edits_of_parquet(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Edits of a table of values that leave it readable, and coarser ones."""
    frame = pl.read_parquet(content)
    number = next(name for name in frame.columns if frame[name].dtype.is_numeric() and frame[name].null_count() == 0)

    def written(table: pl.DataFrame) -> bytes:
        target = BytesIO()
        table.write_parquet(target)
        return target.getvalue()

    yield "tripled values", written(frame.with_columns(pl.col(number) * 3 + 1))
    yield (
        "a value more by the last bit",
        written(
            frame.with_columns(
                pl.Series(number, np.nextafter(frame[number].cast(pl.Float64).fill_null(0).to_numpy(), 9))
            )
        ),
    )
    yield "fewer rows", written(frame.head(max(1, len(frame) - 1)) if len(frame) > 1 else frame.clear())
    yield "no rows", written(frame.clear())
    yield "rows twice", written(pl.concat([frame, frame]))
    yield "a column of text", written(frame.with_columns(pl.col(number).cast(pl.String)))
    yield "a column renamed", written(frame.rename({number: "other"}))
    yield "an extra column", written(frame.with_columns(extra=1))
    yield "without the column", written(frame.drop(number))
    yield "empty", b""
    yield "cut", content[:-9]
    yield "another file", b"PAR1" + bytes(40) + b"PAR1"


def files_of(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.suffix in (".json", ".parquet", ".sha256"))
    return sorted(path for path in found if not path.name.startswith(UNREAD) and "tuning" not in path.parts)


def one_of_each_kind(folder: Path) -> list[Path]:
    """Return the files of the last fold of one method, and those that a folder has once."""
    once = [path for path in files_of(folder) if not any(part.startswith("fold-") for part in path.parts)]
    (last,) = (folder / "tiny-a--tiny-b" / "tiny-tuned").glob("*/fold-3")
    return [*once, *files_of(last)]


def edits_of(path: Path, content: bytes) -> Iterator[tuple[str, bytes]]:
    if path.suffix == ".json":
        yield from edits_of_json(content)
    elif path.suffix == ".parquet":
        yield from edits_of_parquet(content)
    else:
        yield "another sum", b"0" * 64 + content[64:]
        yield "empty", b""


def read_all(folder: Path) -> None:
    assert read_report(folder).evidence


def test_every_edit_of_every_file_is_refused_by_name(
    whole: Path, record_property: Callable[[str, object], None]
) -> None:
    read_all(whole)
    tried = 0
    for path in one_of_each_kind(whole):
        content = path.read_bytes()
        for name, edited in edits_of(path, content):
            path.write_bytes(edited)
            with pytest.raises(TlbenchError) as caught:
                read_all(whole)
            assert path.name.removesuffix(".sha256") in caught.value.message, (path, name)
            assert caught.value.hint, (path, name)
            tried += 1
        path.write_bytes(content)
    read_all(whole)
    assert tried > 300
    record_property("attacks", tried)


def test_run_heals_every_file(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(whole, folder)
    before = {path: path.read_bytes() for path in files_of(folder)}
    unsteady = (".time.json", ".failed.json")
    for path in before:
        path.write_bytes(path.read_bytes()[:-7] + b"damaged")
    run_suite(suite(), folder)
    read_all(folder)
    for path, content in before.items():
        if not path.name.endswith(unsteady):
            assert path.read_bytes() == content, path


def test_one_damaged_cell_is_computed_again_and_no_other(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(whole, folder)
    path = min((folder / "tiny-a--tiny-b" / "popularity").rglob("seed-0.users.parquet"))
    content = path.read_bytes()
    path.write_bytes(dict(edits_of_parquet(content))["tripled values"])
    others = {other: other.stat().st_mtime_ns for other in folder.rglob("seed-*.users.parquet") if other != path}
    run_suite(suite(), folder)
    assert path.read_bytes() == content
    assert others == {other: other.stat().st_mtime_ns for other in others}


def test_cell_copied_over_another_is_refused(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(whole, folder)
    cells = sorted(folder.rglob("seed-0.json"))
    cells[0].write_bytes(cells[1].read_bytes())
    with pytest.raises(Damaged, match="belongs to another cell"):
        read_all(folder)


KINDS = {
    "split.json": "plan",
    "gap.json": "gap",
    "tuning.time.json": "search-time",
    "seed-0.json": "run",
    "seed-0.time.json": "time",
}


def misfits(table: dict[str, object], schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, object]]]:
    """Tables with one field of another type, without one that is needed, or with one more."""
    for key in table:
        yield key, {**table, key: object_of_no_kind(table[key])}
        if key in schema["required"]:
            yield key, {other: value for other, value in table.items() if other != key}
    yield "more", {**table, "more": 1}


@pytest.mark.parametrize("name", KINDS)
def test_record_whose_sum_somebody_made_fit_is_held_to_its_kind(name: str, whole: Path, tmp_path: Path) -> None:
    """A seal is no signature: what has the right sum and the wrong fields is refused, as the published schema does."""
    folder = tmp_path / "out"
    shutil.copytree(whole, folder)
    path = next(path for path in one_of_each_kind(folder) if path.name == name)
    schema = published(KINDS[name])
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(json.loads(path.read_bytes()))
    table = {key: value for key, value in json.loads(path.read_bytes()).items() if key not in ("schema", SEAL)}
    for key, edited in misfits(table, schema):
        write_json(path, edited)
        assert not validator.is_valid(json.loads(path.read_bytes())), key
        with pytest.raises(Damaged, match=re.escape(path.name)) as caught:
            read_all(folder)
        assert f"`{key}" in caught.value.message


def object_of_no_kind(value: object) -> object:
    """Return what is of another JSON type than a value, and not null, which some fields may be."""
    return [[0.5]] if isinstance(value, dict | str | int | float) or value is None else {"a": [0.5]}


def test_baseline_without_a_sum_of_its_table_is_refused(whole: Path, tmp_path: Path) -> None:
    run_suite(suite(baselines=["popularity"], tune=0), tmp_path / "out")
    accept_results(tmp_path / "out", tmp_path / "baseline")
    path = tmp_path / "baseline" / "baseline.json"
    table = json.loads(path.read_text())
    for sums in ({}, {"other.parquet": "0" * 64}, None):
        edited = {**table, "sums": sums}
        if sums is None:
            del edited["sums"]
        path.write_text(json.dumps({key: value for key, value in edited.items() if key != "sha256"}))
        with pytest.raises(Damaged, match="sum") as caught:
            read_baseline(tmp_path / "baseline")
        assert "--update" in caught.value.hint


def test_edited_values_of_a_baseline_are_refused(whole: Path, tmp_path: Path) -> None:
    run_suite(suite(baselines=["popularity"], tune=0), tmp_path / "out")
    accept_results(tmp_path / "out", tmp_path / "baseline")
    assert read_baseline(tmp_path / "baseline").runs
    for path in (tmp_path / "baseline").glob("*.parquet"):
        content = path.read_bytes()
        for name, edited in edits_of_parquet(content):
            path.write_bytes(edited)
            with pytest.raises(TlbenchError, match=path.name):
                read_baseline(tmp_path / "baseline")
            assert name
        path.write_bytes(content)


def test_seal_survives_what_json_changes(tmp_path: Path) -> None:
    table = {"tuple": (1, 2), "number": 0.1 + 0.2, "large": 1e300, "text": "naïve \u2028", "none": None, "1": {"2": []}}
    write_json(tmp_path / "x.json", table)
    assert read_json(tmp_path / "x.json") == {"schema": SCHEMA, **table, "tuple": [1, 2]}
