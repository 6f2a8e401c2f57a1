"""Render a template of ``templates/`` with one view object.

Filters in the templates escape all text from plans and services: ``for_review`` and ``wrap_to_text`` for terminals,
``code`` and ``codes`` for Markdown.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from kedro_batch.files.resources import folder
from kedro_batch.review.formatting import keep_amounts, quote_names, spell_amounts, wrap_to_lines, wrap_to_text
from kedro_batch.review.markdown_escape import format_code, format_codes
from kedro_batch.review.shown_names import names_in_short, shorten_names
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
        "joined": _joined,
        "label": _label,
        "wrap_to_lines": wrap_to_lines,
        "quote_names": quote_names,
        "for_review": for_review,
        "hanging": _hanging,
        "in_short": names_in_short,
        "shortened": shorten_names,
        "wrap_to_text": wrap_to_text,
    }
    environment.globals["hang"] = _HANG
    return environment


def _arrow(values: tuple[str | None, str | None]) -> str:
    """Spell a value before and after; one that is not stated is left out."""
    before, after = (None if value is None else for_review(value) for value in values)
    if before is None or after is None:
        sign = "+" if before is None else "-"
        return f"{sign} {after if before is None else before}" if before != after else ""
    return f"{before} -> {after}"


_HANG = "\t"
"""Stands in a line of a template where its further lines begin. Texts from plans have no tabs: these are escaped."""
_COLUMNS = 80
_BLANK = re.compile(r"(?<! ) (?! )")
_INDENT = 6


def _hanging(text: str) -> str:
    """Break lines of more than 80 columns at single blanks; no word or amount is cut, no blank is added or lost."""
    lines = (part for line in keep_amounts(text).split("\n") for part in _hang_line(line))
    return spell_amounts("\n".join(lines))


def _hang_line(line: str) -> Iterator[str]:
    before, mark, after = line.partition(_HANG)
    indent = len(before) if mark else len(line) - len(line.lstrip(" ")) + _INDENT
    words = _BLANK.split(f"{before}{after}" if not mark else after)
    current = before + words[0] if mark else words[0]
    for word in words[1:]:
        if len(current) + 1 + len(word) > _COLUMNS and current.strip() not in ("+", "-", "->"):
            yield current
            current = " " * indent + word
        else:
            current += f" {word}"
    yield current


def _joined(names: Iterable[str]) -> str:
    """Return names with commas."""
    return ", ".join(map(for_review, names))


def _label(text: str, width: int) -> str:
    """Fill a label up to a column; behind a longer one, the value stands on the next line."""
    return text.ljust(width) if len(text) <= width else f"{text}\n    {' ' * width}"


def _job_count(names: Sequence[str]) -> str:
    return f" ({len(names)} jobs)" if len(names) > 1 else ""


def render(template: str, view: object) -> str:
    """Render ``templates/TEMPLATE`` with one view object, which the template calls ``view``."""
    return _environment().get_template(template).render(view=view)
