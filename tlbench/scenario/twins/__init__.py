"""Interactions x 2, or x 1 -> Twins: items that are the same events under two ids."""

from tlbench.scenario.twins.find import Twins, find_all_twins, find_double_listings, find_twins
from tlbench.scenario.twins.grades import SAME, Grade
from tlbench.scenario.twins.remove import (
    SourceTwins,
    merge_double_listings,
    twins_of_target,
    without_twins,
)

__all__ = [
    "SAME",
    "Grade",
    "SourceTwins",
    "Twins",
    "find_all_twins",
    "find_double_listings",
    "find_twins",
    "merge_double_listings",
    "twins_of_target",
    "without_twins",
]
