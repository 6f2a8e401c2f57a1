"""Runs the command line on a pseudo terminal, where it may ask."""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect

from tests.support.command_line import GENEROUS_S, Ended, environment

_PROGRAM = Path(__file__).with_name("impatient.py")
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
        self.process.expect_exact(part)
        before = str(self.process.before)
        self.shown += f"{before}{part}"
        return before

    def type(self, line: str) -> None:
        """Type a line."""
        self.process.sendline(line)

    def end(self) -> Ended:
        """Wait for the end of the command; all that was written, but for keys, counts as its standard error."""
        self.process.expect(pexpect.EOF)
        self.shown += str(self.process.before)
        self.process.close()
        code = self.process.exitstatus
        assert code is not None, f"signal {self.process.signalstatus}"
        return Ended(code, b"", _ESCAPES.sub("", self.shown).replace("\r", "").replace("^C", ""))


@contextmanager
def on_terminal(*words: str, cwd: Path, env: Mapping[str, str], kind: str = "dumb") -> Iterator[Terminal]:
    """Run ``kedro-batch WORDS`` on a terminal of a kind: ``dumb``, where nothing is drawn, or ``xterm``."""
    more: dict[str, Any] = {"dimensions": (30, 200), "timeout": GENEROUS_S, "encoding": "utf-8"}
    arguments = [str(_PROGRAM), *words]
    process = pexpect.spawn(sys.executable, arguments, cwd=str(cwd), env=environment({**env, "TERM": kind}), **more)
    try:
        yield Terminal(process)
    finally:
        process.close(force=True)
