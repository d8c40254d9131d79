"""A pilot -> Plans: how many users and seeds the next experiment needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.stats.design import Design


@dataclass(frozen=True)
class MethodPlan:
    """What one method in one scenario needs."""

    scenario: str
    method: str
    design: Design


@dataclass(frozen=True, eq=False, repr=False)
class Plans:
    """How many users and seeds a new experiment needs.

    Attributes
    ----------
    methods
        One plan per scenario and transfer method that the pilot compared.
    seeds
        Seeds of the pilot; from one alone nothing is known of how much seeds vary.
    """

    methods: tuple[MethodPlan, ...]
    seeds: int

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per scenario, method, number of seeds ``n_seeds`` and ``power`` (.8 and .9).

        Columns: users ``to_detect`` the margin and ``to_show_equivalence`` (none where more seeds come first), the
        difference ``detectable`` by the pilot's users, and what else `tlbench.stats.design.SeedPlan` holds.
        """
        import pandas as pd

        return pd.DataFrame(
            [
                {"scenario": one.scenario, "method": one.method, **asdict(plan)}
                for one in self.methods
                for plan in one.design.plans
            ]
        )

    def __repr__(self) -> str:
        """The plans."""
        return self.table.to_string(index=False)

    def _repr_html_(self) -> str:
        """Show the plans as a table in a notebook."""
        return str(self.table.to_html(index=False))


def power(
    folder: str | Path,
    *,
    margin: float | str | None = None,
    seeds: Iterable[int] = (1, 3, 5, 10),
    methods: Sequence[str] = (),
    plugins: Sequence[str | Path] = (),
) -> Plans:
    """Say how many users and seeds a new experiment needs to see a difference of the margin, judged by a pilot.

    Parameters
    ----------
    folder
        Results of the pilot; best with several seeds.
    margin
        Difference to be seen, a share of the control's mean; by default 1 %.
    seeds
        Numbers of seeds to plan for.
    methods
        Transfer methods; by default all of the pilot.
    plugins
        Files that register the methods of the pilot.

    Raises
    ------
    TlbenchError
        Where the folder holds no comparison to plan from.
    """
    from tlbench.pipeline import read_findings
    from tlbench.plugins import register_all
    from tlbench.stats.design import design
    from tlbench.store.place import place
    from tlbench.values import DEFAULT_MARGIN, Margin

    register_all([Path(path) for path in plugins])
    size = Margin.parse(margin) if isinstance(margin, str) else Margin(DEFAULT_MARGIN if margin is None else margin)
    findings, counts = read_findings(place(folder)), list(seeds)
    plans = [
        MethodPlan(
            scenario.counts.scenario,
            judgement.method,
            design(judgement.counterpart.comparison, margin=size, seeds=counts, alpha=findings.suite.alpha),
        )
        for scenario in findings.scenarios
        for judgement in scenario.judgements
        if judgement.counterpart.comparison is not None and (not methods or judgement.method in methods)
    ]
    if not plans:
        raise TlbenchError(f"`{folder}` has no comparison to plan from", hint=f"`tlbench report {folder}` shows it")
    return Plans(tuple(plans), findings.suite.seeds)
