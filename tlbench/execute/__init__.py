"""Cells -> RunResults: run what is missing, reuse what is there."""
