"""Interactions of several domains -> Scenario: who and what the domains share."""

from tlbench.scenario.grammar import ScenarioName, parse_scenario
from tlbench.scenario.scenario import Bridge, Filters, ItemAlignment, Scenario

__all__ = ["Bridge", "Filters", "ItemAlignment", "Scenario", "ScenarioName", "parse_scenario"]
