"""Paper output: tables hold the findings' numbers, LaTeX compiles where it is there, citations have entries."""

import csv
import io
import re
import shutil
import subprocess

import pytest

from tlbench.pipeline import read_findings
from tlbench.registry import METHODS, METRICS
from tlbench.report.paper.methods import listed, methods_paragraph
from tlbench.report.paper.references import as_bibtex, used_works, works_of
from tlbench.report.paper.tables import as_csv, as_latex, escape

PAIR = "demo-movies->demo-books"
WORSE = "demo-noise->demo-books"


@pytest.fixture(scope="module")
def findings(tmp_path_factory, make_results, values):
    helps = {
        "ease": values(spread=0),
        "ials": values(-0.01, seeds=3, key="i"),
        "pooled-ease": values(0.02, key="p"),
        "pooled-ease~shuffled-bridge": values(0.0, seeds=3, key="b"),
        "cmf": values(-0.01, seeds=3, key="c"),
        "cmf~shuffled-bridge": values(-0.01, seeds=3, key="d"),
    }
    hurts = {**helps, "pooled-ease": values(-0.02, key="q")}
    return read_findings(make_results(tmp_path_factory.mktemp("paper") / "made_1", {PAIR: helps, WORSE: hurts}))


def rows_of(latex):
    return {line.split("~")[0]: line for line in latex.splitlines() if line.endswith(r"\\") and "cite" in line}


def test_best_is_bold_and_marks_stand_where_the_verdict_is(findings):
    first, second = as_latex(findings).split(r"\end{table}")[:2]
    assert rows_of(first)["pooled-ease"].count(r"\textbf") == 1
    assert r"$^{\dagger\ddagger}$" in rows_of(first)["pooled-ease"]
    assert r"\textbf" not in rows_of(first)["ease"]
    assert r"$^{\triangledown}$" in rows_of(second)["pooled-ease"]
    assert r"\textbf" in rows_of(second)["ease"]


def test_the_caption_explains_every_mark_that_is_used_and_no_other(findings):
    for table in as_latex(findings).split(r"\end{table}")[:2]:
        caption = re.search(r"\\caption\{(.*)\}", table).group(1)
        body = table.split(r"\midrule", 1)[1]
        for mark in (r"\dagger", r"\ddagger", r"\triangledown", r"\approx"):
            used = re.search(re.escape(mark) + r"\b", body) is not None
            assert (re.search(re.escape(mark) + r"\b", caption) is not None) == used, mark
        assert "Bonferroni over 2 candidates" in caption


def test_special_characters_are_escaped():
    assert escape("a_b & 5% #1 {x} ~ ^ \\") == (
        r"a\_b \& 5\% \#1 \{x\} \textasciitilde{} \textasciicircum{} \textbackslash{}"
    )
    assert escape("a->b") == r"a$\rightarrow$b"


def test_every_citation_has_its_entry(findings):
    cited = {key for keys in re.findall(r"\\cite\{([^}]*)\}", as_latex(findings)) for key in keys.split(",")}
    entries = set(re.findall(r"^@\w+\{([^,]+),", as_bibtex(findings), flags=re.MULTILINE))
    assert cited <= entries
    assert {"steck2019embarrassingly", "dunn1961multiple", "hillis2007comparison"} <= entries


def test_bibtex_names_what_was_used_and_nothing_else(findings):
    assert set(used_works(findings)) >= {"ease", "ials", "pooled-ease", "cmf", "ndcg@10", "tests", "shuffled-bridge"}
    assert "codebook" not in used_works(findings)


@pytest.mark.parametrize("registry", [METHODS, METRICS], ids=["methods", "metrics"])
def test_every_registered_reference_with_a_year_gives_an_entry(registry):
    for entry in registry:
        works = works_of(entry.reference)
        assert bool(works) == bool(re.search(r"\b(1[89]|20)\d\d\b", entry.reference)), entry.name
        for work in works:
            assert re.fullmatch(r"@\w+\{[a-z0-9]+,\n(  \w+ = \{.*\},?\n)+\}", work.as_bibtex()), work


def test_csv_holds_every_mean_and_comparison_unrounded(findings):
    rows = list(csv.DictReader(io.StringIO(as_csv(findings))))
    for found in findings.scenarios:
        for summary in found.methods:
            (row,) = (
                row
                for row in rows
                if (row["scenario"], row["method"], row["placebo"])
                == (found.counts.scenario, summary.method, summary.placebo or "")
            )
            assert float(row["test"]) == summary.test["ndcg@10"]
            judgement = found.judgement(summary.method) if not summary.placebo else None
            if judgement:
                assert float(row["counterpart_p_adjusted"]) == judgement.counterpart.comparison.adjusted
                assert row["verdict"] == judgement.outcome.value


def test_the_methods_paragraph_says_what_was_done(findings):
    text = methods_paragraph(findings)
    assert "2 transfer methods (pooled-ease and cmf) with 2 target-only baselines (ease and ials)" in text
    assert "400 and 400 users were judged" in text
    assert "divided at random" in text
    assert "Bonferroni over 2 candidates" in text
    assert "paired t and crossed users x seeds" in text
    assert "shuffled-bridge" in text
    assert "3 seeds" in text


def test_words_are_joined_as_a_sentence_does():
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "none",
        "a",
        "a and b",
        "a, b and c",
    ]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex")
def test_the_tables_compile(findings, tmp_path):
    (tmp_path / "tables.tex").write_text(as_latex(findings))
    (tmp_path / "references.bib").write_text(as_bibtex(findings))
    (tmp_path / "paper.tex").write_text(
        r"\documentclass{article}\usepackage{booktabs,amssymb}\begin{document}\input{tables}"
        r"\bibliographystyle{plain}\bibliography{references}\end{document}"
    )

    def run(*command):
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)

    for command in (["pdflatex", "-interaction=nonstopmode", "paper"], ["bibtex", "paper"]):
        done = run(*command)
        assert done.returncode == 0, done.stdout[-2000:]
    run("pdflatex", "-interaction=nonstopmode", "paper")
    done = run("pdflatex", "-interaction=nonstopmode", "paper")
    assert done.returncode == 0
    assert "undefined" not in done.stdout
    assert (tmp_path / "paper.pdf").stat().st_size > 10_000
