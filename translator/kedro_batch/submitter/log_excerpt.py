"""Make an excerpt of a failed job's log: which exception, of which node, and the last lines. Pure.

A log is foreign text: whatever it holds, an excerpt is short, and shows as it is on a terminal.
"""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kedro_batch.submitter.kedro_log import node_that_failed
from kedro_batch.submitter.tracebacks import Raised, last_raised
from kedro_batch.text.escaping import last_written, one_line
from kedro_batch.text.wording import counted

LOG_LINES = 25
"""Lines of an excerpt at most."""
WIDTH = 500
"""Characters of a line, and of an exception, at most."""
_LINES_READ = 2000
_LONGEST_READ = 2000
"""Characters of a line that are looked at; of a progress bar, those that were written last."""
_TRACEBACK = "Traceback (most recent call last)"

_BOX = re.compile(r"[╭+][─-]+ ?" + re.escape(_TRACEBACK) + r" ?[─-]+[╮+]\s*$")
_INNER = re.compile(r"[│|] ?(?P<text>.*?) ?[│|]\s*$")
_BOX_END = re.compile(r"(?:╰─|\+--)")
_SOURCE = re.compile(r" *(?P<here>[❱>] )? *\d+ (?P<source>.*)$")
_INNER_BOX = re.compile(r"\s*(?:[╭│╰|]|\+-)")
_OF_KEDRO = re.compile(r' +File ".*[\\/](?:site|dist)-packages[\\/](?:kedro|click|pluggy)[\\/].*", line \d+, in ')
_ANY_FRAME = re.compile(r' +File ".*", line \d+')
_FRAME = re.compile(r"(?P<file>\S.*?):(?P<line>\d+) ?in (?P<function>\S.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """What is shown of a failed job's log.

    Attributes:
        lines: Its last lines, as plain text of one line each, without what rich draws around them.
        exception: The exception that ended the program: its name and message.
        exception_cause: The exception that led to it.
        node: The node that failed, of a job with several.
        cut_off: The log ends before a traceback in it does.
    """

    lines: tuple[str, ...] = ()
    exception: str | None = None
    exception_cause: str | None = None
    node: str | None = None
    cut_off: bool = False


def excerpt_of(log: Sequence[str], nodes: Collection[str] = ()) -> Excerpt:
    """Return an excerpt of a log.

    Args:
        log: Its last lines, as they were written.
        nodes: The nodes of the job.
    """
    lines = [line for entry in log[-_LINES_READ:] for line in _lines_of(entry)][-_LINES_READ:]
    raised = last_raised(lines)
    shown = _without_frames_of_kedro([line.rstrip() for line in _without_boxes(lines) if line.strip()])
    return Excerpt(
        lines=tuple(cut(line) for line in shown[-LOG_LINES:]),
        exception=cut(raised.exception) if raised else None,
        exception_cause=_cause(raised),
        node=node_that_failed(lines, nodes) if len(nodes) > 1 else None,
        cut_off=raised.cut_off if raised else False,
    )


def cut(text: str) -> str:
    """Return a line that is not too long."""
    return one_line(text, WIDTH)


def _cause(raised: Raised | None) -> str | None:
    return cut(raised.cause) if raised and raised.cause else None


def _lines_of(entry: str) -> Iterator[str]:
    """Yield the lines of an entry as a terminal would show them: of a progress bar, what it says last."""
    for line in _unpacked(entry).split("\n")[-_LINES_READ:]:
        yield one_line(last_written(line)[:_LONGEST_READ], None)


def _unpacked(entry: str) -> str:
    """Return the traceback in an entry that is JSON, as many programs log; else the entry."""
    if not entry.lstrip().startswith("{") or _TRACEBACK not in entry:
        return entry
    try:
        return next((text for text in _texts_in(json.loads(entry)) if _TRACEBACK in text), entry)
    except (ValueError, RecursionError):
        return entry


def _texts_in(value: Any) -> Iterator[str]:
    """Yield the texts in a JSON value, those of objects in objects too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(one)


def _without_boxes(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines, with tracebacks that rich has drawn as Python prints them."""
    in_box, place = False, ""
    for line in lines:
        if not in_box and _BOX.match(line):
            in_box, place = True, ""
            yield f"{_TRACEBACK}:"
        elif in_box and (inner := _INNER.match(line)):
            text = inner["text"]
            if not place and (source := _SOURCE.match(text)):
                if source["here"] and (code := source["source"].strip(" │|")):
                    yield f"    {code}"
                place = ""
            elif _INNER_BOX.match(text):  # what show_locals draws
                place = ""
            elif text.strip():
                place += text if text == text.rstrip() else f"{text.rstrip()} "  # folded in a word, or behind one
                if frame := _FRAME.match(place.strip()):
                    yield f'  File "{frame["file"]}", line {frame["line"]}, in {frame["function"].strip()}'
                    place = ""
            else:
                place = ""
        elif in_box and _BOX_END.match(line):
            in_box = False
        else:
            in_box = False
            yield line


def _without_frames_of_kedro(lines: Sequence[str]) -> list[str]:
    """Return the lines without the frames by which Kedro has come to a node: those that others follow."""
    kept: list[str] = []
    of_kedro: list[str] = []  # frames of which it is not known yet what follows
    frames = 0
    for line in lines:
        if _OF_KEDRO.match(line):
            of_kedro.append(line)
            frames += 1
        elif of_kedro and line.startswith("    ") and not _ANY_FRAME.match(line):
            of_kedro.append(line)
        else:
            if of_kedro:
                kept += [f"  ({counted(frames, 'frame')} of Kedro)"] if _ANY_FRAME.match(line) else of_kedro
            of_kedro, frames = [], 0
            kept.append(line)
    return kept + of_kedro
