"""What `import tlbench` gives: run and judge, read results, compare, inspect, plan, evaluate."""

from __future__ import annotations

from tlbench.api.asking import Card, compare, evaluate, inspect, power
from tlbench.api.profiling import Profiles, profile
from tlbench.api.requests import RunOptions, make_request
from tlbench.api.results import Results
from tlbench.api.running import load, run

__all__ = [
    "Card",
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
