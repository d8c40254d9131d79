"""Verdicts -> terminal, markdown and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlbench.report.as_json import as_json
from tlbench.report.markdown import as_markdown
from tlbench.store.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from tlbench.findings import Findings

__all__ = ["as_json", "as_markdown", "write_reports"]


def write_reports(findings: Findings, folder: Path) -> None:
    """Write the report beside the results, as Markdown and as JSON."""
    write_whole(folder / "report.md", as_markdown(findings).encode())
    write_whole(folder / "report.json", as_json(findings).encode())
