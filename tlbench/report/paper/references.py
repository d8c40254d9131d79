"""What a run used -> its works, each with a key to cite it by, and their BibTeX."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tlbench.registry import METHODS, PLACEBOS, metric_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tlbench.analysis.summary import Findings

_IDENTIFIER = re.compile(r"doi:(10\.\S+?)(?=[\s,;)]|$)|(arXiv:\d{4}\.\d{4,5})")
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")
TESTS = ("10.1002/sim.2532", "satterthwaite", "10.1007/BF01068419", "10.1111/j.2517-6161.1954.tb00159.x")
"""Works of the crossed test, of TOST and of the intervals of relative differences."""
TUNING = ("10.1145/3292500.3330701", "bergstra")
"""Works of optuna and of its tree-structured Parzen estimator."""


@dataclass(frozen=True)
class Work:
    """A work with the key that BibTeX knows it by; where nothing more is known, a note with the registered text."""

    key: str
    fields: Mapping[str, str] = field(default_factory=dict)

    def as_bibtex(self) -> str:
        """Return the entry."""
        kinds = {"journal": "article", "booktitle": "inproceedings", "publisher": "book"}
        kind = next((kind for name, kind in kinds.items() if name in self.fields), "misc")
        lines = [f"  {name} = {{{value}}}" for name, value in self.fields.items()]
        return "\n".join([f"@{kind}{{{self.key},", ",\n".join(lines), "}"])


def works_of(reference: str) -> list[Work]:
    """Read a reference as entries register it: every DOI and arXiv number in it, or the text itself.

    A text without a year refers to no work (``the expectation of any ranking that knows nothing``).
    """
    if not _YEAR.search(reference):
        return []
    found = [_known(doi or arxiv) for doi, arxiv in _IDENTIFIER.findall(reference)]
    if any(work is None for work in found) or not found:
        return [_of_text(reference), *(work for work in found if work is not None)]
    return [work for work in found if work is not None]


def work_named(name: str) -> Work:
    """Return a work of `works.toml`."""
    work = _known(name)
    if work is None:
        raise KeyError(name)
    return work


def used_works(findings: Findings) -> dict[str, list[Work]]:
    """All works of a run by what cites them: methods, placebos, metrics, data sets, tests, in the order of use."""
    suite = findings.suite
    methods = dict.fromkeys(summary.method for found in findings.scenarios for summary in found.methods)
    placebos = dict.fromkeys(s.placebo for found in findings.scenarios for s in found.methods if s.placebo)
    domains = {domain.name: domain.reference for found in findings.scenarios for domain in found.counts.domains}
    cited: dict[str, list[Work]] = {name: works_of(METHODS.get(name).reference) for name in methods}
    cited |= {name: works_of(PLACEBOS.get(name).reference) for name in placebos}
    cited |= {name: works_of(metric_entry(name).reference) for name in suite.metrics}
    cited |= {name: works_of(reference) for name, reference in domains.items() if reference}
    if suite.tune:
        cited["tuning"] = [work_named(name) for name in TUNING]
    cited["tests"] = [work_named(name) for name in (*TESTS, *_of_correction(suite.correction))]
    return cited


def as_bibtex(findings: Findings) -> str:
    """Return BibTeX of every method, placebo, metric, data set and test that was used."""
    works = {work.key: work for found in used_works(findings).values() for work in found}
    return "\n\n".join(works[key].as_bibtex() for key in sorted(works)) + "\n"


def cite(works: Iterable[Work]) -> str:
    r"""Return ``\cite{...}``, empty where there is nothing to cite."""
    keys = ",".join(dict.fromkeys(work.key for work in works))
    return f"~\\cite{{{keys}}}" if keys else ""


def _of_correction(name: str) -> tuple[str, ...]:
    return (name,) if name in _table() else ()


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads((files("tlbench.report.paper") / "works.toml").read_text(encoding="utf-8"))


def _known(identifier: str) -> Work | None:
    found = _table().get(identifier)
    if found is None:
        return None
    fields = {name: str(value) for name, value in found.items()}
    if identifier.startswith("10."):
        fields["doi"] = identifier
    elif identifier.startswith("arXiv:"):
        fields |= {"eprint": identifier.removeprefix("arXiv:"), "archiveprefix": "arXiv"}
    return Work(_key(fields["author"], fields["title"], fields["year"]), fields)


def _key(author: str, title: str, year: str) -> str:
    """Surname, year and first long word of the title: ``steck2019embarrassingly``."""
    surname = re.sub(r"[^A-Za-z]", "", author.split(",")[0]).lower()
    word = next((word for word in re.findall(r"[A-Za-z]+", title) if len(word) > 3), "")
    return f"{surname}{year}{word.lower()}"


def _of_text(reference: str) -> Work:
    """Make an entry of a reference of which no more is known than its text."""
    plain = reference.replace("{", "").replace("}", "")
    year = _YEAR.search(plain)
    fields = {"note": _escaped(plain)}
    if year:
        fields["year"] = year.group()
    identifier = _IDENTIFIER.search(plain)
    if identifier and identifier.group(1):
        fields["doi"] = identifier.group(1)
    surname = re.match(r"[^\W\d_]+", plain)
    word = re.search(r'"(\w+)', plain)
    stem = f"{surname.group() if surname else 'work'}{year.group() if year else ''}{word.group(1) if word else ''}"
    return Work(re.sub(r"[^a-z0-9]", "", stem.lower()), fields)


def _escaped(text: str) -> str:
    return re.sub(r"([&%$#_])", r"\\\1", text)
