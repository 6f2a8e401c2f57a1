"""Reads YAML strictly: only files of which every reader of YAML makes the same.

Bytes come in; plain values (dict, list, str, int, float, bool, None) go out, with everything that is wrong as
diagnostics. Refused are duplicate keys, anchors and aliases, tags, keys that are not text, several documents,
and plain scalars that YAML 1.1 and 1.2 read differently (``no``, ``1e3``, ``012``, ``2020-01-01``).

The file is read as a stream of parser events, by libyaml if PyYAML has it, without recursion. It may come from anyone:
reading stops as soon as it is over a cap of ``read_budget``.
"""

import re
import sys
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import yaml

from kedro_batch.diagnostics import Diagnostic, FieldPath
from kedro_batch.files import read_budget
from kedro_batch.files.yaml_scalars import AmbiguousError, read_plain
from kedro_batch.text.escaping import INVISIBLE

PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser if PyYAML has it: about ten times as fast."""


@dataclass(slots=True)
class Document:
    """What a file holds.

    Attributes:
        value: The root value; None if the file has no content.
        diagnostics: What is wrong with the YAML itself.
        broken: True if reading stopped at a diagnostic, so that the value is not whole.
        lines: The line where each path begins, of those that ``parse`` was asked for.
    """

    value: Any = None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    broken: bool = False
    lines: dict[FieldPath, int] = field(default_factory=dict)


def parse(content: bytes, source: str, *, with_lines: bool | Container[FieldPath] = False) -> Document:
    """Read one YAML document.

    Args:
        content: UTF-8, with or without a byte order mark, with any line ends.
        source: The file's name, for the diagnostics.
        with_lines: Record the lines too, of all paths or of some. It takes time and memory: ask for it only if there
            is something to report.
    """
    document = Document()
    builder = _Builder(document, source, with_lines=with_lines)
    try:
        for diagnostic in _check_bytes(content, source):
            builder.report(diagnostic)
        for event in islice(yaml.parse(content, Loader=PARSER), read_budget.MAX_PARTS):
            builder.on_event(event)
        builder.end(event)
    except (UnicodeDecodeError, yaml.YAMLError, _TooMuchError) as error:
        document.broken = True
        document.diagnostics.append(_stopped_by(error, content, source))
    return document


_TAG_DIRECTIVE = re.compile(rb"(?:\A|[\n\r\x85\xa8\xa9])%TAG[ \t]")
"""libyaml's time for these grows with the square of their number."""


def _check_bytes(content: bytes, source: str) -> Iterator[Diagnostic]:
    """Yield the first invisible character of each line: a comment could hide a field behind it.

    Raises:
        UnicodeDecodeError: It is not UTF-8.
        _TooMuchError: It is too large.
    """
    if len(content) > read_budget.MAX_BYTES:
        raise _TooMuchError(f"has more than {read_budget.MAX_BYTES >> 20} MiB, the most that is read. {_SMALLER}")
    if b"%TAG" in content and _TAG_DIRECTIVE.search(content):
        raise _TooMuchError("tags are not allowed: take out the lines with %TAG")
    text = content.decode("utf-8-sig")
    line, counted_to, reported = 1, 0, 0
    for found in () if text.isascii() else INVISIBLE.finditer(text):
        line += text.count("\n", counted_to, found.start())
        counted_to = found.start()
        if line > reported:
            reported = line
            message = f"holds the invisible character U+{ord(found[0]):04X}: write it as an escape in double quotes"
            yield Diagnostic(source=source, line=line, message=message)


def _stopped_by(error: Exception, content: bytes, source: str) -> Diagnostic:
    """Word what stopped the parser."""
    match error:
        case _TooMuchError():
            line = None if error.event is None else error.event.start_mark.line + 1
            return Diagnostic(source=source, line=line, message=str(error))
        case UnicodeDecodeError():
            line = content.count(b"\n", 0, error.start) + 1
            message = f"is not UTF-8 text: byte {error.start} is {error.reason}"
            return Diagnostic(source=source, line=line, message=message)
        case yaml.MarkedYAMLError():
            mark = error.problem_mark or error.context_mark
            reason = " ".join(part for part in (error.context, error.problem) if part)
            return Diagnostic(
                source=source, line=mark.line + 1 if mark else None, message=f"is not valid YAML: {reason}"
            )
        case _:  # a character that YAML does not allow
            return Diagnostic(source=source, message=f"is not valid YAML: {str(error).splitlines()[0]}")


_SMALLER = "Put more nodes into each job (group_by), or compile parts of the pipeline into plans of their own"


class _TooMuchError(Exception):
    """The file is over a cap, or more is wrong than is reported."""

    def __init__(self, message: str, event: Any = None) -> None:
        self.event = event
        super().__init__(message)


def _over_cap(found: str, most: int, event: Any) -> _TooMuchError:
    return _TooMuchError(f"has {found}; {most:,} are read at most", event)


@dataclass(slots=True)
class _Open:
    """A mapping or a list whose end has not come yet."""

    container: dict[str, Any] | list[Any]
    path: FieldPath
    path_length: int
    key: str | None = None
    seen: dict[str, int] = field(default_factory=dict)


_SURROGATE = re.compile("[\ud800-\udfff]")
_SHOWN = 80  # characters of a name in a message


def _short(name: str | None) -> str:
    name = name or ""
    return name if len(name) <= _SHOWN else f"{name[:_SHOWN]}..."


class _Builder:
    """Builds values from parser events, with a stack of the open lists and mappings."""

    def __init__(self, document: Document, source: str, *, with_lines: bool | Container[FieldPath]) -> None:
        self.document = document
        self.source = source
        self.with_lines = with_lines
        self.open: list[_Open] = []
        self.documents = 0
        self.wide = 0

    def on_event(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                self._refuse_extras(event)
                self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._refuse_extras(event)
                self._start({} if isinstance(event, yaml.MappingStartEvent) else [], event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.open.pop()
            case yaml.AliasEvent():
                self._report(event, f"aliases are not allowed: write out what *{_short(event.anchor)} stands for")
                self._add(None, event)
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents == 2:  # noqa: PLR2004  the second is one too many
                    self._report(event, "holds a second document; one is allowed")
            case _:
                pass

    def report(self, diagnostic: Diagnostic) -> None:
        if len(self.document.diagnostics) == read_budget.MAX_DIAGNOSTICS:
            raise _TooMuchError(read_budget.MORE_IS_WRONG)
        self.document.diagnostics.append(diagnostic)

    def end(self, last: Any) -> None:
        if not isinstance(last, yaml.StreamEndEvent):
            parts = f"{read_budget.MAX_PARTS:,} parts (keys, values, lists and mappings, each with its end)"
            raise _TooMuchError(f"has more than {parts}, the most that is read. {_SMALLER}", last)

    def _refuse_extras(self, event: Any) -> None:
        if event.anchor is not None:
            self._report(event, f"anchors are not allowed: write out the value without &{_short(event.anchor)}")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._report(event, f"tags are not allowed: {_short(tag)}")

    def _report(self, event: Any, message: str, path: FieldPath | None = None) -> None:
        here = self._path() if path is None else path
        self.report(Diagnostic(source=self.source, line=event.start_mark.line + 1, path=here, message=message))

    def _path(self) -> FieldPath:
        """Return the path of the next value."""
        if not self.open:
            return ()
        top = self.open[-1]
        if isinstance(top.container, list):
            return (*top.path, len(top.container))
        return top.path if top.key is None else (*top.path, top.key)

    def _scalar(self, event: Any) -> None:
        text = event.value
        if len(text) > read_budget.MAX_TEXT:
            raise _over_cap(f"a text of {len(text):,} characters", read_budget.MAX_TEXT, event)
        try:
            value = read_plain(text) if event.implicit[0] else text
        except AmbiguousError as error:
            self._report(event, str(error))
            value = text
        if not text.isascii():
            self._beyond_ascii(text, event)
        self._add(value, event)

    def _beyond_ascii(self, text: str, event: Any) -> None:
        if _SURROGATE.search(text):
            self._report(event, "holds half a character: an escape from \\ud800 to \\udfff")
        self.wide += sys.getsizeof(text)
        if self.wide > read_budget.MAX_WIDE_BYTES:
            most = f"{read_budget.MAX_WIDE_BYTES >> 20} MiB of memory, the most that is read"
            raise _TooMuchError(f"has texts beyond ASCII that take more than {most}", event)

    def _start(self, container: dict[str, Any] | list[Any], event: Any) -> None:
        path = self._path()
        if len(self.open) == read_budget.MAX_DEPTH:
            raise _TooMuchError(f"is nested deeper than {read_budget.MAX_DEPTH} levels", event)
        length = self.open[-1].path_length + len(self.open[-1].key or "") if self.open else 0
        if length > read_budget.MAX_PATH:
            raise _over_cap(f"keys of {length:,} characters above each other", read_budget.MAX_PATH, event)
        self._add(container, event)
        self.open.append(_Open(container, path, length))

    def _add(self, value: Any, event: Any) -> None:
        if not self.open:
            if self.documents == 1:
                self.document.value = value
                self._remember((), event)
            return
        top = self.open[-1]
        if isinstance(top.container, list):
            self._remember((*top.path, len(top.container)), event)
            top.container.append(value)
        elif top.key is None:
            self._key(top, value, event)
        else:
            top.container[top.key] = value
            top.key = None

    def _key(self, top: _Open, value: Any, event: Any) -> None:
        line = event.start_mark.line + 1
        if not isinstance(value, str):
            if isinstance(event, yaml.ScalarEvent):
                value = event.value
                self._report(event, f"the key {value} must be text: put it in quotes", (*top.path, value))
            else:
                value = "a key"
                self._report(event, "a key must be text, and not a list, a map or an alias", top.path)
        if len(value) > read_budget.MAX_KEY:
            raise _over_cap(f"a key of {len(value):,} characters", read_budget.MAX_KEY, event)
        if len(top.seen) == read_budget.MAX_KEYS:
            raise _over_cap("a mapping of more keys", read_budget.MAX_KEYS, event)
        if value in top.seen:
            self._report(event, f"the key is here twice, first in line {top.seen[value]}", (*top.path, value))
        top.seen.setdefault(value, line)
        self._remember((*top.path, value), event)
        top.key = value

    def _remember(self, path: FieldPath, event: Any) -> None:
        if self.with_lines is True or (self.with_lines and path in self.with_lines):
            self.document.lines.setdefault(path, event.start_mark.line + 1)
