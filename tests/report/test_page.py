"""The HTML report in a real browser: it opens without network, its charts show the numbers of the JSON, keys reach all.

The browser is Debian's Chromium, driven by Playwright; where neither it nor another Chromium is found the tests skip.
"""

import json
import time
from dataclasses import replace

import pytest

from tlbench.analysis.evidence import make_evidence
from tlbench.analysis.summary import make_findings
from tlbench.analysis.verdict import Finding
from tlbench.pipeline import read_report
from tlbench.registry import METHODS
from tlbench.report import as_json
from tlbench.report.charts.atlas import LEADING, atlas, field
from tlbench.report.charts.gallery import pictures, spec_of
from tlbench.report.document import Report
from tlbench.report.page.build import as_html
from tlbench.report.page.render import embedded
from tlbench.scenario.grammar import parse_scenario
from tlbench.store.results import ResultsFolder
from tlbench.tune import Budget, Trial, Tuning

WIDTHS = (400, 1400)
SORTED_BY = "[...document.querySelectorAll('#verdicts tbody tr')].map(r => Number(r.cells[4].dataset.value))"
PAIR = "demo-movies->demo-books", "demo-noise->demo-books"


def methods(values, *, seeds=3):
    return {
        "ease": values(spread=0),
        "ials": values(seeds=seeds, key="i"),
        "pooled-ease": values(0.02, key="p"),
        "pooled-ease~shuffled-bridge": values(0.0, seeds=seeds, key="b"),
        "cmf": values(-0.03, seeds=seeds, key="c"),
        "cmf~shuffled-bridge": values(-0.03, seeds=seeds, key="d"),
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory, make_results, values):
    """Two scenarios with the same values."""
    return make_results(tmp_path_factory.mktemp("page") / "made", dict.fromkeys(PAIR, methods(values)))


@pytest.fixture(scope="module")
def page_file(results, tmp_path_factory):
    path = tmp_path_factory.mktemp("html") / "report.html"
    report = read_report(results)
    findings = replace(report.findings, suite=replace(report.suite, name="<b>made"))  # no file could be called so
    path.write_text(as_html(Report(findings, report.make_evidence)), encoding="utf-8")
    return path


@pytest.fixture
def opened(open_page, page_file):
    """Open the report of two scenarios, or another file."""

    def open_report(width=1400, scheme="light", file=page_file):
        return open_page(file, width, scheme)

    return open_report


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_opens_without_complaint_or_request_and_fits_its_width(opened, width, scheme):
    page = opened(width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert page.locator(".plot svg.marks").count() == page.locator(".plot").count() == 8
    smallest = page.evaluate("Math.min(...[...document.querySelectorAll('.plot svg.marks')].map(e => e.clientWidth))")
    assert smallest > 150
    assert page.get_by_text("cannot be drawn").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(opened, scheme):
    """WCAG 2 AA: 4.5 to 1 for text, here of body, soft text, links and verdicts."""
    page = opened(1400, scheme)
    for selector in ("body", ".legend", "nav a", "tr.good td.verdict", "tr.bad td.verdict", "th button"):
        ink, ground = page.evaluate(
            """selector => {
                const element = document.querySelector(selector);
                let under = element, ground = "rgba(0, 0, 0, 0)";
                while (under && ground === "rgba(0, 0, 0, 0)") {
                    ground = getComputedStyle(under).backgroundColor; under = under.parentElement;
                }
                return [getComputedStyle(element).color, ground];
            }""",
            selector,
        )
        assert contrast(ink, ground) >= 4.5, (selector, ink, ground)


def contrast(one, other):
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_charts_show_the_numbers_of_the_json(opened, results):
    page = opened()
    report = json.loads(as_json(read_report(results)))
    report["suite"]["name"] = "<b>made"  # the page was made under another name
    assert json.loads(page.evaluate("document.getElementById('report-json').textContent")) == report
    judged = {
        (one["scenario"], one["method"]): one["counterpart"]["comparison"]
        for found in report["scenarios"]
        for one in found["judgements"]
    }
    marks = page.evaluate(
        """() => Object.values(tlbenchViews.forest.getState({data: () => true}).data).flat()
            .filter(row => row && row.method && row.gain !== undefined)"""
    )
    assert {(row["scenario"], row["method"]) for row in marks} == set(judged)
    for row in marks:
        comparison = judged[row["scenario"], row["method"]]
        assert row["gain"] == comparison["relative"]
        assert (row["gain_low"], row["gain_high"]) == (comparison["relative_low"], comparison["relative_high"])


def test_the_user_histogram_counts_every_user(results):
    evidence = read_report(results).evidence
    for one in (found for scenario in evidence.scenarios for found in scenario.methods):
        assert sum(part.users for part in one.bins) == 400


def test_the_table_sorts_and_filters_by_keyboard(opened):
    page = opened()
    page.locator("#filter-text").focus()
    page.keyboard.type("cmf")
    assert page.locator("#verdicts tbody tr:visible").count() == 2
    assert (
        page.locator("#filter-count").inner_text() == "2 of 10 rows"
        or "2 of" in page.locator("#filter-count").inner_text()
    )
    page.locator("#filter-text").fill("")
    heading = page.locator("#verdicts th button", has_text="ndcg@10")
    heading.focus()
    page.keyboard.press("Enter")
    values = page.evaluate(SORTED_BY)
    assert values == sorted(values, reverse=True)
    page.keyboard.press("Enter")
    values = page.evaluate(SORTED_BY)
    assert values == sorted(values)
    assert page.locator("#verdicts th", has_text="ndcg@10").get_attribute("aria-sort") == "ascending"


def test_the_tab_key_reaches_every_control_and_chart(opened):
    page = opened()
    reached = set()
    for _ in range(200):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "(e => e === document.body ? null : e.id || e.className || e.textContent)(document.activeElement)"
        )
        if found is None:
            break
        reached.add(found)
    figures = page.evaluate("[...document.querySelectorAll('figure.chart')].map(f => f.id)")
    assert {"skip", "theme", "filter-text", "filter-scenario", "filter-verdict", *figures} <= reached


def test_the_button_turns_day_to_night(opened):
    page = opened()
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("#theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    assert page.locator("#theme").get_attribute("aria-pressed") == "true"


def test_names_cannot_break_out_of_the_page(opened):
    page = opened()
    assert page.locator("h1").inner_text() == "<b>made"
    assert "</script" not in embedded({"name": "</script><script>alert(1)</script>"})


def test_specifications_fit_the_schema_of_vega_lite(results):
    import altair as alt

    drawn = [alt.Chart.from_dict(picture.spec, validate=True) for picture in pictures(read_report(results))]
    assert len(drawn) > 3


def test_methods_that_change_nothing_leave_no_empty_chart(opened, make_results, values, tmp_path):
    same = {"ease": values(spread=0), "pooled-ease": values(spread=0)}
    folder = make_results(tmp_path / "same", {PAIR[0]: same})
    file = tmp_path / "same.html"
    file.write_text(as_html(read_report(folder)), encoding="utf-8")
    page = opened(file=file)
    assert page.locator("figure.chart[id^=users-]").count() == 0
    assert "no user's value differs" in page.content()


def test_the_atlas_is_pale_where_nothing_is_shown():
    """A large estimate of which the data say nothing must not outshine a small one that is shown."""
    rows = [
        {**field("a->b", "m", 0.20, Finding.INCONCLUSIVE), "choice": LEADING},
        {**field("a->c", "m", 0.03, Finding.HELPS), "choice": LEADING},
        {**field("b->c", "m", -0.03, Finding.HURTS), "choice": LEADING},
        {**field("b->a", "m", None, Finding.NOT_COMPARABLE), "choice": LEADING},
    ]
    spec = spec_of(atlas(rows, metric="ndcg@10"))
    (drawn,) = (values for values in spec["datasets"].values() if len(values) == len(rows))
    open_, helps, hurts, missing = (row["shade"] for row in drawn)
    assert 0 < open_ < helps / 3
    assert (helps, hurts, missing) == (0.03, -0.03, None)


def searches(methods, trials):
    """A search per method and one per placebo of it, each of so many trials."""
    made = []
    for entry in map(METHODS.get, methods):
        known = dict(vars(entry.build()))
        tried = tuple(Trial(i, known, {}, "complete", 0.1234567890123 + i / 1000) for i in range(trials))
        placebos = (None, entry.placebo) if entry.placebo else (None,)
        made += [Tuning(entry.name, placebo, Budget(trials), tried) for placebo in placebos]
    return tuple(made)


@pytest.mark.slow
def test_a_suite_of_200_comparisons_opens_fast_and_is_small(opened, make_results, values, tmp_path):
    """25 scenarios of 8 transfer methods, each tuned in 50 trials; under 8 MB, and readable in under 2 s."""
    names = ["pooled-ease", "pooled-item-knn", "cmf", "emcdr", "knn-transfer", "codebook", "rmgm", "talmud"]
    controls = ["ease", "item-knn", "ials", "own-codebook", "flexible-mixture", "popularity", "user-knn"]
    one = {name: values(0.01 * i, users=200, key=name) for i, name in enumerate((*controls, *names))}
    folder = ResultsFolder(make_results(tmp_path / "one", {PAIR[0]: one}))
    found = folder.read_scenario(PAIR[0])
    scenarios = [f"amazon-source{i}->amazon-target{i % 5}" for i in range(25)]
    tuned = replace(found, tunings=searches((*controls, *names), 50))
    results = [replace(tuned, counts=replace(found.counts, scenario=name)) for name in scenarios]
    suite = replace(folder.read_suite(), tune=50, scenarios=tuple(map(parse_scenario, scenarios)))
    findings = make_findings(suite, results)
    assert sum(len(found.judgements) for found in findings.scenarios) == 200
    file = tmp_path / "big.html"
    file.write_text(as_html(Report(findings, lambda: make_evidence(suite, results, {}))), encoding="utf-8")
    assert file.stat().st_size < 8_000_000, file.stat().st_size
    start = time.monotonic()
    page = opened(file=file)
    assert page.evaluate("tlbenchReady") < 2000
    assert time.monotonic() - start < 60


def test_without_what_draws_the_page_has_all_but_charts_and_says_why(results, monkeypatch):
    monkeypatch.setattr("tlbench.report.charts.library.find_spec", lambda name: None)
    report = read_report(results)
    page = as_html(report)
    assert page.count("tlbench[pictures]") == 1
    assert "<figure" not in page
    assert "vegaEmbed=" not in page
    assert 'href="#charts"' not in page
    assert all(method in page for method in ("pooled-ease", "cmf"))
    assert report.findings.scenarios[0].judgements[0].sentence.split(",")[0] in page


def test_a_page_without_charts_opens_without_complaint(results, open_page, tmp_path, monkeypatch):
    monkeypatch.setattr("tlbench.report.charts.library.find_spec", lambda name: None)
    path = tmp_path / "plain.html"
    path.write_text(as_html(read_report(results)), encoding="utf-8")
    page = open_page(path)
    assert page.locator("#no-charts").is_visible()
    assert page.locator("#verdicts tbody tr").count() > 4
