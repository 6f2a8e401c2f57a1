"""The console on which a run is shown, and the thread that shows it again as time passes."""

import threading
from collections.abc import Callable, Iterable

from rich.console import Console
from rich.text import Text

_PATIENCE_S = 1.0


class ViewConsole(Console):
    """A console that falls silent when it cannot write, where rich would end the program."""

    def show(self, lines: Iterable[Text]) -> None:
        """Print lines, each as it is."""
        try:
            for line in lines:
                self.print(line, soft_wrap=True)
        except OSError:
            self.quiet = True

    def on_broken_pipe(self) -> None:
        """Fall silent: nobody reads any more."""
        self.quiet = True


class Ticker:
    """Calls a function again and again, in a thread that never keeps the program from ending."""

    def __init__(self, every_s: float, call: Callable[[], None]) -> None:
        """Prepare to call."""
        self._every_s = every_s
        self._call = call
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="view")

    def start(self) -> None:
        """Begin to call."""
        self._thread.start()

    def stop(self) -> None:
        """Call no more; a call that goes on is waited for, unless it is stuck: nobody may read what it writes."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE_S)

    def _run(self) -> None:
        while not self._over.wait(self._every_s):
            self._call()
