"""Run a suite and judge it, or judge what a folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from tlbench.api.requests import RunOptions, make_request
from tlbench.api.results import Results
from tlbench.progress import SILENT, Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tlbench.suite import Request


def run(
    scenarios: Any,
    *,
    data: Mapping[str, Any] | None = None,
    preset: str | None = None,
    until_decided: bool = False,
    retry_failed: bool = False,
    progress: Progress = SILENT,
    **options: Unpack[RunOptions],
) -> Results:
    """Run methods on scenarios and judge whether transfer helps.

    Parameters
    ----------
    scenarios
        ``"source->target"`` of names and files, a list of them, a suite file, the name of a shipped suite, or a pair
        of tables ``(source, target)``: DataFrames of pandas or polars, scipy sparse matrices, or paths. Tables that
        stand together share users and items by id.
    data
        Tables in memory by the names that `scenarios` uses: ``run("clicks->orders", data={"clicks": ..., ...})``.
    preset
        ``quick`` for a first verdict, ``paper`` for what a reviewer asks for; options win over it.
    until_decided
        Add seeds step by step up to `seeds`, and stop when all verdicts are settled; the error stays alpha.
    retry_failed
        Run only the cells that failed before.
    progress
        Listener of the work.
    **options
        As in a suite file and on the command line; `methods` and `baselines` take classes too, see
        `tlbench.api.objects.name_of_method`.

    Returns
    -------
    Results
        What came out, judged. It lies in a folder, so that a second run computes only what is missing.

    Raises
    ------
    TlbenchError
        With everything that is wrong in what was given, before any work.

    Examples
    --------
    >>> import tlbench
    >>> few = {"methods": ["pooled-ease"], "baselines": ["ease"], "users": "warm"}
    >>> results = tlbench.run("demo-movies->demo-books", **few)
    >>> results.summary[["method", "placebo"]].fillna("").values.tolist()
    [['ease', ''], ['pooled-ease', ''], ['pooled-ease', 'shuffled-bridge']]
    """
    request = make_request(scenarios, options, data=data, preset=preset, progress=progress)
    return run_request(request, until_decided=until_decided, retry_failed=retry_failed, progress=progress)


def run_request(request: Request, *, until_decided: bool, retry_failed: bool, progress: Progress) -> Results:
    """Run what was checked; see `run`."""
    from tlbench.pipeline import run_suite, run_until_decided

    run_all = run_until_decided if until_decided else run_suite
    folder = folder_of(request)
    found = run_all(request.suite, folder, settings=request.settings, retry_failed=retry_failed, progress=progress)
    return Results(folder, found)


def folder_of(request: Request) -> Path:
    """Folder of a request's results: what `out` names, or ``results/SUITE``."""
    from tlbench.store.place import place

    return place(request.settings.out or Path("results") / request.suite.name)


def load(folder: str | Path, *, plugins: tuple[str | Path, ...] = ()) -> Results:
    """Judge what a results folder holds; no data set is needed.

    Parameters
    ----------
    folder
        Made by `run` or by the command line; a path, or an address that fsspec knows.
    plugins
        Files that register the methods of the run, where they are not built in.

    Raises
    ------
    TlbenchError
        If it holds no results, or those of another version.
    """
    from tlbench.pipeline import read_findings
    from tlbench.plugins import register_all
    from tlbench.store.place import place

    register_all([Path(path) for path in plugins])
    found = place(folder)
    return Results(found, read_findings(found))
