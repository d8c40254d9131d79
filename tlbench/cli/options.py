"""Options of the run's settings that other commands have too; what they say stands with `Settings`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tlbench.analysis.external_files import Ties
from tlbench.suite.kinds import names
from tlbench.suite.option import options_of
from tlbench.suite.settings import Settings
from tlbench.values import share

__all__ = ["Catalogue", "Offline", "Plugin", "Quiet", "TiesOption", "names", "share"]

_TEXTS = {option.name: option.text for option in options_of(Settings)}

Catalogue = Annotated[Path | None, typer.Option(envvar="TLBENCH_CATALOGUE", help=_TEXTS["catalogue"])]
Offline = Annotated[bool, typer.Option("--offline", envvar="TLBENCH_OFFLINE", help=_TEXTS["offline"])]
Plugin = Annotated[list[Path] | None, typer.Option(help=_TEXTS["plugins"])]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=_TEXTS["quiet"])]
TiesOption = Annotated[
    Ties,
    typer.Option(
        "--ties", help="Order of equal scores in run files; `trec` is by id, as trec_eval has it. Default: random."
    ),
]
