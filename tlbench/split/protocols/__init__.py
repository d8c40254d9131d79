"""Ways to split a target: one file each, registered there; importing the package registers all of them."""

from tlbench.split.protocols import (
    cold_start,
    given,
    k_fold,
    k_shot,
    leave_last_out,
    leave_n_out,
    merged_last_out,
    profile,
    ratio,
    rolling,
    temporal,
    user_fold,
)

__all__ = [
    "cold_start",
    "given",
    "k_fold",
    "k_shot",
    "leave_last_out",
    "leave_n_out",
    "merged_last_out",
    "profile",
    "ratio",
    "rolling",
    "temporal",
    "user_fold",
]
