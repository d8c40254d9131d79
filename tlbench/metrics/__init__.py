"""Scores -> rankings -> one value a user."""
