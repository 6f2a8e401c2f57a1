"""Find in the lines of a log which exception ended the program, and which one led to it. Pure.

Read are tracebacks of Python, also chained ones and those of exception groups; those that rich draws, as Kedro does;
and what Java says (Spark). Where there is none, a last line such as ``ValueError: ...`` will do.

The forms were seen in: Python 3.11 (``traceback``, PEP 654), rich (``rich.traceback``, with the boxes of UTF-8 and of
ASCII), Kedro 0.19 and 1, Spark 3 (``py4j.protocol.Py4JJavaError``).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise


class Link(StrEnum):
    """How an exception of a chain belongs to the one before it."""

    CAUSE = "cause"
    """``raise ... from``: the one before is its cause."""
    CONTEXT = "context"
    """It was raised while the one before was handled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """The exception that ended a program.

    Attributes:
        exception: Its name and message, in one line; may be long.
        cause: The exception that led to it, if any.
        cut_off: The log ends before the traceback does.
    """

    exception: str
    cause: str | None = None
    cut_off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """An exception, the number of the line after it, and how it belongs to the one before."""

    text: str
    end: int
    link: Link | None = None
    inner: str | None = None


_NEAR = 40
"""An exception counts if no more lines follow it: one that was handled long before says nothing of the end."""
_LAST_LINES = 5
_MESSAGE_LINES = 4

_PLAIN = re.compile(r"(?P<indent> *)(?:\S.*\s)?Traceback \(most recent call last\):\s*$")
_GROUP = re.compile(r"(?P<indent> *)\+ Exception Group Traceback \(most recent call last\):\s*$")
_BOX = re.compile(r"[╭+][─-]+ ?Traceback \(most recent call last\) ?[─-]+[╮+]\s*$")
_BOX_LINE = re.compile(r"[│|╭┌]")
_BOX_END = re.compile(r"(?:╰─|\+--)")
_SUB_BOX = re.compile(r"[╭+][─-]+ ?Sub-exception #1 ?[─-]+[╮+]\s*$")
_LINKS = {
    "The above exception was the direct cause of the following exception:": Link.CAUSE,
    "During handling of the above exception, another exception occurred:": Link.CONTEXT,
}
_EXCEPTION = re.compile(r"[^\W\d][\w.]*(?:<locals>[\w.]*)*(?:: ?.*|:)?$", re.DOTALL)
_BARE = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit)(?:: .*)?$|Error: .+$")
_JAVA_FRAME = re.compile(r"\s+at \S|\s*\.\.\. \d+ (?:more|common)|\s+Suppressed: ")
_JAVA_CAUSE = re.compile(r"\s*Caused by: (?P<text>\S.*)")
_JAVA = re.compile(r'Exception in thread "[^"]*" (?P<text>[A-Za-z_]\S*.*)')
_QUOTES = ('"""', "'''")
"""The end of a traceback of another process, which is the message of an exception in this one."""
_LOG_LINE = re.compile(
    r"\W{0,2}\d{2,4}[-/.]\d{2}[-/.]\d{2,4}[ T\]]|\W?(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)\b|\d\d:\d\d:\d\d|\s{15,}\S"
)
"""How a line of a log begins, and a further line of what rich logs: no message of an exception goes on there."""


def last_raised(lines: Sequence[str]) -> Raised | None:
    """Return the exception that ended a program; None if its log has none near its end.

    Args:
        lines: The last lines of the log, without escape sequences, but with the spaces at their ends.
    """
    found = list(_exceptions(lines))
    if not found:
        return _bare(lines)
    last = found[-1]
    after = lines[last.end :]
    java = [text["text"] for line in after if (text := _JAVA_CAUSE.match(line))]
    rest = [line for line in after if line.strip() and not _JAVA_FRAME.match(line) and not _JAVA_CAUSE.match(line)]
    if len(rest) > _NEAR:
        return _bare(lines)
    cause = java[-1].strip() if java else last.inner or _cause(found)
    return Raised(exception=last.text, cause=cause, cut_off=_cut_off(rest))


def _cut_off(rest: Sequence[str]) -> bool:
    """True if another traceback begins behind the last exception, and does not come to its own."""
    begins = (_PLAIN, _GROUP, _BOX)
    return any(line.strip() in _LINKS or any(one.match(line) for one in begins) for line in rest)


def _cause(found: Sequence[_Found]) -> str | None:
    """Return where the chain of causes of the last exception begins; without causes, what was handled at that time."""
    cause = None
    for before, after in reversed(list(pairwise(found))):
        if after.link is Link.CAUSE or (after.link is Link.CONTEXT and after is found[-1]):
            cause = before.text if before.text != found[-1].text else cause  # one of another process comes again here
        if after.link is not Link.CAUSE:
            break
    return cause


def _bare(lines: Sequence[str]) -> Raised | None:
    """Return what a last line without a traceback names."""
    last = [line.strip() for line in lines if line.strip()][-_LAST_LINES:]
    found = next((line for line in reversed(last) if _BARE.match(line)), None)
    return Raised(exception=found) if found else None


def _exceptions(lines: Sequence[str]) -> Iterator[_Found]:
    """Yield the exceptions of all tracebacks, the last one last."""
    at, link = 0, None
    while at < len(lines):
        line = lines[at]
        found = None
        if line.strip() in _LINKS:
            link = _LINKS[line.strip()]
        elif group := _GROUP.match(line):
            found = _of_group(lines, at, len(group["indent"]))
        elif plain := _PLAIN.match(line):
            found = _of_plain(lines, at, plain["indent"])
        elif _BOX.match(line):
            found = _of_box(lines, at)
        elif java := _JAVA.match(line):
            found = _Found(text=java["text"].strip(), end=at + 1)
        elif link and _EXCEPTION.match(line):  # rich draws no box for what has no frames
            found = _message(lines, at, width=len(line))
        if found:
            yield _Found(text=found.text, end=found.end, link=link, inner=found.inner)
            link = None
        at = max(at + 1, found.end if found else 0)


def _of_plain(lines: Sequence[str], at: int, indent: str) -> _Found | None:
    """Return what stands behind the frames of a traceback: these are indented, more than all of it may be."""
    at += 1
    while at < len(lines) and (lines[at].startswith(f"{indent}  ") or not lines[at].strip()):
        at += 1
    return _message(lines, at, indent=indent)


def _of_box(lines: Sequence[str], at: int) -> _Found | None:
    """Return what stands behind the box of a traceback, and behind that with the source of a SyntaxError."""
    width = len(lines[at].rstrip())
    at += 1
    while at < len(lines) and (_BOX_LINE.match(lines[at]) or _BOX_END.match(lines[at])):
        at += 1
    found = _message(lines, at, width=width)
    return _with_inner(lines, found) if found else None


def _with_inner(lines: Sequence[str], found: _Found) -> _Found:
    """Return an exception with the first of those in it, if it is a group that rich has drawn."""
    at = found.end
    while at < len(lines) and not lines[at].strip():
        at += 1
    if at == len(lines) or not _SUB_BOX.match(lines[at]):
        return found
    inner = None
    while at < len(lines) and (not lines[at].strip() or _BOX_LINE.match(lines[at]) or _BOX_END.match(lines[at])):
        content = lines[at].strip().strip("│|").strip()
        inner = inner or (content if _BARE.match(content) else None)
        at += 1
    return _Found(text=found.text, end=at, inner=inner)


def _of_group(lines: Sequence[str], at: int, indent: int) -> _Found | None:
    """Return the exception of a group, and the first of those in it."""
    own = re.compile(rf" {{{indent}}}\| (?! )(?P<text>.*)")
    text, inner, at = None, None, at + 1
    while at < len(lines) and re.match(r"\s*[|+]", lines[at]):
        if text is None:
            text = found["text"].strip() if (found := own.match(lines[at])) else None
        elif inner is None:
            content = re.sub(r"^\s*\| ?", "", lines[at]).rstrip()
            inner = content if _BARE.match(content) else None
        at += 1
    return _Found(text=text, end=at, inner=inner) if text and _EXCEPTION.match(text) else None


def _message(lines: Sequence[str], at: int, *, width: int | None = None, indent: str = "") -> _Found | None:
    """Return the name and the message of an exception that begin in a line; None if they do not.

    Args:
        lines: The lines.
        at: The number of the line.
        width: Where rich has folded it, and a word that is longer.
        indent: What stands before it.
    """
    if at >= len(lines) or not _EXCEPTION.match(lines[at].removeprefix(indent).rstrip()):
        return None
    text, last = lines[at].strip(), lines[at]
    end = at + 1
    while end < len(lines) and end - at < _MESSAGE_LINES and _goes_on(lines[end]):
        folded = width is not None and len(last) == width and not last.endswith(" ")
        text += ("" if folded else " ") + lines[end].strip()
        last = lines[end]
        end += 1
    return _Found(text=text, end=end)


def _goes_on(line: str) -> bool:
    """True if a line may belong to the message of an exception."""
    ends = (_LOG_LINE, _JAVA_FRAME, _JAVA_CAUSE, _PLAIN, _GROUP, _BOX, _BOX_LINE, _BOX_END)
    return bool(line.strip()) and line.strip() not in (*_LINKS, *_QUOTES) and not any(one.match(line) for one in ends)
