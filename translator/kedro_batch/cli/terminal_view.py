"""A run on a terminal: one screen that is drawn again as the run goes on, and above it what is worth keeping.

Events come in, text with control sequences goes out; ``background_view`` calls this and writes the text.
"""

from collections import deque
from collections.abc import Callable, Sequence

from rich.text import Text

from kedro_batch.cli.view_console import ViewConsole
from kedro_batch.cli.view_lines import MOST_LINES_AT_ONCE, WaitingLines
from kedro_batch.review.run.event_lines import changed_line, run_line
from kedro_batch.review.run.live_screen import Screen, live_screen
from kedro_batch.review.run.progress import Progress
from kedro_batch.review.run.progress_words import NO_ESTIMATE, Estimate, RunHead
from kedro_batch.submitter.events import Event, JobChanged, PlanChanged
from kedro_batch.submitter.job_state import ENDED

_REDRAWN_EVERY_S = 0.25
_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_CUT_LINES, _WRAP_LINES = "\x1b[?7l", "\x1b[?7h"
"""How a terminal treats lines that are too long for it: terminals do not agree on how wide some characters are."""
_CLEAR_LINE, _CLEAR_BELOW, _FIRST_LINE = "\x1b[2K", "\x1b[J", "\x1b[H"


class TerminalView:
    """The screen of a run, drawn at most four times a second, and only if it has changed.

    Attributes:
        every_s: How often it is drawn at most.
        at_once: It need not be drawn sooner, whatever happens.
        estimate: When the run is expected to end.
    """

    every_s = _REDRAWN_EVERY_S
    at_once = False

    def __init__(
        self, console: ViewConsole, describe: Callable[[PlanChanged], str], waiting: WaitingLines, *, verbose: bool
    ) -> None:
        """Show nothing yet.

        Args:
            console: What the terminal can show.
            describe: Returns what differs in a plan that the run goes on with.
            waiting: The lines that wait to be written.
            verbose: Keep a line for each job that ended above the screen.
        """
        self._console = console
        self._describe = describe
        self._verbose = verbose
        self._run: tuple[Progress, RunHead] | None = None
        self.estimate: Estimate = NO_ESTIMATE
        self._waiting = waiting
        self._above: deque[str] = deque(maxlen=MOST_LINES_AT_ONCE)
        self._drawn: tuple[Screen, tuple[Text, ...]] | None = None

    def begin(self, progress: Progress, head: RunHead, at: float) -> None:  # noqa: ARG002  as all views are called
        """Show a run from now on."""
        self._run = progress, head

    def on_event(self, event: Event, at: float) -> None:
        """Change with an event, and keep what is worth it."""
        if self._run:
            self._run[0].on_event(event, at)
        if isinstance(event, PlanChanged) and (text := self._describe(event)):
            self.say(Text(text))
        if line := run_line(event, at, None, doing=self._run[1].doing if self._run else ""):
            self.say(line)
        elif self._verbose and isinstance(event, JobChanged) and event.after in ENDED:
            self.say(changed_line(event, at, None, with_log=True))

    def say(self, line: Text) -> None:
        """Keep a line above the screen."""
        self._waiting.add([line])

    def due(self, at: float) -> str:
        """Return what is to be written now, in one piece; nothing if nothing has changed."""
        width, height = self._console.size
        new = [part for line in self._waiting.take(MOST_LINES_AT_ONCE) for part in self._console.broken(line, width)]
        self._above += new
        if self._run is None:
            return "".join(f"{line}\n" for line in new)
        screen = Screen(width=width, height=height, unicode=self._console.unicode)
        lines = live_screen(*self._run, screen, at, self.estimate)
        if not new and self._drawn == (screen, lines):
            return ""
        text = self._back(screen, new, room=height - 1 - len(lines)) + self._screen(lines)
        self._drawn = screen, lines
        return text

    def _back(self, screen: Screen, new: Sequence[str], room: int) -> str:
        """Return what leads to where the screen begins: back over the last one, with new lines in its place."""
        if self._drawn and screen.width < self._drawn[0].width:
            # Its lines are wrapped now, and where they begin differs between terminals: begin anew.
            above = list(self._above)[-room:] if room > 0 else []
            return _FIRST_LINE + _wiped(screen.height - 1) + "".join(f"{line}\n" for line in above)
        wiped = _wiped(len(self._drawn[1])) if self._drawn and new else ""
        return self._over_the_last_one() + wiped + "".join(f"{line}\n" for line in new)

    def _over_the_last_one(self) -> str:
        if self._drawn is None:
            return _HIDE_CURSOR
        return f"\r\x1b[{len(self._drawn[1])}A"

    def _screen(self, lines: Sequence[Text]) -> str:
        drawn = "".join(f"{_CLEAR_LINE}{self._console.styled(line)}\n" for line in lines)
        return f"{_CUT_LINES}{drawn}{_WRAP_LINES}{_CLEAR_BELOW}"

    def clear(self) -> str:
        """Return what removes the screen: what was kept stays, and the next text stands below."""
        if self._drawn is None:
            return ""
        text = f"{self._over_the_last_one()}{_wiped(len(self._drawn[1]))}{_SHOW_CURSOR}"
        self._drawn = None
        return text


def _wiped(lines: int) -> str:
    """Return what clears some lines, from that of the cursor on, and leads back there.

    tmux keeps in its history what is cleared at once from the first line of the screen on: many old screens.
    """
    return f"{_CLEAR_LINE}\n" * lines + f"{_CLEAR_LINE}\x1b[{lines}A\r" if lines else ""
