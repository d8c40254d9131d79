"""The page of all verdicts and the README's table of profiles are made of the committed results."""

import importlib.util
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def script():
    spec = importlib.util.spec_from_file_location("leaderboard", ROOT / "docs" / "leaderboard.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["leaderboard"] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_committed_results_say():
    assert (ROOT / "docs" / "leaderboard.md").read_text(encoding="utf-8") == script().page(ROOT / "results")


def test_the_readme_has_the_table_of_the_committed_profiles():
    made = script()
    start, end = made.MARKS
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"{start}{made.profile_table(made.profiles(ROOT / 'results'))}{end}" in text


def test_a_profile_stands_in_the_table_with_its_sentence(tmp_path):
    made = script()
    (tmp_path / "few-shot").mkdir()
    profile = {"scenario": "a->b", "users": 1234, "says": ["emcdr pays for users with fewer than 7 [5, 11]"]}
    (tmp_path / "few-shot" / "profile.json").write_text(json.dumps({"profiles": [profile]}), encoding="utf-8")
    table = made.profile_table(made.profiles(tmp_path))
    assert "| a->b | 1,234 | emcdr pays for users with fewer than 7 [5, 11] |" in table
    assert made.put(f"before{''.join(made.MARKS)}after", "new\n") == f"before{made.MARKS[0]}new\n{made.MARKS[1]}after"
