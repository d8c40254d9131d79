"""A scenario -> Card: how unlike its domains are and what they share, before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Unpack

from tlbench.api.requests import RunOptions, make_request
from tlbench.api.shown import as_html_text
from tlbench.progress import SILENT, Progress

if TYPE_CHECKING:
    from tlbench.scenario.gap import Gap
    from tlbench.split.counts import ScenarioCounts


@dataclass(frozen=True, eq=False, repr=False)
class Card:
    """How unlike the domains of a scenario are, and what they share; prints as `tlbench inspect` does."""

    gap: Gap
    counts: ScenarioCounts

    def __repr__(self) -> str:
        import textwrap

        from tlbench.report.gap import WIDTH, gap_as_text
        from tlbench.report.setting_words import twin_lines

        told = [text for line in twin_lines(self.counts) for text in textwrap.wrap(line, WIDTH, subsequent_indent="  ")]
        return gap_as_text(self.gap) + "".join(f"{text}\n" for text in told)

    def _repr_html_(self) -> str:
        """Show the card in a notebook as it stands in a terminal."""
        return as_html_text(str(self))

    def to_markdown(self) -> str:
        """Return the card as Markdown."""
        from tlbench.report.gap import gap_as_markdown
        from tlbench.report.setting_words import twin_lines

        return gap_as_markdown(self.gap) + "".join(f"\n- {line}" for line in twin_lines(self.counts)) + "\n"

    def to_json(self) -> str:
        """Return the card as JSON."""
        import json

        from tlbench.report.gap import gap_as_json

        told = {
            "policy": self.counts.policy,
            "exposed_share": self.counts.exposed_share,
            "sources": [asdict(found) for found in self.counts.twins],
        }
        content = {**json.loads(gap_as_json(self.gap)), "twins": told}
        return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def inspect(
    scenario: Any,
    *,
    data: Mapping[str, Any] | None = None,
    progress: Progress = SILENT,
    **options: Unpack[RunOptions],
) -> Card:
    """Say how unlike the domains of a scenario are, before anything is trained.

    Parameters
    ----------
    scenario, data, progress
        As for `tlbench.run`.
    **options
        Those that shape the split: `protocol`, `k_core`, `filter_users`, `min_rating`, `links`, `catalogue`, `offline`,
        `plugins`.

    Examples
    --------
    >>> import tlbench
    >>> "demo-books" in str(tlbench.inspect("demo-movies->demo-books"))
    True
    """
    from tlbench.pipeline import inspect_scenario

    request = make_request(scenario, options, data=data, progress=progress)
    suite, settings = request.suite, request.settings
    found = inspect_scenario(
        suite, suite.scenarios[0], catalogue=settings.catalogue, offline=settings.offline, progress=progress
    )
    return Card(found.gap, found.counts)
