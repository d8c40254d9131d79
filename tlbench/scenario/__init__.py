"""Interactions of several domains -> Scenario: who and what the domains share."""

from tlbench.scenario.grammar import ScenarioName, parse_scenario
from tlbench.scenario.scenario import Bridge, Filters, ItemLinks, Scenario

__all__ = ["Bridge", "Filters", "ItemLinks", "Scenario", "ScenarioName", "parse_scenario"]
