"""What answers look like in a notebook."""

from __future__ import annotations

from html import escape


def as_html_text(text: str) -> str:
    """Show text as it stands in a terminal, letters of one width."""
    return f"<pre>{escape(text.rstrip())}</pre>"


def as_html_list(lines: list[str]) -> str:
    """Show sentences as a list."""
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
