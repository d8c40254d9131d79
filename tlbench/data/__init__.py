"""Raw files -> Interactions and item tables."""
