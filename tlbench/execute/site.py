"""Suite x settings -> Site: a locked results folder with a crew at work in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tlbench.execute.crew import Crew, hire
from tlbench.execute.environment import environment
from tlbench.execute.tasks import Tools
from tlbench.store.files import sweep
from tlbench.store.lock import locked
from tlbench.store.place import is_local
from tlbench.store.results import ResultsFolder

if TYPE_CHECKING:
    from tlbench.suite import Settings, Suite

_SCRATCH = ".scratch"


@dataclass(frozen=True)
class Site:
    """Where a suite is run, by whom, with what."""

    suite: Suite
    folder: ResultsFolder
    crew: Crew
    tools: Tools
    catalogue: Path | None
    offline: bool = False


@contextmanager
def at_work(out: Path, suite: Suite, settings: Settings) -> Iterator[Site]:
    """Lock the results folder, clear what killed runs left in it, and hire the crew; let it go at the end.

    Raises
    ------
    TlbenchError
        Where another run has the folder, or it cannot be written.
    """
    with locked(out):
        sweep(out)
        folder = ResultsFolder(out)
        made_in = folder.write_suite(suite, environment(settings))
        tools = Tools(
            folder=ResultsFolder(_for_any_process(out)),
            metrics=suite.metrics,
            threads=None if settings.jobs == 1 and settings.threads is None else settings.threads_of_a_job,
            block_size=settings.block_size,
            plugins=tuple(path.resolve() for path in settings.plugins),
            environment=made_in,
        )
        crew = hire(settings, _scratch(out))
        try:
            yield Site(suite, folder, crew, tools, settings.catalogue, settings.offline)
        finally:
            crew.close()
            sweep(out)


def _for_any_process(out: Path) -> Path:
    """Name the folder so that a process that stands elsewhere finds it too."""
    return out.absolute() if is_local(out) else out


def _scratch(out: Path) -> Path:
    """Choose where processes share data: on the disk of the results, because a temporary folder may be memory."""
    return out.absolute() / _SCRATCH if is_local(out) else Path(tempfile.gettempdir()) / f"tlbench{_SCRATCH}"
