"""A class of the user's -> hash of its code, with the functions and constants beside it that it uses."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

_CONSTANTS = (int, float, complex, str, bytes, bool, type(None))


def code_of(method: type) -> str:
    """Return a SHA-256 (hexadecimal) that changes where the code of a class does.

    The class's functions and attributes count, those of its bases, and what they use from the module or notebook that
    they stand in: functions, classes, numbers and texts. Where no source is to be had, as at a prompt, the bytecode
    counts. Installed packages do not.
    """
    total = hashlib.sha256()
    for part in _parts(method, set()):
        total.update(part.encode() + b"\0")
    return total.hexdigest()


def _parts(thing: Any, seen: set[int]) -> Iterator[str]:
    """Go through what a class or function is made of."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, type):
        yield thing.__qualname__
        for base in thing.__bases__:
            if base.__module__ == thing.__module__:
                yield from _parts(base, seen)
        for name, value in sorted(vars(thing).items()):
            if isinstance(value, _CONSTANTS) and not name.startswith("__"):
                yield f"{name} = {value!r}"
            yield from _parts(_function_of(value), seen)
    elif isinstance(thing, FunctionType):
        yield _text(thing)
        for name, value in _used(thing.__code__, thing.__globals__):
            if isinstance(value, _CONSTANTS):
                yield f"{name} = {value!r}"
            elif getattr(value, "__module__", None) == thing.__module__:
                yield from _parts(value, seen)


def _function_of(value: Any) -> Any:
    """The function inside of a property, class method or static method."""
    return value.fget if isinstance(value, property) else getattr(value, "__func__", value)


def _used(code: CodeType, names: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Global names that code uses, its inner functions' too, with what they stand for."""
    for name in sorted(set(code.co_names) & set(names)):
        yield name, names[name]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _used(constant, names)


def _text(function: FunctionType) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return _bytecode(function.__code__)


def _bytecode(code: CodeType) -> str:
    constants = [_bytecode(one) if isinstance(one, CodeType) else repr(one) for one in code.co_consts]
    return f"{code.co_code.hex()} {constants} {code.co_names}"
