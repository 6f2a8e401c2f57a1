"""Renders the templates of ``templates/`` that people read."""

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kedro_batch.resources import folder


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(folder("templates")),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  text for terminals, never HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(template: str, view: object) -> str:
    """Render ``templates/TEMPLATE`` with one view object, which the template calls ``view``."""
    return _environment().get_template(template).render(view=view)
