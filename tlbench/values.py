"""What people write in one word, taken apart in one place: a metric with its cut, a variant of a method, a margin."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from tlbench.errors import TlbenchError

Correction = Literal["holm", "hochberg", "bonferroni", "bh", "by", "max-t", "none"]
CORRECTIONS: tuple[Correction, ...] = get_args(Correction)
"""How p-values of one family can be corrected, see `tlbench.stats.corrections`."""


_WORD = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?")
_TITLE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 ._+@=~-]*[A-Za-z0-9_])?")
_LONGEST = 120
# Devices of Windows, which no file there can be called.
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))})


def check_name(noun: str, name: str, *, title: bool = False) -> str:
    """Return a name that can be a file's on any system and leads out of no folder; refuse any other.

    Parameters
    ----------
    noun
        What has the name, for the message: ``method``.
    name
        The name.
    title
        Whether people write it as they like, as that of a suite or of a file: spaces, capitals and ``. + @ = ~`` are
        then allowed inside. Other names have a meaning for the command line, so they are plain words.

    Raises
    ------
    TlbenchError
        With the characters that are allowed.

    Examples
    --------
    >>> check_name("method", "pooled-ease"), check_name("suite", "My suite 2.1", title=True)
    ('pooled-ease', 'My suite 2.1')
    """
    pattern = _TITLE if title else _WORD
    reserved = name.partition(".")[0].lower() in _RESERVED
    if len(name) <= _LONGEST and pattern.fullmatch(name) and not reserved:
        return name
    allowed = "letters, digits, spaces and . _ + @ = ~ -" if title else "lower-case letters, digits, _ and -"
    raise TlbenchError(
        f"{name!r:.200} cannot be the name of a {noun}",
        hint=f"use {allowed}, at most {_LONGEST}, with a letter or digit at both ends"
        + (", and no name of a Windows device" if reserved else ""),
    )


class Metric(str):
    """A metric as people write it, ``ndcg@10``; being text, it names columns, keys of tables and files as it is.

    Examples
    --------
    >>> Metric("ndcg@10").name, Metric("ndcg@10").k, Metric("auc").k
    ('ndcg', 10, None)
    """

    __slots__ = ()

    @property
    def name(self) -> str:
        """Registered name, before the ``@``."""
        return self.partition("@")[0]

    @property
    def cut(self) -> str | None:
        """What stands behind the ``@``, whatever it is; None without one."""
        _, at, cut = self.partition("@")
        return cut if at else None

    @property
    def k(self) -> int | None:
        """Length at which lists are cut; None for a metric of the whole list, and where the cut is no number from 1."""
        cut = self.cut or ""
        return int(cut) if cut.isascii() and cut.isdigit() and not cut.startswith("0") else None


@dataclass(frozen=True, order=True)
class Variant:
    """A method on true sources, or on the sources that a placebo destroyed.

    Examples
    --------
    >>> str(Variant("cmf", "shuffled-bridge")), Variant.parse("cmf")
    ('cmf~shuffled-bridge', Variant(method='cmf', placebo=None))
    """

    method: str
    placebo: str | None = None

    @classmethod
    def parse(cls, text: str) -> Variant:
        """Read what `str` of a variant gives."""
        method, _, placebo = text.partition("~")
        return cls(method, placebo or None)

    def __str__(self) -> str:
        return self.method if self.placebo is None else f"{self.method}~{self.placebo}"


class Margin(float):
    """Largest difference that does not matter, as a share of the control's mean; a number, printed in per cent.

    Examples
    --------
    >>> print(Margin.parse("2%"), Margin.parse("0.02").of(0.25))
    2 % 0.005
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Margin:
        """Read ``0.01`` or ``1%``.

        Raises
        ------
        TlbenchError
            If the text is neither.
        """
        return cls(share(text))

    def of(self, control_mean: float) -> float:
        """Return the margin in units of the metric; 0 where the control's mean is 0, from which no margin follows."""
        return float(self) * abs(control_mean)

    def __str__(self) -> str:
        return f"{100 * float(self):g} %"


DEFAULT_MARGIN = Margin(0.01)


def share(text: str) -> float:
    """Read a share as ``0.01`` or ``1%``.

    Parameters
    ----------
    text
        What the user wrote.

    Returns
    -------
    float
        The share; 1 % is 0.01.

    Raises
    ------
    TlbenchError
        If the text is neither.

    Examples
    --------
    >>> from tlbench.values import share
    >>> share("2%"), share("0.02")
    (0.02, 0.02)
    """
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise TlbenchError(f"`{text}` is not a share", hint="write 0.01 or 1%") from None


# What is done with items that are the same events under two ids.
TwinPolicy = Literal["drop", "keep", "report"]
DROP: TwinPolicy = "drop"
KEEP: TwinPolicy = "keep"

# Users with target interactions in training, and users without: two questions, each with its own answer.
Population = Literal["warm", "cold"]
WARM: Population = "warm"
COLD: Population = "cold"
Users = Literal["both", "warm", "cold"]
"""Of which users a run without a protocol asks."""
# Whose users the k-core removes where they have too few interactions: those of the sources, or the target's too.
FilteredUsers = Literal["sources", "all"]

FEW = 5
"""Target interactions below which a user's history counts as short: what the field's usual filter removes."""
