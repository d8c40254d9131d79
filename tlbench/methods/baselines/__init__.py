"""Methods that see the target only."""
