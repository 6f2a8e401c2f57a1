"""Turn lines with styles into the text that a stream shows; nothing is written here."""

import os
from io import StringIO
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from kedro_batch.text.fitting import COMMAND

_COLUMNS, _LINES = 80, 24
"""The size of a terminal that does not tell it."""


class ViewConsole:
    """What a stream can show.

    Attributes:
        draws: It is a terminal that can be drawn on.
        unicode: It has all characters.
    """

    def __init__(self, stream: TextIO, *, no_color: bool) -> None:
        """Ask a stream; in ``no_color``, lines have no styles."""
        self._stream = stream
        self._written = StringIO()
        self._console = Console(
            file=self._written,
            force_terminal=stream.isatty(),  # FORCE_COLOR of a CI service makes no terminal that can be drawn on
            no_color=no_color or None,
            highlight=False,
            markup=False,
            emoji=False,
        )
        is_known = bool(os.environ.get("TERM"))  # else nobody knows what it obeys
        self.draws = is_known and self._console.is_terminal and not self._console.is_dumb_terminal
        self.unicode = (getattr(stream, "encoding", None) or "").lower().startswith("utf")

    @property
    def size(self) -> tuple[int, int]:
        """The columns and lines of the terminal now."""
        try:
            columns, lines = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):
            return _COLUMNS, _LINES
        return columns or _COLUMNS, lines or _LINES

    def broken(self, line: Text, width: int) -> list[str]:
        """Return a line as text, broken at blanks where it is too wide; a command stays whole, to be copied."""
        if cell_len(line.plain) <= width or COMMAND in line.plain:
            return [self.styled(line)]
        parts = line.wrap(self._console, width)
        for part in parts:
            part.rstrip()
        return [self.styled(part) for part in parts]

    def styled(self, line: Text) -> str:
        """Return a line as text, with the control sequences of its style; it is not wrapped or cut."""
        self._console.print(line, soft_wrap=True, end="")
        text = self._written.getvalue()
        self._written.seek(0)
        self._written.truncate()
        return text
