"""What MkDocs makes of registries and definitions: methods, protocols, options, and the published JSON Schemas."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File

from tlbench.plugins import register_all
from tlbench.registry import METHODS, PLACEBOS, MethodEntry

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT / "tlbench" / "report" / "schemas"
FAMILIES = {
    "baseline": "Target-only baselines",
    "data": "Data transfer: source interactions enlarge the training data",
    "knowledge": "Knowledge transfer: features, patterns, neighbours",
    "model": "Model transfer: parameters or embeddings are reused or mapped",
}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the decisions in the navigation, each by its heading."""
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    decisions = [{_heading(page): f"decisions/{page.name}"} for page in pages]
    config.nav = [*(config.nav or []), {"Decisions": decisions}]
    return config


def _heading(page: Path) -> str:
    return page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are generated, where nobody wrote one by hand."""
    register_all()
    made = {
        "methods.md": methods_page(),
        "protocols.md": protocols_page(),
        "options.md": options_page(),
        "gate-schema.md": schema_page("gate", "`tlbench compare --format json` and `tlbench check --format json` keep"),
        "report-schema.md": schema_page("report", "`tlbench report --format json` and every `report.json` keep"),
    }
    for name, content in made.items():
        if files.get_file_from_path(name) is None:
            files.append(File.generated(config, name, content=content))
    return files


def methods_page() -> str:
    """Describe every registered method, by family, and every placebo."""
    parts = ["# Methods", "This page is generated from the registry; `tlbench list methods` prints the same."]
    for family, title in FAMILIES.items():
        parts.append(f"## {title}")
        parts += [_method(entry) for entry in METHODS if entry.family == family]
    parts.append("## Placebos")
    parts += [f"### {entry.name}\n\nDestroys {entry.destroys}.\n\n{entry.reference}" for entry in PLACEBOS]
    return "\n\n".join(parts) + "\n"


def _method(entry: MethodEntry) -> str:
    lines = [f"### {entry.name}", entry.summary]
    facts = [f"needs {', '.join(entry.needs)}"] if entry.needs else []
    if entry.counterpart:
        facts += [f"counterpart `{entry.counterpart}`", f"placebo `{entry.placebo}`"]
    facts.append("draws nothing" if entry.deterministic else "draws random numbers")
    lines += [f"{facts[0][:1].upper()}{'; '.join(facts)[1:]}.", _parameters(entry)]
    lines.append(f"Reference: {entry.reference}")
    return "\n\n".join(line for line in lines if line)


def _parameters(entry: MethodEntry) -> str:
    rows = [
        f"| `{part.name}` | `{part.default!r}` | {_space(entry.space.get(part.name))} |"
        for part in fields(entry.build)  # type: ignore[arg-type]
    ]
    return "\n".join(["| parameter | default | search space |", "|---|---|---|", *rows]) if rows else ""


def _space(dimension: Any) -> str:
    return "" if dimension is None else f"`{dimension!r}`"


def protocols_page() -> str:
    """Describe every protocol by its own words."""
    from tlbench.registry import PROTOCOLS

    rows = [f"| `{entry.usage}` | {entry.summary} |" for entry in PROTOCOLS]
    text = (
        "# Protocols\n\nHow the target is split into training, validation and test; `--protocol` chooses. Without it, "
        "`rolling:3` where the target has timestamps and `k-fold:5` where not.\n\n| protocol | what it does |\n|---|---|\n"
    )
    return text + "\n".join(rows) + _RULES


_RULES = """

## What holds for all of them

- Filters come first and never look at which part an interaction falls in.
- Every method is fitted once, on the training part, and the same fitted scorer is judged on validation and on test.
- On test, items seen in training or validation are masked; every other item of the catalogue is a candidate.
- `temporal` cuts all domains at the same moment, and never between two interactions of one timestamp. A source without time cannot
  be cut: the report then says *source may leak*.
- Users without any history that a method can use are ranked by training popularity, for every method alike, and counted.
"""


def options_page() -> str:
    """List the options of a run, which a suite file, the command line and Python share."""
    from tlbench.suite.option import options_of
    from tlbench.suite.settings import Settings
    from tlbench.suite.suite import Suite

    parts = [
        "# Options",
        "Every option is a key of a suite file and an option of `tlbench run` with `-` for `_`; the command line wins. "
        "This page is generated from the definition that both read.",
    ]
    for title, definition in (("What is run and how it is judged", Suite), ("By what means", Settings)):
        rows = [
            f"| `{option.name}` | {option.kind.wanted} | {option.default} | {option.help} |"
            for option in options_of(definition)
        ]
        parts += [f"## {title}", "\n".join(["| key | value | default | meaning |", "|---|---|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


def schema_page(name: str, who: str) -> str:
    """Show a JSON Schema that is installed with the package; `who` says what keeps to it."""
    file = f"{name}.schema.json"
    return (
        f"# JSON Schema of the {name}\n\n{who} to this schema, which is installed with the package as "
        f"`tlbench/report/schemas/{file}`.\n\n```json\n{(SCHEMAS / file).read_text(encoding='utf-8')}```\n"
    )
