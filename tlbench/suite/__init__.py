"""Command line or TOML -> Suite (what is run and how it is judged) and Settings (with what means), checked once."""

from tlbench.suite.checks import suite_from_table, validated
from tlbench.suite.reading import Request, read_request, suite_from_file
from tlbench.suite.settings import Settings
from tlbench.suite.suite import Suite

__all__ = ["Request", "Settings", "Suite", "read_request", "suite_from_file", "suite_from_table", "validated"]
