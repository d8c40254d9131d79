"""Addresses keep their secrets and their files stay inside the cache."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlbench.data import describe, load
from tlbench.data.address import check_url, place_of, public, scrubbed
from tlbench.data.download import raw_path
from tlbench.errors import TlbenchError

Write = Callable[..., Path]
SECRET = "https://ann:hunter%402@host.invalid:8443/a/b.csv.gz?token=s3cr3t&part=1"


def test_public_address_has_host_and_path_alone() -> None:
    assert public(SECRET) == "https://host.invalid:8443/a/b.csv.gz?***"
    assert public("https://host/a.csv") == "https://host/a.csv"
    assert public("data/ratings.csv") == "data/ratings.csv"


def test_secrets_leave_a_text_encoded_or_not() -> None:
    text = "cannot reach https://ann:hunter%402@host with hunter@2, s3cr3t"
    assert not {"ann", "hunter", "s3cr3t"} & set(scrubbed(text, SECRET).replace(":", " ").replace("/", " ").split())
    assert "s3cr3t" not in scrubbed(text, SECRET)
    assert "hunter" not in scrubbed(text, SECRET)


def test_neither_path_nor_listing_nor_error_shows_a_secret(tmp_path: Path) -> None:
    catalogue = tmp_path / "c.toml"
    catalogue.write_text(
        f'schema = 1\n[datasets."toy"]\nformat = "amazon-csv-2014"\nurl = "{SECRET}"\nuser_ids = "toy"\n'
    )
    with pytest.raises(TlbenchError) as caught:
        load("toy", catalogue=catalogue, offline=True)
    info = describe("toy", catalogue=catalogue)
    shown = f"{caught.value.message} {caught.value.hint} {info}"
    for secret in ("ann:", "hunter", "s3cr3t"):
        assert secret not in shown
    assert "host.invalid" in shown


def test_addresses_that_differ_in_their_query_have_files_of_their_own() -> None:
    one, other = (raw_path(f"https://h/get.csv?id={k}") for k in (1, 2))
    assert one != other
    assert one.suffix == ".csv"
    assert raw_path("https://a:b@h/x.csv") == raw_path("https://h/x.csv")


@pytest.mark.parametrize(
    "url",
    [
        "https://../x",
        "https://..%2f..%2f/x",
        "https://h/../../x",
        "https://h/%2e%2e/%2e%2e/x",
        "https://h/C:\\x",
        "https:///x",
    ],
)
def test_no_address_leads_out_of_the_raw_folder(url: str, own_cache: Path) -> None:
    root = (own_cache / "raw").resolve()
    assert root in raw_path(url).resolve().parents


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_host_or_path_whatsoever_leads_out(host: str, path: str) -> None:
    try:
        parts = place_of(f"https://{host}/{path}").parts
    except ValueError:  # the standard library cannot read it; a catalogue refuses it
        return
    assert parts
    assert not {"..", ".", "", "/"} & set(parts)
    assert not any(mark in part for part in parts for mark in "/\\\0")


@pytest.mark.parametrize(
    "url", ["https://../x", "https:///x", "ftp://h/x", "h/x", 3, "https://h:port/x", "https://[::1/x", "https://a b/x"]
)
def test_what_is_no_address_is_refused(url: object) -> None:
    with pytest.raises(ValueError):
        check_url(url)


@pytest.mark.parametrize("url", ["https://h/x", "http://127.0.0.1:8000/x", "https://[::1]:80/x", "file:///tmp/x"])
def test_addresses_of_all_kinds_pass(url: str) -> None:
    assert check_url(url) == url


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('like = ["a"]', "there is no template ['a']"),
        ("rating_scale = [1, inf]", "must be finite"),
        ("rating_scale = [nan, 5]", "must be finite"),
        ('items_file = "a\\u0000b"', "without NUL"),
        ('format = ["csv"]', "must be one of"),
        ('time_unit = ["s"]', "must be"),
        ('items_url = "https://../x"', "name of a host"),
    ],
)
def test_odd_value_in_a_catalogue_is_a_problem_with_its_key(write_set: Write, line: str, problem: str) -> None:
    with pytest.raises(TlbenchError) as caught:
        load("toy", catalogue=_edited(write_set(b"a,b,1,1\n", "amazon-csv-2014"), line))
    assert problem in caught.value.message


def _edited(catalogue: Path, line: str) -> Path:
    key = line.split(" ")[0]
    kept = [text for text in catalogue.read_text().splitlines() if not text.startswith(f"{key} ")]
    catalogue.write_text("\n".join([*kept, line]) + "\n")
    return catalogue
