"""Runs kedro-batch and kills it just before a line of its code: ``python killed.py FILE:LINE:N WORDS...``.

FILE is the name of a module of the submitter; the process is killed before LINE is run for the N-th time, by a
signal that nobody can catch, wherever that is: in the run's own thread or in one that makes a call.
"""

import os
import signal
import sys
import threading
from types import CodeType, FrameType
from typing import Any

from kedro_batch.cli import main

_file, _line, _count = sys.argv[1].split(":")
_ending, _number = f"/submitter/{_file}", int(_line)
_left = [int(_count)]
_of_interest: dict[CodeType, bool] = {}


def _has_line(code: CodeType) -> bool:
    if code not in _of_interest:
        lines = (line for _, _, line in code.co_lines())
        _of_interest[code] = code.co_filename.endswith(_ending) and _number in lines
    return _of_interest[code]


def _on_call(frame: FrameType, event: str, argument: Any) -> Any:  # noqa: ARG001  as sys.settrace has it
    return _on_line if _has_line(frame.f_code) else None


def _on_line(frame: FrameType, event: str, argument: Any) -> Any:  # noqa: ARG001  as sys.settrace has it
    if event == "line" and frame.f_lineno == _number:
        _left[0] -= 1
        if _left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return _on_line


if __name__ == "__main__":
    sys.argv[1:2] = []
    threading.settrace(_on_call)
    sys.settrace(_on_call)
    main()
