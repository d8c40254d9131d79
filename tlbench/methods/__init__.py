"""Training -> Scorer: target-only baselines, transfer methods and placebos, one per file."""
