"""Interactions x 2, or x 1 -> Twins: items that are the same events under two ids."""

from tlbench.scenario.twins.find import Twins, find_double_listings, find_twins
from tlbench.scenario.twins.grades import SAME, Grade

__all__ = ["SAME", "Grade", "Twins", "find_double_listings", "find_twins"]
