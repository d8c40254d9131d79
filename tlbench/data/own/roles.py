"""Columns -> the roles that they play (user, item, rating, timestamp), by their names and by what they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from tlbench.data.moments import TimeUnit, is_ambiguous, unit_of
from tlbench.data.parsers.amazon import REVIEWER

# Names that exporters give, without case and punctuation; of several in one file the first here is taken. The end of
# a longer name counts too, so `Lineitem sku` is a `sku`.
NAMES: dict[str, str] = {
    "user": "userid uid reviewerid customerid customerno customernumber clientid memberid visitorid userpseudoid "
    "distinctid accountid profileid personid shopperid buyerid contactid subscriberid playerid listenerid readerid "
    "kundennummer kundennr kundenid idclient idcliente user customer reviewer member visitor account person shopper "
    "buyer subscriber kunde cliente useremail customeremail email username reviewername anonymousid deviceid",
    "item": "itemid iid parentasin asin productid sku productsku articleid articleno articlenumber itemno stockcode "
    "movieid bookid isbn songid trackid businessid contentid videoid gameid recipeid ean gtin upc artikelnummer "
    "artikelnr artikelid idproduit idproducto item product article movie book song track artikel variantid listingid "
    "itemname productname",
    "rating": "rating ratings stars starrating reviewscore score overall grade bewertung value",
    "timestamp": "timestamp eventtimestamp eventts eventtime unixreviewtime ts unixtime time eventdate createdat "
    "orderedat orderdate purchasedat purchasedate purchasetime paidat processedat datetime date invoicedate "
    "servertimestamp servertimepretty servertime when occurredat completedat reviewdate reviewtime playedat watchedat "
    "viewedat bestelldatum datum zeitpunkt fecha receivedat sentat created updatedat",
}
# Names that say what a number is only where the number agrees.
WEAK_RATINGS = frozenset({"score", "overall", "grade", "value", "reviewscore"})


@dataclass(frozen=True)
class Roles:
    """Which column plays which role.

    Attributes
    ----------
    positions
        Role to the column's position from 0.
    time_unit
        How the timestamps are written; None where there are none.
    unused_times
        Positions of columns that hold times and play no role.
    day_or_month
        Whether day and month of all dates seen could be the other way round.
    """

    positions: Mapping[str, int]
    time_unit: TimeUnit | None = None
    unused_times: tuple[int, ...] = ()
    day_or_month: bool = False


def find_roles(sample: pl.DataFrame, names: Sequence[str] | None) -> Roles:
    """Find who plays user, item, rating and timestamp; roles that nobody plays are left out.

    Parameters
    ----------
    sample
        The first rows; text as a CSV has it (empty fields null), or typed columns.
    names
        Names of the columns; None where the file has none, so that only the content speaks.
    """
    units = {k: unit for k in range(sample.width) if (unit := unit_of(sample.to_series(k))) is not None}
    found = {} if names is None else _agreed(_by_name(names), sample, names)
    if names is not None and "timestamp" not in found:
        dates = [k for k in _dates(sample, units) if k not in found.values()]
        if len(dates) == 1:
            found["timestamp"] = dates[0]
    if not {"user", "item"} <= set(found):
        found = {**_by_content(sample, units, taken=found, named=names is not None), **found}
    time = found.get("timestamp")
    unit = None if time is None else units.get(time, "s")
    unused = tuple(k for k in _dates(sample, units) if k != time)
    doubtful = time is not None and unit is not None and is_ambiguous(sample.to_series(time), unit)
    return Roles(found, unit, unused, doubtful)


def known_names(names: Sequence[str]) -> int:
    """How many roles the names of a line could be of: two and more make it a header."""
    return len(_by_name(names))


def key(name: str) -> str:
    """Return the letters of a name's last part: ``properties.Product ID`` is ``productid``."""
    return re.sub(r"[^a-z]", "", name.rsplit(".", 1)[-1].lower())


def _by_name(names: Sequence[str]) -> dict[str, int]:
    keys = [key(name) for name in names]
    found: dict[str, int] = {}
    for role, known in NAMES.items():
        exact = (keys.index(word) for word in known.split() if word in keys)
        ends = (k for word in known.split() for k, name in enumerate(names) if _ends_with(name, word))
        position = next((k for k in (*exact, *ends) if k not in found.values()), None)
        if position is not None:
            found[role] = position
    return found


def _ends_with(name: str, word: str) -> bool:
    """Whether the last words of a name are that one: `Lineitem sku` ends with `sku`, `Cloudtime` not with `time`."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return any("".join(parts[k:]).lower() == word for k in range(1, len(parts)))


def _agreed(found: Mapping[str, int], sample: pl.DataFrame, names: Sequence[str]) -> dict[str, int]:
    """Keep the columns that hold what their names say; a column without values agrees with every name."""

    def agrees(role: str, position: int) -> bool:
        values = sample.to_series(position)
        if role in ("user", "item") or not len(values.drop_nulls()):
            return True
        numbers = _numbers(values)
        if role == "timestamp":
            return numbers is not None or unit_of(values) is not None
        return numbers is not None and (key(names[position]) not in WEAK_RATINGS or _like_rating(numbers))

    return {role: position for role, position in found.items() if agrees(role, position)}


def _dates(sample: pl.DataFrame, units: Mapping[int, TimeUnit]) -> list[int]:
    """Columns that are times beyond doubt: temporal, or dates in words; a large number may be an id."""
    texts = ("ymd", "dmy", "mdy")
    return [k for k, unit in units.items() if unit in texts or sample.to_series(k).dtype.is_temporal()]


def _by_content(
    sample: pl.DataFrame, units: Mapping[int, TimeUnit], *, taken: Mapping[str, int], named: bool
) -> dict[str, int]:
    """Find columns by what they hold: times, then ratings, then two columns of ids, the user first unless swapped."""
    free = [k for k in range(sample.width) if k not in taken.values()]
    found: dict[str, int] = {}
    times = [k for k in free if k in units]
    ratings = [k for k in free if (n := _numbers(sample.to_series(k))) is not None and len(n) and _like_rating(n)]
    for role, fitting in (("timestamp", times), ("rating", ratings)):
        fitting = [k for k in fitting if k in free]
        if role not in taken and fitting and len(free) > 2 - len({"user", "item"} & set(taken)):
            found[role] = fitting[-1]
            free.remove(fitting[-1])
    if named and taken and "rating" in found:
        free.append(found.pop("rating"))  # the header would have said so: a quantity or a price is no rating
    ids = _ids(sample, sorted(free))
    wanted = [role for role in ("user", "item") if role not in taken]
    if named and taken and len(ids) > len(wanted):
        return found  # some names are known and these are not: better to ask than to take any column
    found.update(zip(wanted, ids, strict=False))
    return _turned(sample, found) if {"user", "item"} <= set(found) else found


def _ids(sample: pl.DataFrame, free: list[int]) -> list[int]:
    """Columns that can hold ids: not empty and, where that leaves two, neither constant nor a number of the row."""
    ids = [k for k in free if sample.to_series(k).null_count() < len(sample)]
    distinct = {k: sample.to_series(k).n_unique() for k in ids}
    for useless in (1, len(sample)):
        kept = [k for k in ids if distinct[k] != useless]
        ids = kept if len(kept) >= 2 and len(sample) >= 20 else ids
    return ids


def _turned(sample: pl.DataFrame, found: dict[str, int]) -> dict[str, int]:
    user, item = (_reviewers(sample.to_series(found[role])) for role in ("user", "item"))
    return {**found, "user": found["item"], "item": found["user"]} if item > 0.5 > user else found


def _reviewers(values: pl.Series) -> float:
    return float(values.cast(pl.String).str.contains(REVIEWER).fill_null(value=False).sum() / max(1, len(values)))


def _numbers(values: pl.Series) -> pl.Series | None:
    """The column's values as float64, decimal commas too; None where one is no number."""
    known = values.drop_nulls()
    if known.dtype == pl.String:
        known = known.str.replace(r"^(\s*-?\d+),(\d+\s*)$", "$1.$2")
    elif not known.dtype.is_numeric():
        return None
    numbers = known.cast(pl.Float64, strict=False)
    return None if numbers.null_count() else numbers


def has_decimal_comma(values: pl.Series) -> bool:
    """Whether a text column writes one half as ``0,5``."""
    return values.dtype == pl.String and bool(values.str.contains(r"^\s*-?\d+,\d+\s*$").any())


def _like_rating(numbers: pl.Series) -> bool:
    """Few different values, none large."""
    return bool(numbers.is_between(0, 100).all()) and numbers.n_unique() <= 21
