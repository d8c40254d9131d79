"""Options of suite and settings -> parameters of a command, so that the command line says what suite files say."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator
from functools import wraps
from typing import Annotated, Any

import typer

from tlbench.cli.completion import COMPLETIONS
from tlbench.suite.option import Option, options_of
from tlbench.suite.settings import Settings
from tlbench.suite.suite import Suite

Given = dict[str, Any]
"""What the command line says, by the keys of a suite file; what it does not say is not there."""


def with_options(
    only: Collection[str] = (), *, without: Collection[str] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of suite and settings; its argument `given` gets those that were used.

    Parameters
    ----------
    only
        Names of the options, in their order in the suite; by default all.
    without
        Options that the command takes in its own way.
    """
    chosen = {
        _parameter_name(option): option
        for option in options_of(Suite, Settings)
        if option.name not in without and (not only or option.name in only)
    }

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(**arguments: Any) -> None:
            given: Given = {}
            for name, option in chosen.items():
                value = arguments.pop(name, None)
                if value is not None and value != []:
                    given[option.name] = option.kind.read(value)
            command(**arguments, given=given)

        _show_options(run, command, chosen)
        return run

    return decorate


def _show_options(run: Callable[..., None], command: Callable[..., None], chosen: dict[str, Option]) -> None:
    """Let the signature have the options before the command's own, as Typer reads it."""
    own = [part for part in inspect.signature(command, eval_str=True).parameters.values() if part.name != "given"]
    positional = [part for part in own if part.default is inspect.Parameter.empty or _is_argument(part)]
    rest = [part for part in own if part not in positional]
    parts = [part.replace(kind=inspect.Parameter.KEYWORD_ONLY) for part in (*positional, *_parts(chosen), *rest)]
    vars(run)["__signature__"] = inspect.Signature(parts)
    run.__annotations__ = {part.name: part.annotation for part in parts}


def _is_argument(part: inspect.Parameter) -> bool:
    return any(type(info).__name__ == "ArgumentInfo" for info in getattr(part.annotation, "__metadata__", ()))


def _parts(chosen: dict[str, Option]) -> Iterator[inspect.Parameter]:
    for name, option in chosen.items():
        form: Any = Annotated  # the type is known at run time only
        annotation = form[option.kind.typed | None, _typer_option(option)]
        yield inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _parameter_name(option: Option) -> str:
    return next((flag for flag in option.flags if not flag.startswith("-")), option.name)


def _typer_option(option: Option) -> Any:
    flags = [flag for flag in option.flags if flag.startswith("-")]
    return typer.Option(
        *flags,
        help=option.text,
        metavar=option.metavar,
        envvar=option.envvar,
        min=option.kind.least,
        autocompletion=COMPLETIONS.get(option.name),
    )
