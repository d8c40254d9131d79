"""Titles -> keys that are equal for the same work, whatever the shop calls it; with the year, where one is told."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

ARTICLES = "the a an le la les l' il lo gli el los las der die das een het"
# Words of an edition or of a carrier; a bracket that has one says nothing of the work.
CARRIER = re.compile(
    r"\b(vhs|dvds?|blu[ -]?ray|hd ?dvd|ultraviolet|digital( copy| hd)?|combo( pack)?|import|ntsc|pal|widescreen|"
    r"full ?screen|theatrical|letterbox(ed)?|edition|editions|collection|anniversary|special|deluxe|unrated|uncut|"
    r"remastered|restored|director'?s cut|extended|version|criterion|disc|discs|set|region|subtitled|dubbed|anamorphic|"
    r"hardcover|paperback|mass market|kindle|audiobook|cd|unabridged|abridged|reprint|boxed|clamshell|slipcase|"
    r"steelbook|3d|4k|uhd)\b"
)
# The same words after a dash or comma at the end, where they are no part of a title either.
TAIL = re.compile(
    r"[\s,:-]+\(?((two|2|three|3|four|4)[ -]disc |(\d+(th|st|nd|rd)|special|collector'?s|ultimate|limited|deluxe|"
    r"platinum|widescreen|full ?screen|anniversary|unrated|extended|director'?s|signature|criterion)[ '-]*)+"
    r"(edition|collection|version|cut|set)?\)?\s*$|[\s,:-]+(vhs|dvd|blu-?ray)\s*$"
)
BRACKET = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
YEAR = re.compile(r"(?:19|20)\d\d")
ALSO = re.compile(r"^(a\.?k\.?a\.?:?|also known as)\s+")
SMALL = {"the", "a", "an", "and", "or", "of", "in", "on", "to", "for", "3d", "movie", "part", "vol", "volume"}
LONG, NEARLY = 6, 85.0
ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
NUMBERS = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9"}


@dataclass(frozen=True)
class TitleKeys:
    """What a title says of its work.

    Attributes
    ----------
    main
        Its normalised title, empty where nothing is left.
    others
        Normalised titles in brackets that may name the same work (``Seven (a.k.a. Se7en)``).
    year
        Year in brackets, None where none is told.
    """

    main: str
    others: tuple[str, ...]
    year: int | None


def title_keys(title: str) -> TitleKeys:
    """Read a title.

    Case, accents, punctuation and articles do not matter; ``Matrix, The`` is ``The Matrix``; brackets with editions
    and carriers (``[VHS]``, ``(Two-Disc Special Edition)``) are dropped; Roman numbers become Arabic ones.

    Parameters
    ----------
    title
        As the data set has it.

    Returns
    -------
    TitleKeys
        The main title normalised, other titles in brackets, and the year.

    Examples
    --------
    >>> from tlbench.scenario.title_keys import title_keys
    >>> title_keys("Matrix, The (1999) [VHS]")
    TitleKeys(main='matrix', others=(), year=1999)
    """
    text = html.unescape(title).lower().replace("’", "'").replace("3-d", "3d")
    year: int | None = None
    others: list[str] = []
    for found in BRACKET.finditer(text):
        inner = found[1].strip()
        if YEAR.fullmatch(inner):
            year = int(inner)
        elif inner and not CARRIER.search(inner) and not inner.isdigit():
            others.append(ALSO.sub("", inner))
    main = BRACKET.sub(" ", text).strip()
    while TAIL.search(main):
        main = TAIL.sub("", main)
    keys = [_normalised(part) for part in (main, *others)]
    return TitleKeys(keys[0], tuple(dict.fromkeys(key for key in keys[1:] if key and key != keys[0])), year)


def _normalised(text: str) -> str:
    text = _article_first(text.strip(" ,.:-"))
    text = unicodedata.normalize("NFKD", text)
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    words = re.sub(r"[^\w\s]|_", " ", text.replace("&", " and ").replace("'", "")).split()
    while len(words) > 1 and words[0] in ARTICLES.split():
        words = words[1:]
    return " ".join(NUMBERS.get(word, ROMAN.get(word, word)) for word in words)


def _article_first(text: str) -> str:
    """``matrix, the`` and ``matrix, the: reloaded`` -> ``the matrix``, ``the matrix: reloaded``."""
    moved = re.match(rf"^(.*?), ({'|'.join(ARTICLES.split())})(\b|$)(.*)$", text)
    return f"{moved[2]} {moved[1]}{moved[4]}" if moved else text


def same_but_for_spelling(one: str, other: str) -> bool:
    """Tell whether two similar normalised titles differ by spelling, spacing and small words alone.

    Similar strings are often other works (``invasion of the body snatchers`` and ``boy snatchers``), and sequels
    differ by a number. So numbers must be equal, and the words that only one side has must be small ones, be equal
    when written together, or be long and nearly equal.

    Parameters
    ----------
    one, other
        Normalised titles.

    Returns
    -------
    bool
        False where they are probably different works.

    Examples
    --------
    >>> from tlbench.scenario.title_keys import same_but_for_spelling
    >>> same_but_for_spelling("star wars 4", "starwars 4"), same_but_for_spelling("alien 2", "alien 3")
    (True, False)
    """
    from rapidfuzz import fuzz

    left, right = one.split(), other.split()
    if [word for word in left if word.isdigit()] != [word for word in right if word.isdigit()]:
        return False
    only_left = "".join(word for word in left if word not in right and word not in SMALL)
    only_right = "".join(word for word in right if word not in left and word not in SMALL)
    if only_left == only_right:
        return True
    return min(len(only_left), len(only_right)) >= LONG and fuzz.ratio(only_left, only_right) >= NEARLY
