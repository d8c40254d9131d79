"""Everything that is wrong with a suite file is told at once, each with its line and key."""

import inspect

import pytest

from tlbench.cli.run import run
from tlbench.plugins import register_all
from tlbench.suite import read_request, suite_from_file
from tlbench.suite.checks import OPTIONS
from tlbench.suite.lines import lines_of_keys, nearest_line
from tlbench.suite.problems import SuiteError

WRONG = """\
# nine things are wrong here
schema = 1
scenarios = [
  "demo-movies->demo-books",
  "demo-movies->demo-bookz",  # unknown target
  "demo-books",
]
sedes = 3
seeds = 0
metrics = ["ndcg@10", "ndgc@5"]
methods = [
  "pooled-ease", "poled-ease",
]
placebo = "yes"
margin = 2

[parameters.ease]
l2 = 100
l3 = 1
"""


@pytest.fixture(autouse=True)
def _registered():
    register_all()


def test_all_errors_come_at_once_with_line_and_key(tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text(WRONG)
    with pytest.raises(SuiteError) as caught:
        read_request(path, {})
    lines = str(caught.value).splitlines()
    assert lines[0] == f"`{path}` has 9 errors"
    found = [line.strip().partition(":")[0] for line in lines[1:]]
    assert found == [
        "line 5, `scenarios[2]`",
        "line 6, `scenarios[3]`",
        "line 8, `sedes`",
        "line 9, `seeds`",
        "line 10, `metrics[2]`",
        "line 12, `methods[2]`",
        "line 14, `placebo`",
        "line 15, `margin`",
        "line 19, `parameters.ease.l3`",
    ]
    assert "did you mean `demo-books`?" in lines[1]
    assert "did you mean `pooled-ease`?" in lines[6]


def test_what_the_command_line_says_wins_and_its_errors_are_its_own(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text('schema = 1\nscenarios = ["demo-movies->demo-books"]\nseeds = 3\n')
    assert read_request(path, {"seeds": 5}).suite.seeds == 5
    with pytest.raises(SuiteError, match=r"^`seeds` is 0$"):
        read_request(path, {"seeds": 0})


def test_paths_in_a_suite_file_start_at_its_folder(tmp_path):
    path = tmp_path / "deep" / "s.toml"
    path.parent.mkdir()
    (path.parent / "c.toml").write_text("")
    path.write_text('schema = 1\nscenarios = ["demo-movies->demo-books"]\njobs = 3\nplugins = ["p.py"]\n')
    settings = read_request(path, {}).settings
    assert (settings.jobs, settings.plugins) == (3, (path.parent / "p.py",))


OTHER_NAMES = {"parameter": "parameters", "plugin": "plugins"}
DEEDS = {"suite", "preset", "scenarios", "dry_run", "retry_failed", "until_decided"}


def test_everything_on_the_command_line_can_be_in_a_suite_and_the_other_way_round():
    options = {OTHER_NAMES.get(name, name) for name in inspect.signature(run).parameters} - DEEDS
    assert options == OPTIONS.keys() - DEEDS


def test_every_suite_of_the_repository_is_fine():
    from pathlib import Path

    folder = Path(__file__).parents[2] / "tlbench" / "shipped" / "suites"
    suites = [suite_from_file(path) for path in folder.glob("*.toml")]
    assert len(suites) >= 2


TOML = '''\
a = 1
"b c" = [  # comment, with ] in it
  "x, y", 3,
  # more
  { z = [1,
    2] },
  [4, 5],
]
d.e = """
a = 3
"""
[t."u v"]
a = 'it'
[[list]]
k = true
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("a",), 1),
        (("b c",), 2),
        (("b c", 0), 3),
        (("b c", 1), 3),
        (("b c", 2), 5),
        (("b c", 3), 7),
        (("d", "e"), 9),
        (("t", "u v"), 12),
        (("t", "u v", "a"), 13),
        (("list", "k"), 15),
    ],
)
def test_keys_and_elements_are_found_on_their_lines(key, line):
    assert lines_of_keys(TOML)[key] == line


def test_an_unknown_place_has_the_line_of_what_is_around_it():
    lines = lines_of_keys(TOML)
    assert nearest_line(lines, ("t", "u v", "missing")) == 12
    assert nearest_line(lines, ("nothing",)) is None


def test_tuning_without_what_proposes_trials_is_refused_with_the_command_that_brings_it(monkeypatch):
    monkeypatch.setattr("tlbench.suite.names.find_spec", lambda name: None)
    chosen = {"scenarios": ["demo-movies->demo-books"], "tune": 3}
    with pytest.raises(SuiteError, match="tuning needs Optuna") as caught:
        read_request(None, chosen)
    assert "tlbench[tune]" in str(caught.value.hint)
    assert read_request(None, {**chosen, "tune": 0}).suite.tune == 0
