"""For whom does transfer pay? Profiles of scenarios by the target history that users show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from tlbench.api.requests import RunOptions, make_request
from tlbench.progress import SILENT, Progress

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.analysis.profile import Profile


@dataclass(frozen=True, eq=False)
class Profiles:
    """Gains of transfer by target history; prints as `tlbench profile` does.

    Attributes
    ----------
    folder
        Where the results are kept.
    profiles
        One per scenario, as dataclasses.
    """

    folder: Path
    profiles: tuple[Profile, ...]

    @cached_property
    def gains(self) -> pd.DataFrame:
        """One row per scenario, method, level and question, as ``profile.csv`` has them."""
        import io

        import pandas as pd

        from tlbench.report.profile_text import profiles_as_csv

        return pd.read_csv(io.StringIO(profiles_as_csv(self.profiles)), dtype={"level": str})

    def to_html(self, path: str | Path | None = None) -> str:
        """Return the page that `tlbench profile --format html` prints, and write it where a path is given."""
        from tlbench.io.atomic import write_whole
        from tlbench.report.page.profile import profiles_as_html
        from tlbench.store.results import ResultsFolder

        results = ResultsFolder(self.folder)
        page = profiles_as_html(self.profiles, results.read_suite(), results.read_environment())
        if path is not None:
            write_whole(Path(path), page.encode())
        return page

    def __str__(self) -> str:
        from tlbench.report.profile_text import profiles_as_text

        return profiles_as_text(self.profiles)


def profile(
    scenarios: Any,
    *,
    levels: str | None = None,
    groups: int | None = None,
    data: Mapping[str, Any] | None = None,
    retry_failed: bool = False,
    progress: Progress = SILENT,
    **options: Unpack[RunOptions],
) -> Profiles:
    """Say for whom transfer pays: its gains at each level of target history.

    Every user who can be judged is judged at every level on the same held-out interactions; what changes is how many of
    the interactions before them the user shows.

    Parameters
    ----------
    scenarios, data, retry_failed, progress
        As for `tlbench.run`.
    levels
        Interactions shown, ascending, ``all`` last: ``"0,1,5,all"``. By default ``0,1,2,3,5,10,20,all``.
    groups
        Groups of users, one of which is judged at a time; by default 4.
    **options
        As for `tlbench.run`; placebos are run of methods that beat their counterparts at some level.

    Returns
    -------
    Profiles
        What came out, judged. It lies in a folder, so that a second call computes only what is missing.

    Examples
    --------
    >>> import tlbench
    >>> found = tlbench.profile(
    ...     "demo-movies->demo-books", levels="0,5,all", groups=3, methods="pooled-ease", baselines="ease,popularity"
    ... )
    >>> [str(level.level) for level in found.profiles[0].levels]
    ['0', '5', 'all']
    """
    return run_profiles(
        scenarios,
        dict(options),
        levels=levels,
        groups=groups,
        data=data,
        retry_failed=retry_failed,
        progress=progress,
    )


def run_profiles(
    scenarios: Any,
    options: Mapping[str, Any],
    *,
    levels: str | None,
    groups: int | None,
    data: Mapping[str, Any] | None = None,
    retry_failed: bool = False,
    progress: Progress = SILENT,
) -> Profiles:
    """Profile what was asked for; see `profile`."""
    from tlbench.api.running import folder_of
    from tlbench.pipeline import run_profile
    from tlbench.split.protocols.profile import GROUPS, LEVELS

    protocol = f"profile:{levels or LEVELS}/{groups or GROUPS}"
    asked = {**options, "protocol": protocol}
    request = make_request(scenarios, asked, data=data, progress=progress)
    if request.settings.out is None:
        request = replace(request, suite=replace(request.suite, name=f"{request.suite.name}-profile"))
    folder = folder_of(request)
    found = run_profile(request.suite, folder, settings=request.settings, retry_failed=retry_failed, progress=progress)
    return Profiles(folder, tuple(found))
