"""Amazon review data -> Raw: ratings CSV of 2014, 2018 and 2023."""

from __future__ import annotations

from pathlib import Path

from tlbench.data.parsers.blocks import first_line
from tlbench.data.parsers.delimited import Layout, read_delimited
from tlbench.data.raw import Raw
from tlbench.errors import TlbenchError

CSV_2014 = Layout(("user", "item", "rating", "timestamp"))
CSV_2018 = Layout(("item", "user", "rating", "timestamp"))
CSV_2023 = Layout(("user", "item", "rating", "timestamp"), header=1, time_unit="ms")
HEADER_2023 = "user_id,parent_asin,rating,timestamp"

# Reviewer ids are A and 12 to 20 (2023: 27) letters and digits; product ids have 10 characters.
REVIEWER = r"^A[A-Z0-9]{11,27}$"
TEXT_LENGTH = 600


def read_2014(path: Path, *, lenient: bool) -> Raw:
    """Read ``user,item,rating,time`` without header."""
    return _right_way_round(read_delimited(path, CSV_2014, label=path.name, lenient=lenient), "amazon-csv-2018")


def read_2018(path: Path, *, lenient: bool) -> Raw:
    """Read ``item,user,rating,time`` without header."""
    return _right_way_round(read_delimited(path, CSV_2018, label=path.name, lenient=lenient), "amazon-csv-2014")


def read_2023(path: Path, *, lenient: bool) -> Raw:
    """Read ``user_id,parent_asin,rating,timestamp`` with header, time in milliseconds."""
    header = first_line(path, label=path.name)
    if header != HEADER_2023:
        raise TlbenchError(
            f"`{path.name}` begins with `{header[:60]}`, not with `{HEADER_2023}`",
            hint="without header it is of 2014 (user first) or 2018 (item first): correct `format` in the catalogue",
        )
    return _right_way_round(read_delimited(path, CSV_2023, label=path.name, lenient=lenient), "csv")


def _right_way_round(raw: Raw, other: str) -> Raw:
    """Refuse a file whose items look like reviewers and whose users do not: the columns are swapped."""
    users, items = ((ids.head(10_000).str.contains(REVIEWER).mean() or 0.0) for ids in (raw.users, raw.items))
    if items > 0.5 > users:  # type: ignore[operator]
        raise TlbenchError(
            f"`{raw.label}` has reviewers in the item column (line {raw.frame['line'][0]}: `{raw.items[0]}`): "
            "users and items are swapped, so no user would be shared with another data set",
            hint=f'the file has another column order: use format = "{other}" in the catalogue',
        )
    return raw
