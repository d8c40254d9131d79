"""Scores -> rankings -> one value per user."""
