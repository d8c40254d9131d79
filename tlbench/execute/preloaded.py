"""What every worker process has in memory before there is one: they are forked from a process that imported this."""

import gc

import joblib  # noqa: F401
import pandas  # noqa: F401
import polars  # noqa: F401
import scipy.linalg  # noqa: F401

import tlbench.evaluate
import tlbench.execute.processes
import tlbench.store.results  # noqa: F401
from tlbench.plugins import register_all

register_all([])
# Pages that the collector never writes to again stay shared by all of them.
gc.collect()
gc.freeze()
