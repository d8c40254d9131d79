"""Whatever a plug-in raises fails its cell or its import; it never ends the program with the exit code of success."""

from pathlib import Path

import pytest

from tlbench.errors import TlbenchError
from tlbench.pipeline import run_suite
from tlbench.plugins import register_file

HOSTILE = Path(__file__).with_name("hostile_plugin.py")
REASONS = {
    "exits-fine": "it called sys.exit(0)",
    "exits-badly": "it called sys.exit('no')",
    "raises-odd": "Odd: strange",
    "stops-iteration": "StopIteration: ",
    "recurses": "RecursionError: maximum recursion depth exceeded",
}


@pytest.mark.parametrize("tune", [0, 2])
def test_method_that_raises_anything_fails_its_own_cell(tmp_path, tiny_suite, tune):
    register_file(HOSTILE)
    suite = tiny_suite(baselines=("popularity", *REASONS), methods=(), tune=tune)
    findings = run_suite(suite, tmp_path / "out")
    (scenario,) = findings.scenarios
    failed = {label.partition(" seed")[0]: reason for label, reason in scenario.failed.items()}
    assert set(failed) == set(REASONS)
    for name, reason in REASONS.items():
        assert failed[name].startswith(reason)
    assert scenario.failed
    assert "popularity" not in failed


@pytest.mark.parametrize("line", ["import sys; sys.exit(0)", "raise SystemExit", "raise BaseException('x')", "1 / 0"])
def test_import_that_raises_anything_is_an_error_with_the_file(tmp_path, line):
    path = tmp_path / "bad_plugin.py"
    path.write_text(line)
    with pytest.raises(TlbenchError, match=r"bad_plugin\.py` failed: ") as caught:
        register_file(path)
    assert caught.value.hint


def test_interrupt_during_an_import_stays_one(tmp_path):
    path = tmp_path / "slow_plugin.py"
    path.write_text("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        register_file(path)


def test_gate_over_methods_that_exit_does_not_open(tmp_path, command):
    """`sys.exit(0)` in a fit, or at import, once ended `check` in silence with exit code 0."""
    suite = tmp_path / "suites" / "s.toml"
    suite.parent.mkdir()
    suite.write_text(
        'schema = 1\nname = "s"\nscenarios = ["demo-movies->demo-books"]\nprotocol = "ratio"\n'
        'baselines = ["exits-fine"]\nmethods = ["pooled-item-knn"]\n'
    )
    process = command("check", str(suite), "--update", "--plugin", str(HOSTILE), "--quiet")
    _, stderr = process.communicate(timeout=120)
    assert process.returncode not in (0, None), stderr
    leaving = tmp_path / "leaving.py"
    leaving.write_text("import sys; sys.exit(0)")
    process = command("check", str(suite), "--plugin", str(leaving))
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "it called sys.exit(0)" in stderr
