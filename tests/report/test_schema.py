"""report.json and the JSON of the gate keep to the schemas in the package, which describe every field."""

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from tlbench.pipeline import read_findings
from tlbench.report import as_json
from tlbench.report.document import Report
from tlbench.tune import Budget, Trial, Tuning

ROOT = Path(__file__).parents[2]
PAIR = "demo-movies->demo-books", "demo-noise->demo-books"


def schema(name):
    return json.loads((files("tlbench.report") / "schemas" / name).read_text(encoding="utf-8"))


REPORT = schema("report.schema.json")


def undescribed(value, part, place=""):
    """Fields of a value that no property of the schema describes."""
    while "$ref" in part:
        part = REPORT["$defs"][part["$ref"].removeprefix("#/$defs/")]
    if isinstance(value, list):
        return [found for item in value for found in undescribed(item, part.get("items", {}), place)]
    if not isinstance(value, dict):
        return []
    options = [option for option in part.get("oneOf", []) if option != {"type": "null"}]
    if options:
        return undescribed(value, options[0], place)
    known, others = part.get("properties", {}), part.get("additionalProperties")
    lost = [f"{place}.{key}" for key in value if key not in known and others is None]
    return lost + [
        found
        for key, item in value.items()
        for found in undescribed(item, known.get(key, others or {}), f"{place}.{key}")
    ]


@pytest.fixture(scope="module")
def findings(tmp_path_factory, make_results, values):
    """Two scenarios with a placebo; a method that lost its counterpart; a tuning."""
    methods = {
        "ease": values(spread=0),
        "pooled-ease": values(0.02, seeds=2, key="p"),
        "pooled-ease~shuffled-bridge": values(0.0, seeds=2, key="b"),
        "cmf": values(-0.03, key="c"),
    }
    found = read_findings(
        make_results(tmp_path_factory.mktemp("schema") / "made", dict.fromkeys(PAIR, methods), tune=2)
    )
    trials = (Trial(0, {"l2": 1.0}, {"l2": 1.0}, "complete", 0.3), Trial(1, {}, {}, "failed", None, reason="no memory"))
    tunings = (Tuning("ease", None, Budget(2, 9.0), trials), Tuning("cmf", None, Budget(1), trials[1:]))
    return replace(found, scenarios=tuple(replace(one, tunings=tunings) for one in found.scenarios))


def test_the_report_fits_its_schema_and_every_field_of_it_is_described(findings):
    jsonschema.Draft202012Validator.check_schema(REPORT)
    report = json.loads(as_json(Report(findings)))
    jsonschema.Draft202012Validator(REPORT).validate(report)
    missing = [
        place for place in undescribed(report, REPORT) if not place.startswith((".suite.", ".scenarios.tuning.best"))
    ]
    assert missing == []


@pytest.mark.parametrize("path", ["tests/golden/demo.json", "docs/results/demo/report.json"])
def test_committed_reports_fit_the_schema(path):
    report = json.loads((ROOT / path).read_text(encoding="utf-8"))
    assert [error.json_path for error in jsonschema.Draft202012Validator(REPORT).iter_errors(report)] == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("schema",), 2),
        (("scenarios", 0, "judgements", 0, "outcome"), "good"),
        (("scenarios", 0, "judgements", 0, "counterpart", "comparison", "pvalue"), 1.2),
        (("scenarios", 0, "card", "judged_users"), -1),
        (("scenarios", 0, "methods", 0, "test", "ndcg@10"), "0.3"),
    ],
)
def test_what_is_wrong_does_not_fit_the_schema(findings, place, value):
    report = json.loads(as_json(Report(findings)))
    *path, last = place
    part = report
    for key in path:
        part = part[key]
    part[last] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(REPORT).validate(report)


def test_comparisons_are_described_alike_in_both_schemas():
    gate = schema("gate.schema.json")["$defs"]
    assert {name: gate[name] for name in ("comparison", "mean")} == {
        name: REPORT["$defs"][name] for name in ("comparison", "mean")
    }
