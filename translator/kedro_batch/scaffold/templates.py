"""Renders the files that ``demo`` and ``init`` write from ``templates/demo`` and ``templates/init``."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kedro_batch.files.resources import folder


def render_file(template: str, view: object) -> str:
    """Render ``templates/TEMPLATE`` with one view object, which the template calls ``view``.

    A file whose name does not end with ``.j2`` is returned as it is. Variables are written ``[[ view.name ]]`` and
    statements ``[% if view.name %]``: many of the files have ``{{`` and ``{%`` of their own. A template may include
    others of its folder, and of the one above.
    """
    path = folder("templates") / template
    if path.suffix != ".j2":
        return path.read_text(encoding="utf-8")
    return _environment(path.parent).get_template(path.name).render(view=view)


@cache
def _environment(directory: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader([directory, directory.parent]),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  configuration files, never HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
    )
