"""What somebody named or wrote into an error stays text in whatever a report is opened with."""

import csv
import io

import pytest

from tlbench.report.markdown import plain, table
from tlbench.report.rows import as_csv


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")'])
def test_spreadsheets_compute_nothing_that_a_csv_holds(text):
    (row,) = csv.reader(io.StringIO(as_csv([("user", text, -0.5)])))
    assert row == ["user", f"'{text}".replace("\r", " "), "-0.5"]


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "</details>", "<!-- ", "<img src=x onerror=y>"])
def test_markdown_holds_no_tag_of_a_name(text):
    assert plain(f"p < .001 for {text}") == f"p < .001 for {text.replace('<', '&lt;')}"


def test_cell_of_a_table_ends_where_it_should():
    lines = table(["method", "reason"], [("a|b", "one\ntwo | three")], left=(0, 1)).split("\n")
    assert len(lines) == 3
    assert lines[2] == r"| a\|b | one two \| three |"
