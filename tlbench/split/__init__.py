"""Scenario -> Split: one file per protocol; `Training` is all that a method ever sees."""
