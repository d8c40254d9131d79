"""Each kind of file has one definition; its JSON schema is published, and says the same as the reader."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlbench.store.records import RECORDS, published
from tlbench.store.typed import Mismatch, read_as, schema_of

SCHEMAS = Path(__file__).parents[2] / "tlbench" / "store" / "schemas"


@pytest.mark.parametrize("name", RECORDS)
def test_published_schema_is_that_of_the_code(name, request):
    path = SCHEMAS / f"{name}.schema.json"
    text = json.dumps(published(name), indent=1) + "\n"
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text
    jsonschema.Draft202012Validator.check_schema(published(name))


@dataclass(frozen=True)
class Inner:
    number: int
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outer:
    inner: Inner
    way: Literal["up", "down"]
    share: float | None
    pair: tuple[int, str]
    table: dict[str, bool]
    free: Any = None


FINE = {"inner": {"number": 1, "texts": ["a"]}, "way": "up", "share": 1, "pair": [1, "b"], "table": {"x": True}}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abx"), inner, max_size=2),
    max_leaves=4,
)
PLACES = [(key,) for key in (*FINE, "free", "other")] + [("inner", "number"), ("inner", "texts"), ("table", "x")]


def test_what_fits_becomes_the_dataclass():
    assert read_as(Outer, FINE) == Outer(Inner(1, ("a",)), "up", 1, (1, "b"), {"x": True})


@settings(deadline=None)
@given(place=st.sampled_from(PLACES), value=json_values, dropped=st.booleans())
def test_reader_and_schema_say_the_same_of_every_table(place, value, dropped):
    table = json.loads(json.dumps(FINE))
    at = table
    for key in place[:-1]:
        at = at[key]
    at.pop(place[-1], None)
    if not dropped:
        at[place[-1]] = value
    try:
        read_as(Outer, table)
        fits = True
    except Mismatch:
        fits = False
    # JSON schema counts 1.0 as an integer; the reader does not, because a float would move digests.
    strict = jsonschema.validators.extend(
        jsonschema.Draft202012Validator,
        type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
            "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
        ),
    )
    assert strict(schema_of(Outer)).is_valid(table) == fits
