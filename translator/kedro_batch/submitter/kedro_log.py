"""Tell from the log of a job with several nodes which of them failed. Pure.

Kedro logs ``Running node: NAME: ...`` and ``Node NAME: ... failed with error:``, and later versions ``Completed node:
NAME``. Rich folds such lines into columns, in the middle of a word if need be. So they are compared without spaces.
"""

import re
from collections.abc import Collection, Sequence

_PLACE = re.compile(r"\s\S+\.py:\d+\s*$")
"""Where a line was logged: the last column of rich."""
_LONGEST_LINE = 300
_LONGEST_MESSAGE = 5000
_RUNNING = re.compile("Runningnode:")
_COMPLETED = re.compile("Completednode:|Completed[0-9]+outof")
_FAILED = "failedwitherror"


def node_that_failed(lines: Sequence[str], nodes: Collection[str]) -> str | None:
    """Return which node failed, or was running when the log ended; None if that is not told.

    Args:
        lines: The last lines of the log.
        nodes: The nodes of the job.
    """
    text = "".join(_squeezed(_PLACE.sub("", line[:_LONGEST_LINE])) for line in lines)
    by_name = {_squeezed(node): node for node in sorted(nodes, key=len, reverse=True)}
    end = text.rfind(_FAILED)
    while end >= 0:
        start = text.rfind("Node", max(0, end - _LONGEST_MESSAGE), end)
        while start >= 0:
            if node := _named(text, start + len("Node"), by_name):
                return node
            start = text.rfind("Node", max(0, end - _LONGEST_MESSAGE), start)
        end = text.rfind(_FAILED, 0, end)
    return _running(text, by_name)


def _running(text: str, by_name: dict[str, str]) -> str | None:
    """Return the node that has begun last, if none has ended since."""
    begun = [one.end() for one in _RUNNING.finditer(text)]
    ended = [one.start() for one in _COMPLETED.finditer(text)]
    if not begun or (ended and ended[-1] > begun[-1]):
        return None
    return _named(text, begun[-1], by_name)


def _named(text: str, at: int, by_name: dict[str, str]) -> str | None:
    """Return the node whose name stands there: the longest one, if several do."""
    for squeezed, node in by_name.items():
        if text.startswith(squeezed, at):
            after = text[at + len(squeezed) :]
            if not after or after.startswith((":", _FAILED)) or not squeezed[-1:].isidentifier():
                return node
    return None


def _squeezed(text: str) -> str:
    return "".join(text.split())
