"""What every worker process has in memory before there is one: they are forked from a process that imported this."""

import gc
from importlib import import_module

from tlbench.execute.lifeline import end_with_main

end_with_main()  # before the imports that take time, during which the main process may be killed

from tlbench.plugins import register_all  # noqa: E402

for name in ("joblib", "pandas", "polars", "scipy.linalg", "tlbench.execute.processes", "tlbench.store.results"):
    import_module(name)
register_all([])
# Pages that the collector never writes to again stay shared by all of them.
gc.collect()
gc.freeze()
