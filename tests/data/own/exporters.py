"""Twelve imaginary exporters: each writes the same interactions as a shop system of its kind would."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain
from pathlib import Path

import polars as pl

FIRST = datetime(2024, 1, 27, 14, 5, 9, tzinfo=UTC)
N_USERS, N_ITEMS, N = 12, 9, 108


@dataclass(frozen=True)
class Event:
    """Who bought what, how they liked it, and when."""

    user: str
    item: str
    rating: float
    at: datetime


def events() -> Iterator[Event]:
    """Events of a month, no pair twice, the first days such that day and month could change places."""
    pairs = [(u, i) for u in range(N_USERS) for i in range(N_ITEMS + 1) if (u + i) % 10 != 0][:N]
    for k, (u, i) in enumerate(pairs):
        at = FIRST + timedelta(hours=7 * k, minutes=11 * k)
        yield Event(f"{1000 + 7 * u}", f"SKU-{i:03d}", 1 + (k % 9) / 2, at)


@dataclass(frozen=True)
class Exporter:
    """How one system writes; `rated` and `timed` say what of the events survives in its file."""

    file: str
    write: Callable[[Path], None]
    rated: bool
    notice: str | None = None


def _text(lines: Iterator[str] | list[str], encoding: str = "utf-8", end: str = "\n") -> bytes:
    return (end.join(lines) + end).encode(encoding)


def shop_orders(path: Path) -> None:
    """Orders: many columns, two moments, quoted notes of two lines, an offset without colon."""
    eastern = timezone(timedelta(hours=-5))
    head = "Name,Email,Financial Status,Paid at,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,"
    rows = [
        f"#{2000 + k},{e.user},paid,{e.at + timedelta(days=1):%Y-%m-%d %H:%M:%S} +0000,{19 + k}.90,"
        f'{e.at.astimezone(eastern):%Y-%m-%d %H:%M:%S %z},{k % 3 + 1},"Blue, large",{9 + k % 7}.95,{e.item},'
        f'"leave at door,\n""second"" floor"'
        for k, e in enumerate(events())
    ]
    path.write_bytes(_text([head + "Lineitem sku,Notes", *rows]))


def analytics_events(path: Path) -> None:
    """Events of a web analytics warehouse: nested items, microseconds."""
    lines = [
        json.dumps(
            {
                "event_date": f"{e.at:%Y%m%d}",
                "event_timestamp": int(e.at.timestamp()) * 1_000_000 + 250_000,
                "event_name": "purchase",
                "user_pseudo_id": e.user,
                "device": {"category": "mobile", "web_info": {"browser": "Firefox"}},
                "items": [{"item_id": e.item, "item_name": f"thing {e.item}", "price": 9.5}],
            }
        )
        for e in events()
    ]
    path.write_bytes(_text(lines))


def visits(path: Path) -> None:
    """A self-hosted analytics tool: UTF-16, tabs, seconds since 1970."""
    rows = [f"{k}\t{e.user}\tx\t{e.item}\t{e.at:%b %d, %Y}\t{int(e.at.timestamp())}" for k, e in enumerate(events())]
    path.write_bytes(
        _text(["idVisit\tvisitorId\treferrerName\tproductSku\tserverDatePretty\tserverTimestamp", *rows], "utf-16")
    )


def table_dump(path: Path) -> None:
    r"""A database dump by tabs: no header, a key of its own, \N where nothing is."""
    rows = [
        f"{k + 1}\t{e.user}\t{e.item}\t{e.rating}\t{e.at:%Y-%m-%d %H:%M:%S}\t{'gift' if k % 5 else chr(92) + 'N'}"
        for k, e in enumerate(events())
    ]
    path.write_bytes(_text(rows))


def database_copy(path: Path) -> None:
    """A database's COPY with header: fractions of seconds and a short zone."""
    rows = [f"{e.at:%Y-%m-%d %H:%M:%S}.789+00,{e.user},{e.item},{e.rating}" for e in events()]
    path.write_bytes(_text(["event_ts,customer_id,sku,stars", *rows]))


def spreadsheet(path: Path) -> None:
    """A German spreadsheet: `sep=;`, Windows-1252, decimal commas, day before month, CRLF."""
    rows = [
        f'"{e.user}";"{e.item}";"Größe L";"{str(e.rating).replace(".", ",")}";{e.at:%d.%m.%Y %H:%M:%S}'
        for e in events()
    ]
    head = "Kundennummer;Artikelnummer;Ausführung;Bewertung;Bestelldatum"
    path.write_bytes(_text(["sep=;", head, *rows], "cp1252", "\r\n"))


def invoices(path: Path) -> None:
    """An American point of sale: month before day, twelve hours, quantities and prices that are no ratings."""
    rows = [
        f"{536365 + k // 3},{e.item},WHITE LANTERN,{k % 6 + 1},{e.at.month}/{e.at.day}/{e.at:%Y %I:%M:%S %p},2.55,"
        f"{e.user},Kingdom"
        for k, e in enumerate(events())
    ]
    path.write_bytes(
        _text(["InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country", *rows])
    )


def tracking_calls(path: Path) -> None:
    """A customer data platform: JSON lines, gzipped, ISO with fractions and Z, the item inside `properties`."""
    lines = [
        json.dumps(
            {
                "type": "track",
                "event": "Product Viewed",
                "userId": int(e.user),
                "timestamp": f"{e.at:%Y-%m-%dT%H:%M:%S}.120Z",
                "properties": {"product_id": e.item, "value": 12.5 + k},
            }
        )
        for k, e in enumerate(events())
    ]
    path.write_bytes(gzip.compress(_text(lines)))


def warehouse(path: Path) -> None:
    """A data lake: Parquet, moments with a zone, integer ids."""
    rows = list(events())
    pl.DataFrame(
        {
            "member_id": [int(e.user) for e in rows],
            "article_id": [e.item for e in rows],
            "purchased_at": pl.Series([e.at for e in rows], dtype=pl.Datetime("us", "UTC")),
            "channel": ["web"] * len(rows),
        }
    ).write_parquet(path)


def notebook(path: Path) -> None:
    """A notebook's table with its index, user ids that became floats, nanoseconds."""
    rows = [f"{k},{e.item},{e.user},{e.rating},{int(e.at.timestamp())}000000000" for k, e in enumerate(events())]
    path.write_bytes(_text([",item_id,user_id,rating,ts", *rows]))


def reviews_api(path: Path) -> None:
    """An API's answer: one list of objects, ISO with an offset."""
    paris = timezone(timedelta(hours=1))
    found = [
        {
            "id": k,
            "reviewer": {"email": e.user},
            "product_id": e.item,
            "score": e.rating,
            "created_at": e.at.astimezone(paris).isoformat(),
        }
        for k, e in enumerate(events())
    ]
    path.write_text(json.dumps(found))


def report(path: Path) -> None:
    """A dashboard's download: comments above the table, bars, dates alone, milliseconds elsewhere."""
    comments = ["# Purchases by customer", "# 27 Jan 2024 to 2 Mar 2024", ""]
    rows = [f"{e.user}|{e.item}|{e.rating}|{int(e.at.timestamp())}000|{e.at:%Y-%m-%d}" for e in events()]
    path.write_bytes(_text(chain([*comments, "Client ID|Item Code SKU|Rating|Timestamp|Shipped"], rows)))


EXPORTERS = (
    Exporter("orders_export.csv", shop_orders, rated=False, notice="`Paid at` looks like a time"),
    Exporter("events.jsonl", analytics_events, rated=False),
    Exporter("visits.tsv", visits, rated=False),
    Exporter("purchases.txt", table_dump, rated=True),
    Exporter("copy.csv", database_copy, rated=True),
    Exporter("Bestellungen.csv", spreadsheet, rated=True),
    Exporter("invoices.csv", invoices, rated=False),
    Exporter("track.json.gz", tracking_calls, rated=False),
    Exporter("part-0.parquet", warehouse, rated=False),
    Exporter("frame.csv", notebook, rated=True),
    Exporter("reviews.json", reviews_api, rated=True),
    Exporter("download.csv", report, rated=True, notice="`Shipped` looks like a time"),
)
