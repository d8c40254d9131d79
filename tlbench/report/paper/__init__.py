"""Findings -> what goes into a paper: tables, references, a methods paragraph, generated from what was really done."""

SHOWN = ("methods",)
LEFT_OUT = (
    "a paper has a text of its own: its tables hold the methods, and the methods paragraph says what was judged, tuned "
    "and left out"
)
"""The sections that a paper's tables show, and why they show no others."""
