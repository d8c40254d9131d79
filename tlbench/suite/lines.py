"""TOML text -> the line of each key; the standard parser does not say where it found what."""

from __future__ import annotations

import re

Key = tuple[str | int, ...]
_HEADER = re.compile(r"\s*\[{1,2}([^\[\]]+)\]{1,2}\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_TOKEN = re.compile(
    r'''"""[\s\S]*?(?:"""|\Z)|'{3}[\s\S]*?(?:'{3}|\Z)|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|#[^\n]*|[\[\]{},\n]|[^\s\[\]{},#"']+'''
)


def lines_of_keys(text: str) -> dict[Key, int]:
    """Return the line, from 1, of every key and of every element of a list, by the path of the key.

    What stands inside an inline table has the line of the key before it.
    """
    found: dict[Key, int] = {}
    table: Key = ()
    lines = text.splitlines(keepends=True)
    number = 0
    while number < len(lines):
        header, assignment = _HEADER.match(lines[number]), _ASSIGNMENT.match(lines[number])
        length = 1
        if header:
            table = _path(header[1])
            found.setdefault(table, number + 1)
        elif assignment:
            key = (*table, *_path(assignment[1]))
            found[key] = number + 1
            rest = lines[number][assignment.end() :] + "".join(lines[number + 1 :])
            elements, length = _value(rest)
            found.update({(*key, place): number + 1 + line for place, line in enumerate(elements)})
        number += length
    return found


def _path(text: str) -> Key:
    return tuple(part.strip("\"'") for part in _PART.findall(text))


def _value(text: str) -> tuple[list[int], int]:
    """Return the line of each element of a list at the start of a text, from 0, and how many lines the value takes."""
    depth, line, expecting = 0, 0, False
    elements: list[int] = []
    for token in (match[0] for match in _TOKEN.finditer(text)):
        if token == "\n":
            line += 1
            if not depth:
                return elements, line
        elif token in ("]", "}"):
            depth -= 1
        elif token == ",":
            expecting = depth == 1
        elif not token.startswith("#"):
            if expecting and depth == 1:
                elements.append(line)
                expecting = False
            if token in ("[", "{"):
                depth += 1
                expecting = token == "[" and depth == 1
            line += token.count("\n")
    return elements, line + 1


def nearest_line(lines: dict[Key, int], key: Key) -> int | None:
    """Return the line of a key, or of the nearest key around it that has one."""
    for length in range(len(key), 0, -1):
        if key[:length] in lines:
            return lines[key[:length]]
    return None
