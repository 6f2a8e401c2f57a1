"""What a person sees, command by command, as golden files: ``tests/golden/night/NAME.txt``.

A test leads a run into trouble, does what the program advises, and compares the whole with its golden file. What
differs from run to run is replaced (ids of jobs, endpoints, folders, times), and the lines on the way of each job are
left out, all but failures: their order and number depend on the machine. To write the files again, and then read them:

    UPDATE_GOLDEN=1 pytest --no-cov tests/faults
    git diff tests/golden/night

``docs/at-night.md`` is held to these files by ``tests/faults/test_at_night.py``.
"""

import os
import re
import subprocess
from difflib import unified_diff
from pathlib import Path

import pytest

from tests.support import forked
from tests.support.command_line import Ended
from tests.support.services import StandIn

GOLDEN = Path(__file__).parent.parent / "golden" / "night"
_JOB_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_VARYING = (
    (re.compile(r"http://127\.0\.0\.1:\d+"), "http://ENDPOINT"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d[:.]\d\d(?:[:.]\d\d)?(?:\.\d+)?(?:Z| UTC)?"), "TIME"),
    (re.compile(r"^\d\d:\d\d:\d\d\b", re.MULTILINE), "TIME"),
    (re.compile(r"\bas of \d\d:\d\d:\d\d\b"), "as of TIME"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:ms|s|min)(?: \d+ s)?\b"), "SECONDS"),
    (re.compile(r"\bsha256:[0-9a-f]{8,64}\b"), "DIGEST"),
    (re.compile(r"process \d+ of \S+ on \S+?,"), "process N of USER on HOST,"),
    (re.compile(r"\bfewer than \d+ submissions\b"), "fewer than N submissions"),
    (re.compile(r"\bkill (-9 )?\d+\b(?:(  ) *)?"), r"kill \1N\2"),  # a column is as wide as the number
    (re.compile(r"( FAILED| LOST)(?: after SECONDS)?, \d+/\d+"), r"\1"),
)
_ON_THE_WAY = re.compile(
    r"^TIME +(?:\S+ (?:SUBMITTED|PENDING|RUNNABLE|STARTING|RUNNING|SUCCEEDED|NOT_RUN|CANCELLED)\b"
    r"|submitted \d+ job|\d+ jobs? (?:will not run|was cancelled|were cancelled)|\d+ of \d+ jobs? done).*\n",
    re.MULTILINE,
)
_ON_A_BUSY_MACHINE = re.compile(
    r"^TIME +(?:looking at the run once more in |terminating \S+, which was being submitted when "
    r"|stopping: waiting up to SECONDS for AWS Batch ).*\n",
    re.MULTILINE,
)
"""What is said only where the machine was so busy that a process stood still, or a reply came after a failure."""


class Transcript:
    """Commands and what they print.

    Attributes:
        text: What was recorded until now.
    """

    def __init__(self, folder: Path) -> None:
        self.text = ""
        self._folder = folder
        self._ids: dict[str, str] = {}

    def on(self, service: StandIn, *words: str, **variables: str) -> Ended:
        """Run ``kedro-batch WORDS`` against a service, with more environment variables, and record it."""
        env = {**service.environment, **variables}
        return self.record(words, forked.kedro_batch(*words, cwd=self._folder, env=env, impatient=True))

    def record(self, words: tuple[str, ...], ended: Ended) -> Ended:
        """Record a command that has ended: what it printed on standard error, then its output and its exit code."""
        shown = "".join(part if part.endswith("\n") or not part else f"{part}\n" for part in (ended.err, ended.text))
        self.text += self._same_each_time(f"$ kedro-batch {' '.join(words)}\n{shown}exit {ended.code}\n\n")
        return ended

    def begin(self, *words: str) -> None:
        """Record a command that goes on while other things happen: what it prints is given to ``shown``."""
        self.text += f"$ kedro-batch {' '.join(words)}\n"

    def shown(self, said: str) -> None:
        """Record what a command printed until now."""
        self.text += self._same_each_time(said)

    def elsewhere(self, command: str) -> None:
        """Run a command in another terminal, in the folder; a program of its own there comes first."""
        path = os.pathsep.join([str(self._folder), os.environ["PATH"]])
        subprocess.run(["sh", "-c", command], cwd=self._folder, env={**os.environ, "PATH": path}, check=True)
        self.text += f"$ {command}\n"

    def end(self, ended: Ended) -> Ended:
        """Record how a command that was begun has ended."""
        self.text += self._same_each_time(f"{ended.err}{ended.text}exit {ended.code}\n\n")
        return ended

    def check(self, name: str) -> None:
        """Compare with a golden file, or write it."""
        file = GOLDEN / f"{name}.txt"
        if os.environ.get("UPDATE_GOLDEN"):
            file.write_text(self.text)
            pytest.fail(f"wrote {file.name}: read it as a user would, then test again without UPDATE_GOLDEN")
        if self.text != (golden := file.read_text()):
            lines = unified_diff(golden.splitlines(), self.text.splitlines(), "golden", "seen", lineterm="", n=1)
            pytest.fail("\n".join([f"not what {file.name} says:", *lines]))

    def _same_each_time(self, text: str) -> str:
        text = text.replace(str(self._folder), "FOLDER")
        for pattern, instead in _VARYING:
            text = pattern.sub(instead, text)
        text = _ON_A_BUSY_MACHINE.sub("", _ON_THE_WAY.sub("", text))
        for found in _JOB_ID.findall(text):
            self._ids.setdefault(found, f"JOB-ID-{len(self._ids) + 1}")
        return _JOB_ID.sub(lambda found: self._ids[found[0]], text)
