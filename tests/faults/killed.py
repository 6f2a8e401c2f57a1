"""Runs the program, and kills it at a line: ``python killed.py FILE:LINE[:N] -- apply plan.yaml --run-id r1``.

SIGKILL comes just before the line is executed for the N-th time, in whichever thread. FILE is one of the
submitter's. A line that is not reached kills nothing: then the program ends as it does. With ``FILE:LINE:N:SIGSTOP``
it is stopped there, and goes on from there with SIGCONT.
"""

import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from kedro_batch.cli import main as program
from tests.faults.kill_points import SUBMITTER, kill_points, local_kill_points


def killer(file: str, line: int, times: int, number: signal.Signals) -> Callable[[FrameType, str, Any], Any]:
    """Make a trace function that kills this process, or stops it."""
    left = times

    def at_line(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if event == "line" and frame.f_lineno == line:
            left -= 1
            if not left:
                os.kill(os.getpid(), number)
        return at_line

    def at_call(frame: FrameType, _event: str, _: Any) -> Any:
        return at_line if frame.f_code.co_filename == file else None

    return at_call


def main() -> None:
    location, separator, *words = sys.argv[1:]
    name, line, *rest = location.split(":")
    times, number = rest + ["1", "SIGKILL"][len(rest) :]
    if separator != "--" or not (SUBMITTER / name).is_file():
        sys.exit("usage: python killed.py FILE:LINE[:N[:SIGNAL]] -- WORDS, with FILE one of the submitter's")
    if not any(point.importing and str(point) == f"{name}:{line}" for point in (*kill_points(), *local_kill_points())):
        for module in ("run", "service.aws"):  # what is imported before is not traced, which takes a while
            importlib.import_module(f"kedro_batch.submitter.{module}")
    trace = killer(str(SUBMITTER / name), int(line), int(times), signal.Signals[number])
    threading.settrace(trace)
    sys.settrace(trace)
    sys.argv[1:] = words
    program()


if __name__ == "__main__":
    main()
