"""Search space x budget -> parameters, by optuna, on the validation part only, with the same budget for everybody."""

from tlbench.tune.search import SEED, Search, at_edges
from tlbench.tune.trials import Budget, Trial, Tuning
from tlbench.tune.tuning import PATIENCE, tune

__all__ = ["PATIENCE", "SEED", "Budget", "Search", "Trial", "Tuning", "at_edges", "tune"]
