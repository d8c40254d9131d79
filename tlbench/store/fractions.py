"""A learning curve on disk: one results folder per fraction, side by side in one folder."""

from __future__ import annotations

from pathlib import Path

AXES = ("target", "source")


def fraction_folder(out: Path, axis: str, fraction: float) -> Path:
    """Return the results folder of one fraction, ``target-0.25``."""
    return out / f"{axis}-{fraction:g}"


def fraction_folders(out: Path) -> dict[str, dict[float, Path]]:
    """Find the results folders of a learning curve by axis and fraction, ascending; empty where `out` holds none."""
    found: dict[str, dict[float, Path]] = {}
    for path in out.iterdir() if out.is_dir() else ():
        axis, _, text = path.name.partition("-")
        fraction = _number(text)
        if axis in AXES and fraction is not None and (path / "suite.toml").is_file():
            found.setdefault(axis, {})[fraction] = path
    return {axis: dict(sorted(found[axis].items())) for axis in AXES if axis in found}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
