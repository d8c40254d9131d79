"""Files of twelve imaginary exporters load right on the first command, without any option."""

from pathlib import Path

import numpy as np
import pytest
from exporters import EXPORTERS, Exporter, N, events
from typer.testing import CliRunner

from tlbench.cli.app import app
from tlbench.data import load


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TLBENCH_CATALOGUE", raising=False)


def as_rows(name: str) -> list[tuple[object, ...]]:
    data = load(name)
    users, items = data.users.to_list(), data.items.to_list()
    columns = [data.user, data.item, data.timestamp, data.rating]
    rows = zip(*(c if c is not None else [None] * len(data) for c in columns), strict=True)
    return [(users[u], items[i], int(at), None if r is None else float(r)) for u, i, at, r in rows]


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda exporter: exporter.write.__name__)
def test_every_exporter_loads_right_on_the_first_command(tmp_path: Path, exporter: Exporter) -> None:
    path = tmp_path / exporter.file
    exporter.write(path)
    done = CliRunner().invoke(app, ["data", "import", str(path)])
    assert done.exit_code == 0, done.output
    assert f"{N:,} interactions" in done.stdout

    assert exporter.notice is None or exporter.notice in done.stderr, done.stderr
    wanted = [(e.user, e.item, int(e.at.timestamp()), e.rating if exporter.rated else None) for e in events()]
    assert as_rows(done.stdout.split(":")[0]) == wanted


def test_the_events_hold_what_makes_them_hard() -> None:
    found = list(events())
    assert len(found) == N
    assert len({(e.user, e.item) for e in found}) == N
    assert {e.rating % 1 for e in found} == {0.0, 0.5}
    assert np.unique([e.at.month for e in found]).size > 1
    assert any(e.at.day > 12 for e in found)
