"""A suite is checked before anything runs, and comes back from a file as it was."""

import pytest
import tomli_w

from tlbench.errors import TlbenchError
from tlbench.plugins import register_all
from tlbench.scenario.grammar import parse_scenario
from tlbench.suite import Suite, suite_from_file, suite_from_table, validated

TABLE = {"schema": 1, "name": "s", "scenarios": ["a->b", "c+d->b"]}


@pytest.fixture(autouse=True)
def _registered():
    register_all()


def test_a_suite_comes_back_from_a_file_as_it_was(tmp_path):
    suite = validated(
        Suite(
            name="everything",
            scenarios=(parse_scenario("a+c@1/d->b"),),
            methods=("pooled-ease",),
            baselines=("popularity", "ials"),
            metrics=("mrr@5", "ndcg@10"),
            seeds=4,
            placebo=True,
            protocol="ratio",
            k_core=2,
            min_rating=3.5,
            split_seed=7,
            margin=0.02,
            alpha=0.01,
            correction="hochberg",
            parameters={"ease": {"l2": 3.0}, "ials": {"factors": 8, "exponent": 0.5}},
        )
    )
    path = tmp_path / "suite.toml"
    path.write_text(tomli_w.dumps(suite.as_table()))
    assert suite_from_file(path) == suite


def test_a_suite_without_a_name_has_its_files(tmp_path):
    path = tmp_path / "autumn.toml"
    path.write_text('schema = 1\nscenarios = ["a->b"]\n')
    assert suite_from_file(path).name == "autumn"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, "schema 2"),
        ({"sedes": 3}, "`sedes`"),
        ({"seeds": 0}, "`seeds` is 0"),
        ({"seeds": True}, "`seeds`"),
        ({"seeds": "3"}, "`seeds`"),
        ({"scenarios": []}, "no scenario"),
        ({"scenarios": ["ab"]}, "ab"),
        ({"methods": ["ease"]}, "`ease`"),
        ({"methods": ["poled-ease"]}, "`poled-ease`"),
        ({"baselines": ["pooled-ease"]}, "`pooled-ease`"),
        ({"metrics": ["ndgc@10"]}, "`ndgc`"),
        ({"protocol": "temporary"}, "`temporary`"),
        ({"margin": 1.0}, "`margin` is 1.0"),
        ({"alpha": 0.5}, "`alpha` is 0.5"),
        ({"correction": "holmes"}, "`correction` is 'holmes'"),
        ({"parameters": {"ease": {"l3": 1}}}, "`l3`"),
        ({"parameters": {"eease": {"l2": 1}}}, "`eease`"),
    ],
)
def test_what_is_wrong_is_named_and_mended_by_a_hint(change, message):
    with pytest.raises(TlbenchError) as caught:
        suite_from_table({**TABLE, **change}, origin="s.toml")
    assert message in str(caught.value)
    assert caught.value.hint


def test_a_file_that_is_not_toml_is_named(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text("schema = ")
    with pytest.raises(TlbenchError, match="is not TOML"):
        suite_from_file(path)


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(TlbenchError, match="cannot be read"):
        suite_from_file(tmp_path / "none.toml")
