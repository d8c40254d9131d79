"""Findings and evidence -> the report as data: sections of blocks, which every format renders and none computes.

A section is one file in ``tlbench/report/sections``, or one that an entry point of the group ``tlbench.sections``
brings in. Every writer shows it, unless its ``LEFT_OUT`` says why not.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tlbench.errors import TlbenchError
from tlbench.plugins import load_group

if TYPE_CHECKING:
    from tlbench.analysis.evidence import ScenarioEvidence, SuiteEvidence
    from tlbench.analysis.summary import Findings, ScenarioFindings
    from tlbench.report.blocks import Block
    from tlbench.suite import Suite

_FOLDER = "tlbench.report.sections"


@dataclass(frozen=True, eq=False)
class Report:
    """What a report is made from, read once.

    Parameters
    ----------
    findings
        The judgements.
    make_evidence
        Returns what is there to see beyond them; called at most once, and only where a section asks for it. Without it
        a report can be printed in brief, as Markdown and as JSON.
    """

    findings: Findings
    make_evidence: Callable[[], SuiteEvidence] | None = None

    @cached_property
    def evidence(self) -> SuiteEvidence:
        """What is there to see beyond the findings."""
        if self.make_evidence is None:
            raise TlbenchError("this report was made from findings alone", hint="read it with `read_report(FOLDER)`")
        return self.make_evidence()

    @property
    def suite(self) -> Suite:
        """What was run, and how it was judged."""
        return self.findings.suite

    @property
    def scenarios(self) -> tuple[InScenario, ...]:
        """The parts of the report that belong to one scenario each."""
        return tuple(InScenario(self, place) for place in range(len(self.findings.scenarios)))


@dataclass(frozen=True, eq=False)
class InScenario:
    """One scenario of a report."""

    report: Report
    place: int

    @property
    def suite(self) -> Suite:
        """What was run, and how it was judged."""
        return self.report.suite

    @property
    def found(self) -> ScenarioFindings:
        """The judgements."""
        return self.report.findings.scenarios[self.place]

    @property
    def seen(self) -> ScenarioEvidence:
        """What is there to see beyond them."""
        return self.report.evidence.scenarios[self.place]

    @property
    def name(self) -> str:
        """The scenario."""
        return self.found.counts.scenario


Place = TypeVar("Place", Report, InScenario)


@dataclass(frozen=True)
class SectionEntry(Generic[Place]):
    """A registered section.

    Attributes
    ----------
    key, heading
        Its name for programs and for people.
    order
        The lower, the more it matters; a page begins with it, a terminal ends with it, beside the prompt.
    make
        Gives the blocks of one place; no block means that there is nothing to say.
    verbose
        Whether a terminal shows it on ``--verbose`` only.
    data
        Gives the same for programs, by keys of the JSON report; None where other keys hold it.
    """

    key: str
    heading: str
    order: int
    make: Callable[[Place], Iterable[Block]]
    verbose: bool
    data: Callable[[Place], Mapping[str, Any]] | None


@dataclass(frozen=True, eq=False)
class Section:
    """A section in its place; its blocks are made when they are asked for."""

    key: str
    heading: str
    verbose: bool
    make: Callable[[], Iterable[Block]]

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """What it says."""
        return tuple(self.make())


_OF_SUITE: dict[str, SectionEntry[Report]] = {}
_OF_SCENARIO: dict[str, SectionEntry[InScenario]] = {}


def suite_section(
    key: str,
    heading: str,
    *,
    order: int,
    verbose: bool = False,
    data: Callable[[Report], Mapping[str, Any]] | None = None,
) -> Callable[[Callable[[Report], Iterable[Block]]], Callable[[Report], Iterable[Block]]]:
    """Register a section of the whole suite; see `SectionEntry`."""

    def register(make: Callable[[Report], Iterable[Block]]) -> Callable[[Report], Iterable[Block]]:
        _OF_SUITE[key] = SectionEntry(key, heading, order, make, verbose, data)
        return make

    return register


def scenario_section(
    key: str,
    heading: str,
    *,
    order: int,
    verbose: bool = False,
    data: Callable[[InScenario], Mapping[str, Any]] | None = None,
) -> Callable[[Callable[[InScenario], Iterable[Block]]], Callable[[InScenario], Iterable[Block]]]:
    """Register a section of each scenario; see `SectionEntry`."""

    def register(make: Callable[[InScenario], Iterable[Block]]) -> Callable[[InScenario], Iterable[Block]]:
        _OF_SCENARIO[key] = SectionEntry(key, heading, order, make, verbose, data)
        return make

    return register


@cache
def load_sections() -> None:
    """Register this package's sections and those of installed packages, once."""
    for module in pkgutil.iter_modules(importlib.import_module(_FOLDER).__path__):
        importlib.import_module(f"{_FOLDER}.{module.name}")
    load_group("tlbench.sections")


def entries_of_suite() -> list[SectionEntry[Report]]:
    """Return the sections of a suite, what matters most first."""
    load_sections()
    return sorted(_OF_SUITE.values(), key=lambda entry: (entry.order, entry.key))


def entries_of_scenario() -> list[SectionEntry[InScenario]]:
    """Return the sections of a scenario, what matters most first."""
    load_sections()
    return sorted(_OF_SCENARIO.values(), key=lambda entry: (entry.order, entry.key))


def sections_of(
    place: Report | InScenario, *, without: Iterable[str] = (), verbose: bool | None = None
) -> Iterator[Section]:
    """Go through the sections of a place that have something to say, what matters most first.

    `without` names sections that are not wanted; `verbose` wants only those that are verbose, or that are not.
    """
    left_out = set(without)
    made: list[Section]
    if isinstance(place, Report):
        made = [_section(entry, place) for entry in entries_of_suite()]
    else:
        made = [_section(entry, place) for entry in entries_of_scenario()]
    for section in made:
        wanted = section.key not in left_out and (verbose is None or section.verbose == verbose)
        if wanted and section.blocks:
            yield section


def _section(entry: SectionEntry[Place], place: Place) -> Section:
    return Section(entry.key, entry.heading, entry.verbose, lambda: entry.make(place))
