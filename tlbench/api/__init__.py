"""What `import tlbench` gives: run and judge, read results, compare, inspect, plan, evaluate."""

from __future__ import annotations

from tlbench.api.comparing import Changes, compare
from tlbench.api.inspecting import Card, inspect
from tlbench.api.measuring import Measurements, evaluate
from tlbench.api.planning import Plans, power
from tlbench.api.profiling import Profiles, profile
from tlbench.api.requests import RunOptions, make_request
from tlbench.api.results import Results
from tlbench.api.running import load, run

__all__ = [
    "Card",
    "Changes",
    "Measurements",
    "Plans",
    "Profiles",
    "Results",
    "RunOptions",
    "compare",
    "evaluate",
    "inspect",
    "load",
    "make_request",
    "power",
    "profile",
    "run",
]
