"""The verbose report and the way down to one user."""

import re

import pytest
from typer.testing import CliRunner

from tlbench.cli.app import app
from tlbench.pipeline import read_report

SCENARIO = "demo-movies->demo-books"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_results, values):
    table = {
        "ease": values(spread=0),
        "pooled-ease": values(0.02, key="p"),
        "pooled-ease~shuffled-bridge": values(0.0, seeds=3, key="b"),
    }
    return make_results(tmp_path_factory.mktemp("details") / "made", {SCENARIO: table})


def printed(*arguments):
    done = CliRunner().invoke(app, ["report", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_verbose_adds_comparisons_users_and_segments(folder):
    text = printed(folder, "--verbose")
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"counterpart +ease +\+10", text)
    assert re.search(r"placebo +shuffled-bridge", text)
    assert re.search(r"users +worse \d+ % [ ▁▂▃▄▅▆▇█]{12}\|[ ▁▂▃▄▅▆▇█]{12} better \d+ %", text)
    assert "target interactions" in text


def test_the_histogram_agrees_with_the_values(folder, values):
    difference = (values(0.02, key="p") - values(spread=0))[:, 0]
    (one,) = read_report(folder).evidence.scenarios[0].methods
    for part in one.bins:
        inside = (difference > part.low) & (difference <= part.high)
        if part.low < part.high and part.low > -abs(difference).max():
            assert part.users == inside.sum()
    best = max(range(len(difference)), key=lambda i: difference[i])
    assert one.gaining[0].user == f"u{best}"
    assert one.gaining[0].difference == pytest.approx(difference[best])


def test_a_user_can_be_traced_through_all_methods(folder, values):
    text = printed(folder, "--user", "u7")
    assert f"{values(0.02, key='p')[7, 0]:.4f}" in text
    assert f"{values(0.0, seeds=3, key='b')[7].mean():.4f}" in text
    assert "target interactions 0" in text


def test_an_unknown_user_is_named(folder):
    done = CliRunner().invoke(app, ["report", str(folder), "--user", "nobody"])
    assert done.exit_code == 2
    assert "`nobody`" in done.stderr


def test_junit_of_findings_fits_the_schema(folder, junit_schema):
    xmlschema = pytest.importorskip("xmlschema")
    xmlschema.XMLSchema(str(junit_schema)).validate(printed(folder, "--format", "junit"))
