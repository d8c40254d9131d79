"""Results -> judgements: verdicts, what changed, what explains them, how they move with the data."""
