"""What the gates share: where their data lie, how tlbench is run, how agreement with published figures is printed."""

from __future__ import annotations

import os
import subprocess
import sys
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


def tlbench(*arguments: str, codes: tuple[int, ...] = (0,)) -> str:
    """Run the command line and return what it prints; another exit code is an error."""
    done = subprocess.run([sys.executable, "-m", "tlbench", *arguments], capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        raise SystemExit(f"tlbench {' '.join(arguments)} gave {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def catalogue_entry(name: str, file: str, *, user_ids: str, item_ids: str, time: bool = False) -> str:
    """Describe a CSV file with columns user, item and maybe timestamp (seconds UTC) as a catalogue does."""
    columns = 'user = "user", item = "item"' + (', timestamp = "timestamp"' if time else "")
    return (
        f'\n[datasets."{name}"]\nformat = "csv"\nfile = "{file}"\ncolumns = {{ {columns} }}\n'
        f'user_ids = "{user_ids}"\nitem_ids = "{item_ids}"\n'
    )
