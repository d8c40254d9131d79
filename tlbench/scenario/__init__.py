"""Interactions of several domains -> Scenario: who and what the domains share."""
