"""``source[+source...]->target``: the text that a user types -> the names it means."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tlbench.errors import TlbenchError
from tlbench.io.sums import sha256_of

_ARROW = re.compile(r"\s*(?:->|→|:)\s*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.&'-]*(?:@[A-Za-z0-9_.-]+)?(?:/[^/+]+)?")
_PLAIN = re.compile(r"[a-z0-9_]+(?:[@.-][a-z0-9_]+)*")
_LONGEST_SLUG = 120
_EXAMPLE = 'write it as `"movielens->amazon-books"`, with quotes, or `movielens:amazon-books`'


@dataclass(frozen=True)
class ScenarioName:
    """Names of the sources, in the order given, and of the target."""

    sources: tuple[str, ...]
    target: str

    def __str__(self) -> str:
        return f"{'+'.join(self.sources)}->{self.target}"

    @property
    def slug(self) -> str:
        """The name as a folder: no character that a file system or a shell treats specially, and no other scenario's.

        Plain names stand as they are. Where one holds what could be read otherwise (a slice, ``--``), the beginning of
        the SHA-256 of the scenario's name follows.
        """
        plain = all(map(_PLAIN.fullmatch, (*self.sources, self.target))) and len(self.former_slug) <= _LONGEST_SLUG
        return self.former_slug if plain else f"{self.former_slug[:_LONGEST_SLUG]}={sha256_of(str(self))[:10]}"

    @property
    def former_slug(self) -> str:
        """The folder's name in older results, which several scenarios could share."""
        return re.sub(r"[^A-Za-z0-9@+._-]", "_", f"{'+'.join(self.sources)}--{self.target}".replace("/", "."))


def parse_scenario(text: str) -> ScenarioName:
    """Read a scenario.

    Parameters
    ----------
    text
        Sources joined by ``+``, an arrow (``->``, ``→`` or ``:``), the target; letters of either case are the same.

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
    sides = _ARROW.split(text.strip().lower())
    if len(sides) != 2:
        raise TlbenchError(f"`{text}` is not a scenario: it has {len(sides) - 1} arrows, not one", hint=_EXAMPLE)
    sources = tuple(name.strip() for name in sides[0].split("+"))
    target = sides[1].strip()
    for name in (*sources, target):
        if not _NAME.fullmatch(name):
            raise TlbenchError(f"`{name}` in `{text}` is not the name of a data set", hint=_EXAMPLE)
    _refuse_repeats(text, sources, target)
    return ScenarioName(sources, target)


def _refuse_repeats(text: str, sources: tuple[str, ...], target: str) -> None:
    if target in sources:
        raise TlbenchError(
            f"`{text}` has `{target}` as source and as target",
            hint="a domain cannot teach itself; to cut one data set in two, use slices: "
            '`"movielens@1m/drama->movielens@1m/comedy"`',
        )
    if len(set(sources)) < len(sources):
        raise TlbenchError(f"`{text}` names a source twice", hint="name each source once")
