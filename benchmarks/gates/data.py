"""Where the gates' data lie, and how a comparison with a published figure is printed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Check:
    """One published figure beside ours.

    `tolerance` is the largest absolute difference that counts as agreement.
    """

    name: str
    published: float
    ours: float
    tolerance: float

    @property
    def difference(self) -> float:
        """Absolute difference."""
        return abs(self.ours - self.published)

    @property
    def agrees(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.difference <= self.tolerance


def default_folder(name: str) -> Path:
    """Return the folder of a gate's data: ``gates/NAME`` beside the local catalogue."""
    beside = Path(__file__).parents[3] / "shared" / "data" / "datasets.toml"
    return Path(os.environ.get("TLBENCH_CATALOGUE", beside)).parent / "gates" / name


def table(checks: Iterable[Check]) -> str:
    """Render checks as a Markdown table."""
    lines = ["| figure | published | ours | difference | allowed | |", "|---|--:|--:|--:|--:|---|"]
    lines.extend(
        f"| {check.name} | {check.published:.12g} | {check.ours:.12g} | {check.difference:.1e} | {check.tolerance:g} |"
        f" {'agrees' if check.agrees else '**differs**'} |"
        for check in checks
    )
    return "\n".join(lines)
