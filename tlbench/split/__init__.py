"""Scenario -> Split: one file a protocol; `Training` is all that a method ever sees."""
