"""An option is defined once: the command line, suite files and defaults agree because they read the same definition."""

from dataclasses import MISSING, dataclass, fields

import pytest
from typer.testing import CliRunner

from tlbench.cli.app import app
from tlbench.cli.from_options import with_options
from tlbench.suite import Settings, Suite, suite_from_table
from tlbench.suite.kinds import COUNT, TEXT
from tlbench.suite.option import option, options_of
from tlbench.values import Margin, Metric

OPTIONS = [(part, definition) for definition in (Suite, Settings) for part in options_of(definition)]


@pytest.mark.parametrize(("part", "definition"), OPTIONS, ids=lambda value: getattr(value, "name", ""))
def test_every_option_is_on_the_command_line_with_its_text(part, definition):
    shown = CliRunner().invoke(app, ["run", "--help"], terminal_width=400).stdout
    flags = [flag.split("/")[0] for flag in part.flags if flag.startswith("-")] or [f"--{part.name.replace('_', '-')}"]
    if part.name != "scenarios":
        assert all(flag in shown for flag in flags)
        assert part.text in shown


@pytest.mark.parametrize(("part", "definition"), OPTIONS, ids=lambda value: getattr(value, "name", ""))
def test_every_default_is_a_value_that_the_option_takes(part, definition):
    default = next(field.default for field in fields(definition) if field.name == part.name)
    if default is not MISSING and default is not None:
        assert part.kind.takes(default)


def test_a_suite_of_a_program_has_the_values_of_one_of_a_file():
    table = {"schema": 1, "name": "s", "scenarios": ["a->b"], "metrics": ["auc", "mrr@5"], "margin": 0.02}
    table["protocol"] = "k-fold:4"
    read = suite_from_table(table, origin="s.toml")
    made = Suite("s", read.scenarios, metrics=("auc", "mrr@5"), margin=0.02, protocol="k-fold:4")
    assert made == read
    assert [(metric.name, metric.k) for metric in made.metrics] == [("auc", None), ("mrr", 5)]
    assert made.protocol.rule.folds == (1, 2, 3, 4)
    assert suite_from_table(made.as_table(), origin="s.toml") == made
    assert isinstance(made.primary, Metric)
    assert isinstance(made.margin, Margin)
    assert type(made.as_table()["margin"]) is float


def test_a_field_alone_makes_an_option():
    @dataclass(frozen=True)
    class Small:
        depth: int = option(3, COUNT, "How deep")
        label: str | None = option(None, TEXT, "What it is called", "nothing")

    (depth, label) = options_of(Small)
    assert depth.text == "How deep. Default: 3."
    assert label.text == "What it is called. Default: nothing."
    assert Small() == Small(depth=3, label=None)


def test_a_command_gets_only_what_was_said():
    heard = []

    @with_options(("seeds", "metrics", "margin", "offline"))
    def command(*, given):
        heard.append(given)

    command(seeds=2, metrics="ndcg@10, auc", margin="2%", offline=None)
    assert heard == [{"seeds": 2, "metrics": ("ndcg@10", "auc"), "margin": 0.02}]
