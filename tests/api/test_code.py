"""The hash of a user's class changes with its code and with what it uses, wherever it was typed."""

from __future__ import annotations

import pytest

from tlbench.api.code import code_of

CLASS = """
POWER = 0.5

def weight(x):
    return x ** POWER

class Base:
    factor = 2

class Mine(Base):
    name = "mine"

    def fit(self, target):
        self.seen = [weight(x) for x in target]

    def score(self, users):
        return self.seen
"""


def typed(text: str) -> type:
    """The class as it comes from a prompt: without a file."""
    names: dict[str, object] = {"__name__": "prompt"}
    exec(compile(text, "<prompt>", "exec"), names)
    found = names["Mine"]
    assert isinstance(found, type)
    return found


def test_the_same_code_has_the_same_hash() -> None:
    assert code_of(typed(CLASS)) == code_of(typed(CLASS))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return self.seen", "return list(self.seen)"),
        ("POWER = 0.5", "POWER = 0.6"),
        ("x ** POWER", "x * POWER"),
        ("factor = 2", "factor = 3"),
        ('name = "mine"', 'name = "yours"'),
    ],
)
def test_any_change_of_it_or_of_what_it_uses_changes_the_hash(old: str, new: str) -> None:
    assert old in CLASS
    assert code_of(typed(CLASS.replace(old, new))) != code_of(typed(CLASS))


def test_what_it_does_not_use_changes_nothing() -> None:
    assert code_of(typed(CLASS + "\nother = 3\n")) == code_of(typed(CLASS))
