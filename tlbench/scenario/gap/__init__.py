"""Scenario -> Gap: how unlike its domains are, and what they share, before anything is trained."""

from tlbench.scenario.gap.figures import DomainShape, Gap, SourceGap, Taste, TextGap, Tie, gap_table
from tlbench.scenario.gap.make import make_gap

__all__ = ["DomainShape", "Gap", "SourceGap", "Taste", "TextGap", "Tie", "gap_table", "make_gap"]
