"""One definition per kind of record: the dataclass that it is read into also says what is wrong with a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

Record = TypeVar("Record")


class Mismatch(ValueError):
    """A table that is not what its kind says; the message names the key."""


def read_as(kind: type[Record], table: Any, *, key: str = "") -> Record:
    """Make a record of a table as JSON holds it.

    Parameters
    ----------
    kind
        A dataclass whose fields are texts, numbers, truth values, None, choices (`Literal`), lists (`tuple`), tables
        (`Mapping` from text) and dataclasses of these. A field with a default may be missing.
    table
        What JSON gave.
    key
        Where it stands, for messages.

    Raises
    ------
    Mismatch
        For the first key that is missing, unknown or of another type.

    Examples
    --------
    >>> from tlbench.tune import Budget
    >>> read_as(Budget, {"trials": 20, "seconds": None})
    Budget(trials=20, seconds=None)
    >>> read_as(Budget, {"trials": "20"})
    Traceback (most recent call last):
        ...
    tlbench.store.typed.Mismatch: `trials` is '20', not a whole number
    """
    found: Record = _record(kind, table, key)
    return found


def schema_of(kind: type) -> dict[str, Any]:
    """Return the JSON schema of a kind of record."""
    return _schema(kind)


def _value(kind: Any, value: Any, key: str) -> Any:
    """Make a value of any kind that a field may have."""
    origin = get_origin(kind)
    if kind is Any:
        return value
    if is_dataclass(kind):
        return _record(kind, value, key)
    if origin in (Union, UnionType):
        return _one_of(get_args(kind), value, key)
    if origin is Literal:
        return _held(value in get_args(kind), value, key, f"one of {', '.join(map(repr, get_args(kind)))}")
    if origin is tuple:
        return _list(get_args(kind), value, key)
    if origin is not None and issubclass(origin, Mapping):
        _held(isinstance(value, dict), value, key, "a table")
        return {name: _value(get_args(kind)[1], content, f"{key}.{name}") for name, content in value.items()}
    return _held(_is(kind, value), value, key, _NAMES[kind])


def _record(kind: Any, table: Any, key: str) -> Any:
    _held(isinstance(table, dict), table, key, "a table")
    hints = _hints(kind)
    place = f"{key}." if key else ""
    unknown = next((name for name in table if name not in hints), None)
    if unknown is not None:
        raise Mismatch(f"`{place}{unknown}` is no key of such a table")
    missing = next((field.name for field in fields(kind) if field.name not in table and _is_needed(field)), None)
    if missing is not None:
        raise Mismatch(f"`{place}{missing}` is missing")
    return kind(**{name: _value(hints[name], content, f"{place}{name}") for name, content in table.items()})


def _one_of(kinds: Sequence[Any], value: Any, key: str) -> Any:
    """Make a value of a union: None where it may be None, else what the one other kind makes."""
    if value is None and NoneType in kinds:
        return None
    (kind,) = (other for other in kinds if other is not NoneType)
    return _value(kind, value, key)


def _list(kinds: Sequence[Any], value: Any, key: str) -> tuple[Any, ...]:
    _held(isinstance(value, list), value, key, "a list")
    if kinds[1:] == (...,):
        return tuple(_value(kinds[0], each, f"{key}[{place}]") for place, each in enumerate(value))
    _held(len(value) == len(kinds), value, key, f"a list of {len(kinds)}")
    return tuple(
        _value(kind, each, f"{key}[{place}]") for place, (kind, each) in enumerate(zip(kinds, value, strict=True))
    )


def _is(kind: type, value: Any) -> bool:
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def _held(fine: bool, value: Any, key: str, wanted: str) -> Any:
    if not fine:
        raise Mismatch(f"`{key}` is {value!r:.80}, not {wanted}" if key else f"it is not {wanted}")
    return value


def _is_needed(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


@cache
def _hints(kind: type) -> dict[str, Any]:
    return {name: hint for name, hint in get_type_hints(kind).items() if name in {field.name for field in fields(kind)}}


_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", NoneType: "null"}
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


def _schema(kind: Any) -> dict[str, Any]:
    origin = get_origin(kind)
    if kind is Any:
        return {}
    if is_dataclass(kind):
        return {
            "type": "object",
            "properties": {name: _schema(hint) for name, hint in _hints(kind).items()},  # type: ignore[arg-type]
            "required": [field.name for field in fields(kind) if _is_needed(field)],
            "additionalProperties": False,
        }
    if origin in (Union, UnionType):
        return {"anyOf": [_schema(other) for other in get_args(kind)]}
    if origin is Literal:
        return {"enum": list(get_args(kind))}
    if origin is tuple:
        return _schema_of_list(get_args(kind))
    if origin is not None:
        return {"type": "object", "additionalProperties": _schema(get_args(kind)[1])}
    return {"type": _TYPES[kind]}


def _schema_of_list(kinds: Sequence[Any]) -> dict[str, Any]:
    if kinds[1:] == (...,):
        return {"type": "array", "items": _schema(kinds[0])}
    return {
        "type": "array",
        "prefixItems": [_schema(kind) for kind in kinds],
        "minItems": len(kinds),
        "maxItems": len(kinds),
    }
