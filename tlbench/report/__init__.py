"""Verdicts -> terminal, markdown and JSON."""
