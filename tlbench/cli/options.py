"""Options that several commands share, each defined once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tlbench.analysis.external_files import Ties

Catalogue = Annotated[
    Path | None,
    typer.Option(
        envvar="TLBENCH_CATALOGUE",
        help="TOML file of local data sets; its entries win over built-in ones of the same name. Default: none.",
    ),
]
Offline = Annotated[
    bool,
    typer.Option(
        "--offline", envvar="TLBENCH_OFFLINE", help="Never touch the network, use what is here. Default: off."
    ),
]
Plugin = Annotated[
    list[Path] | None,
    typer.Option(help="Python file that registers methods, data sets or metrics; may be repeated. Default: none."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on stderr but errors. Default: off.")]

TiesOption = Annotated[
    Ties,
    typer.Option(
        "--ties", help="Order of equal scores in run files; `trec` is by id, as trec_eval has it. Default: random."
    ),
]


def names(text: str | None) -> tuple[str, ...]:
    """Split a list of names that commas separate; None and empty text are no names."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def share(text: str) -> float:
    """Read a share as ``0.01`` or ``1%``.

    Raises
    ------
    typer.BadParameter
        Where it is neither.
    """
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise typer.BadParameter(f"`{text}` is not a share; write 0.01 or 1%") from None
