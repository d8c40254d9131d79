"""Template and content -> one file that needs no network: style, script, charts' library and numbers inside."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from tlbench.report.as_json import plain
from tlbench.report.charts.gallery import vegalite_version
from tlbench.report.charts.library import has_chart_library
from tlbench.report.page.bundle import vega_bundle

_FOLDER = files("tlbench.report.page")


def render(template: str, **content: Any) -> str:
    """Return the page that a template beside this module makes of a content.

    Where the library that draws is not installed the page has no charts, and says how to get them.

    Every page is given ``name`` (its heading), ``question`` (the line below), ``sections`` (anchors with titles) and
    ``report`` (the numbers, which the reader can save).
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_text)
    )
    environment.filters["embedded"] = embedded
    environment.globals["drawable"] = drawable = has_chart_library()
    return environment.get_template(template).render(
        style=_raw(_text("style.css")),
        script=_raw(_text("page.js")),
        bundle=_raw(_script(vega_bundle(vegalite_version()))) if drawable else "",
        **content,
    )


def embedded(value: Any) -> Any:
    """Write JSON into a page so that nothing in it can end the script element."""
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _raw(text.replace("<", "\\u003c"))


def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _raw(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


def _script(text: str) -> str:
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")
