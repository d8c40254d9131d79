"""Cells and suites to disk and back; finished cells are reused, never stale ones."""
