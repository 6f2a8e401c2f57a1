"""Render a template of ``templates/`` with one view object.

Filters in the templates escape all text from plans and services: ``for_review`` and ``wrap_to_text`` for terminals,
``code`` and ``codes`` for Markdown.
"""

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from kedro_batch.files.resources import folder
from kedro_batch.review.formatting import quote_names, wrap_to_lines, wrap_to_text
from kedro_batch.review.markdown_escape import format_code, format_codes
from kedro_batch.text.escaping import for_review


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder("templates")),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "arrow": _arrow,
        "code": format_code,
        "codes": format_codes,
        "column": str.ljust,
        "job_count": _job_count,
        "label": _label,
        "wrap_to_lines": wrap_to_lines,
        "quote_names": quote_names,
        "for_review": for_review,
        "wrap_to_text": wrap_to_text,
    }
    return environment


def _arrow(values: tuple[str | None, str | None]) -> str:
    """Spell a value before and after; one that is not stated is left out."""
    before, after = (None if value is None else for_review(value) for value in values)
    if before is None or after is None:
        sign = "+" if before is None else "-"
        return f"{sign} {after if before is None else before}" if before != after else ""
    return f"{before} -> {after}"


def _label(text: str, width: int) -> str:
    """Fill a label up to a column; behind a longer one, the value stands on the next line."""
    return text.ljust(width) if len(text) <= width else f"{text}\n    {' ' * width}"


def _job_count(names: Sequence[str]) -> str:
    return f" ({len(names)} jobs)" if len(names) > 1 else ""


def render(template: str, view: object) -> str:
    """Render ``templates/TEMPLATE`` with one view object, which the template calls ``view``."""
    return _environment().get_template(template).render(view=view)
