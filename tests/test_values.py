"""A word of the user is taken apart in one place, and printed as it was typed."""

import ast
import copy
import json
import pickle
from pathlib import Path

import pytest

from tlbench.errors import TlbenchError
from tlbench.values import Margin, Metric, Variant

PACKAGE = Path(__file__).parents[1] / "tlbench"


@pytest.mark.parametrize(
    ("text", "name", "cut", "k"),
    [
        ("ndcg@10", "ndcg", "10", 10),
        ("auc", "auc", None, None),
        ("ndcg@", "ndcg", "", None),
        ("ndcg@0", "ndcg", "0", None),
        ("ndcg@ten", "ndcg", "ten", None),
        ("ndcg@1@2", "ndcg", "1@2", None),
        ("ndcg@\u0663", "ndcg", "\u0663", None),
    ],
)
def test_a_metric_is_a_name_and_a_cut(text, name, cut, k):
    metric = Metric(text)
    assert (metric.name, metric.cut, metric.k, str(metric)) == (name, cut, k, text)


def test_a_metric_is_the_text_that_names_columns_and_keys():
    metric = Metric("ndcg@10")
    assert {metric: 1}["ndcg@10"] == 1
    assert json.dumps(metric) == '"ndcg@10"'
    assert [pickle.loads(pickle.dumps(metric)).k, copy.deepcopy(metric).k] == [10, 10]


@pytest.mark.parametrize("text", ["cmf", "cmf~shuffled-bridge"])
def test_a_variant_comes_back_from_its_text(text):
    assert str(Variant.parse(text)) == text
    assert Variant.parse("cmf~") == Variant("cmf")


def test_a_margin_is_a_share_printed_in_per_cent():
    assert Margin.parse("2.5%") == Margin.parse("0.025") == 0.025
    assert f"{Margin(0.025)}" == "2.5 %"
    assert json.dumps(Margin(0.025)) == "0.025"
    assert Margin.parse(str(Margin(0.01))) == 0.01
    assert Margin(0.02).of(0.25) == Margin(0.02).of(-0.25) == pytest.approx(0.005)
    with pytest.raises(TlbenchError, match="`much` is not a share"):
        Margin.parse("much")


def splits_at(path: Path, mark: str) -> bool:
    """Whether a file splits or joins a text at a mark that belongs to one of the values."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    cuts = [call for call in calls if call.func.attr in ("split", "partition", "rpartition")]
    if any(isinstance(part, ast.Constant) and part.value == mark for call in cuts for part in call.args):
        return True
    joined = [
        [getattr(part, "value", None) for part in node.values] for node in nodes if isinstance(node, ast.JoinedStr)
    ]
    return mark == "~" and any(mark in parts[1:-1] for parts in joined)


@pytest.mark.parametrize("mark", ["~", "@"])
def test_nobody_else_takes_a_metric_or_a_variant_apart(mark):
    """Names of data sets and addresses have an ``@`` of their own."""
    found = [path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if splits_at(path, mark)]
    assert [path for path in found if not path.startswith(("values.py", "data/", "cli/dataset_list.py"))] == []
