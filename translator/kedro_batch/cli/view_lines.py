"""Lines that wait to be written, as many as memory is given to: perhaps nobody reads them."""

from collections import deque
from collections.abc import Iterable

from rich.text import Text

from kedro_batch.text.wording import counted

MOST_WAITING = 20_000
MOST_LINES_AT_ONCE = 500
"""Lines that are written in one piece, and again on a screen that was cleared."""


class WaitingLines:
    """Lines that wait, the oldest of them only as long as there is room."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        """Begin with none."""
        self._lines: deque[Text] = deque(maxlen=most)
        self._dropped = 0

    def add(self, lines: Iterable[Text]) -> None:
        """Let lines wait."""
        for line in lines:
            self._dropped += len(self._lines) == self._lines.maxlen
            self._lines.append(line)

    def take(self, most: int) -> list[Text]:
        """Return the first lines that wait, and before them how many were dropped."""
        lines = [self._lines.popleft() for _ in range(min(most, len(self._lines)))]
        if self._dropped:
            lines.insert(0, Text(f"... {counted(self._dropped, 'line')} left out: nobody has read them in time"))
            self._dropped = 0
        return lines
