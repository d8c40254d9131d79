"""Per-user values of two sides -> Comparison: tests, intervals, effects and corrections."""
