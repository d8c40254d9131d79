"""The decorator of the methods' kernels."""

from __future__ import annotations

from tlbench.kernels import REORDERED, compiled_at_first_call

kernel = compiled_at_first_call(fastmath=REORDERED, divides_by_zero=True)
