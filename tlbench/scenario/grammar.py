"""``source[+source...]->target``: the text that a user types -> the names it means."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tlbench.errors import TlbenchError
from tlbench.io.sums import sha256_of

COLD_MARK = ", cold users"
_ARROW = re.compile(r"\s*(?:->|→|:)\s*")
_BOTH = re.compile(r"\s*(?:<->|↔)\s*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.&'-]*(?:@[A-Za-z0-9_.-]+)?(?:/[^/+]+)?")
_PLAIN = re.compile(r"[a-z0-9_]+(?:[@.-][a-z0-9_]+)*")
_LONGEST_SLUG = 120
_EXAMPLE = 'write it as `"movielens->amazon-books"`, with quotes, or `movielens:amazon-books`'


@dataclass(frozen=True)
class ScenarioName:
    """Names of the sources, in the order given, and of the target.

    `cold` marks the name of what is found of users who are new to the target; nothing is run under such a name.
    """

    sources: tuple[str, ...]
    target: str
    cold: bool = False

    def __str__(self) -> str:
        return f"{'+'.join(self.sources)}->{self.target}{COLD_MARK if self.cold else ''}"

    @property
    def slug(self) -> str:
        """The name as a folder: no character that a file system or a shell treats specially, and no other scenario's.

        Plain names stand as they are. Where one holds what could be read otherwise (a slice, ``--``), the beginning of
        the SHA-256 of the scenario's name follows.
        """
        if self.cold:
            return f"{replace(self, cold=False).slug}--cold"
        plain = all(map(_PLAIN.fullmatch, (*self.sources, self.target))) and len(self.former_slug) <= _LONGEST_SLUG
        return self.former_slug if plain else f"{self.former_slug[:_LONGEST_SLUG]}={sha256_of(str(self))[:10]}"

    @property
    def former_slug(self) -> str:
        """The folder's name in older results, which several scenarios could share."""
        return re.sub(r"[^A-Za-z0-9@+._-]", "_", f"{'+'.join(self.sources)}--{self.target}".replace("/", "."))


def directions(text: str) -> tuple[str, ...]:
    """Return the scenarios that a text means: both directions of ``a<->b``, else the text itself.

    Raises
    ------
    TlbenchError
        Where a side of ``<->`` is not one domain.

    Examples
    --------
    >>> directions("movies<->books")
    ('movies->books', 'books->movies')
    """
    sides = [side.strip() for side in _BOTH.split(text)]
    if len(sides) == 1:
        return (text,)
    if len(sides) > 2 or any(not side or "+" in side for side in sides):
        raise TlbenchError(
            f"`{text}` does not name one domain on each side of `<->`",
            hint='write `"movies<->books"`; a scenario of several sources has one direction',
        )
    return (f"{sides[0]}->{sides[1]}", f"{sides[1]}->{sides[0]}")


def parse_scenario(text: str) -> ScenarioName:
    """Read a scenario.

    Parameters
    ----------
    text
        Sources joined by ``+``, an arrow (``->``, ``→`` or ``:``), the target; letters of either case are the same. In
        reports ", cold users" may follow.

    Returns
    -------
    ScenarioName
        Its sources and its target.

    Raises
    ------
    TlbenchError
        If there is not exactly one arrow, a name is missing or malformed, or a domain occurs twice.

    Examples
    --------
    >>> from tlbench.scenario.grammar import parse_scenario
    >>> name = parse_scenario("movies + music -> books")
    >>> name.sources, name.target
    (('movies', 'music'), 'books')
    >>> str(name)
    'movies+music->books'
    """
    typed = text.strip().lower()
    sides = _ARROW.split(typed.removesuffix(COLD_MARK))
    if len(sides) != 2:
        raise TlbenchError(f"`{text}` is not a scenario: it has {len(sides) - 1} arrows, not one", hint=_EXAMPLE)
    sources = tuple(name.strip() for name in sides[0].split("+"))
    target = sides[1].strip()
    for name in (*sources, target):
        if not _NAME.fullmatch(name):
            raise TlbenchError(f"`{name}` in `{text}` is not the name of a data set", hint=_EXAMPLE)
    _refuse_repeats(text, sources, target)
    return ScenarioName(sources, target, typed.endswith(COLD_MARK))


def _refuse_repeats(text: str, sources: tuple[str, ...], target: str) -> None:
    if target in sources:
        raise TlbenchError(
            f"`{text}` has `{target}` as source and as target",
            hint="a domain cannot teach itself; to cut one data set in two, use slices: "
            '`"movielens@1m/drama->movielens@1m/comedy"`',
        )
    if len(set(sources)) < len(sources):
        raise TlbenchError(f"`{text}` names a source twice", hint="name each source once")
