"""Runs the command line, or another program, on a pseudo terminal, where it may ask."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect

from tests.support.command_line import GENEROUS_S, Ended, environment

_IMPATIENT = (sys.executable, str(Path(__file__).with_name("impatient.py")))
_LOOKS_S = 1.0
_ASKED = 3
"""In so many looks one after the other a command has to ask: it may not have seen an answer yet that was just typed."""
_SELECT = ("23", "270", "72")
"""The numbers of select() and pselect6() in Linux, on x86_64 and on arm64."""
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A command on a terminal.

    Attributes:
        shown: All that was written there until now, with its control sequences.
    """

    def __init__(self, process: "pexpect.spawn[str]") -> None:
        self.process = process
        self.shown = ""

    def wait_for(self, part: str) -> str:
        """Wait until this is written, and return what was written before it since the last wait."""
        self._expect(part)
        before = str(self.process.before)
        self.shown += f"{before}{part}"
        return before

    def type(self, line: str) -> None:
        """Type a line."""
        self.process.sendline(line)

    def press(self, keys: str) -> None:
        """Press keys, and no return: ``"\\x03"`` is Ctrl-C, ``"\\x04"`` Ctrl-D."""
        self.process.send(keys)

    def end(self) -> Ended:
        """Wait for the end of the command; all that was written, but for keys, counts as its standard error."""
        self._expect(pexpect.EOF)
        self.shown += str(self.process.before)
        self.process.close()
        code = self.process.exitstatus
        assert code is not None, f"signal {self.process.signalstatus}"
        return Ended(code, b"", _ESCAPES.sub("", self.shown).replace("\r", "").replace("^C", ""))

    def _expect(self, wanted: Any) -> None:
        """Wait for a text or the end; a command that asks something instead would wait for an answer for ever."""
        asked = 0
        for _ in range(int(GENEROUS_S / _LOOKS_S)):
            if self.process.expect_exact([wanted, pexpect.TIMEOUT], timeout=_LOOKS_S) == 0:
                return
            asked = asked + 1 if self._asks else 0
            assert asked < _ASKED, f"it asks, where {wanted!r} was to come:\n{self.process.buffer}"
        raise AssertionError(f"{wanted!r} has not come:\n{self.process.buffer}")

    @property
    def _asks(self) -> bool:
        """True if the command waits for a line of the terminal: nothing else in its main thread waits in select()."""
        try:
            return Path(f"/proc/{self.process.pid}/syscall").read_text().split()[0] in _SELECT
        except OSError:  # another system, where the test waits for longer
            return False


@contextmanager
def on_terminal(
    *words: str,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    kind: str = "dumb",
    program: Sequence[str] = _IMPATIENT,
) -> Iterator[Terminal]:
    """Run ``kedro-batch WORDS`` on a terminal of a kind: ``dumb``, where nothing is drawn, or ``xterm``.

    Args:
        words: The words behind the program.
        cwd: Where it runs.
        env: More variables.
        kind: The kind of the terminal.
        program: The program: with short pauses (``impatient``), unless it is another one.
    """
    more: dict[str, Any] = {"dimensions": (30, 200), "timeout": GENEROUS_S, "encoding": "utf-8"}
    variables = environment({**(env or {}), "TERM": kind})
    process = pexpect.spawn(program[0], [*program[1:], *words], cwd=str(cwd), env=variables, **more)
    try:
        yield Terminal(process)
    finally:
        process.close(force=True)
