"""Reads YAML of which every reader makes the same.

Bytes come in; plain values (dict, list, str, int, float, bool, None) go out, with everything that is wrong as
findings. Refused are duplicate keys, anchors and aliases, tags, keys that are not text, several documents,
and plain scalars that YAML 1.1 and 1.2 read differently (``no``, ``1e3``, ``012``, ``2020-01-01``).

The file is read as a stream of parser events, from libyaml where PyYAML has it, without recursion.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from kedro_batch.errors import FieldPath, Finding

PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML has it: about ten times as fast."""
_MAX_DEPTH = 64


@dataclass(slots=True)
class Document:
    """What a file holds.

    Attributes:
        value: The root value; None where the file has no content.
        findings: What is wrong with the YAML itself.
        broken: The value is not whole, because reading stopped at a finding.
        lines: For every path, the line where it begins; filled only by ``parse(..., with_lines=True)``.
    """

    value: Any = None
    findings: list[Finding] = field(default_factory=list)
    broken: bool = False
    lines: dict[FieldPath, int] = field(default_factory=dict)


class _AmbiguousError(ValueError):
    """A plain scalar that YAML 1.1 and YAML 1.2 read differently."""


def parse(content: bytes, source: str, *, with_lines: bool = False) -> Document:
    """Read one YAML document.

    Args:
        content: UTF-8, with or without a byte order mark, with any line ends.
        source: The file's name, for the findings.
        with_lines: Also record the line of every path. It takes time and memory: ask for it only when there
            is something to report.
    """
    document = Document()
    builder = _Builder(document, source, with_lines=with_lines)
    try:
        text = content.decode("utf-8-sig")
        document.findings += _treacherous(text, source)
        for event in yaml.parse(text, Loader=PARSER):
            builder.take(event)
    except (UnicodeDecodeError, yaml.YAMLError, _TooDeepError) as error:
        document.broken = True
        document.findings.append(_stopped_by(error, content, source))
    return document


INVISIBLE = re.compile(
    "[\x85\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What ends lines to YAML 1.1 but not to YAML 1.2, git or an editor; what turns the direction of text; and what is
not seen at all (the default ignorable characters of Unicode). A comment could hide a field behind them."""


def _treacherous(text: str, source: str) -> Iterator[Finding]:
    if not INVISIBLE.search(text):
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if found := INVISIBLE.search(line):
            message = f"holds the invisible character U+{ord(found[0]):04X}: write it as an escape in double quotes"
            yield Finding(source=source, line=number, message=message)


def _stopped_by(error: Exception, content: bytes, source: str) -> Finding:
    """Say what kept the parser from reading on."""
    match error:
        case _TooDeepError():
            return error.finding
        case UnicodeDecodeError():
            line = content.count(b"\n", 0, error.start) + 1
            message = f"is not UTF-8 text: byte {error.start} is {error.reason}"
            return Finding(source=source, line=line, message=message)
        case yaml.MarkedYAMLError():
            mark = error.problem_mark or error.context_mark
            reason = " ".join(part for part in (error.context, error.problem) if part)
            return Finding(source=source, line=mark.line + 1 if mark else None, message=f"is not valid YAML: {reason}")
        case _:  # a character that YAML does not allow
            return Finding(source=source, message=f"is not valid YAML: {str(error).splitlines()[0]}")


class _TooDeepError(Exception):
    def __init__(self, finding: Finding) -> None:
        self.finding = finding


@dataclass(slots=True)
class _Open:
    """A mapping or a list whose end has not come yet."""

    container: dict[str, Any] | list[Any]
    path: FieldPath
    key: str | None = None
    seen: dict[str, int] = field(default_factory=dict)


class _Builder:
    """Puts values together from parser events, with a stack of what is open."""

    def __init__(self, document: Document, source: str, *, with_lines: bool) -> None:
        self.document = document
        self.source = source
        self.with_lines = with_lines
        self.open: list[_Open] = []
        self.documents = 0

    def take(self, event: Any) -> None:
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
                self._report(event, f"aliases are not allowed: write out what *{event.anchor} stands for")
                self._add(None, event)
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents == 2:  # noqa: PLR2004  the second is one too many
                    self._report(event, "holds a second document; one is allowed")
            case _:
                pass

    def _refuse_extras(self, event: Any) -> None:
        if event.anchor is not None:
            self._report(event, f"anchors are not allowed: write out the value without &{event.anchor}")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._report(event, f"tags are not allowed: {tag}")

    def _report(self, event: Any, message: str, path: FieldPath | None = None) -> None:
        here = self._path() if path is None else path
        line = event.start_mark.line + 1
        self.document.findings.append(Finding(source=self.source, line=line, path=here, message=message))

    def _path(self) -> FieldPath:
        """Give the path of what comes next."""
        if not self.open:
            return ()
        top = self.open[-1]
        if isinstance(top.container, list):
            return (*top.path, len(top.container))
        return top.path if top.key is None else (*top.path, top.key)

    def _scalar(self, event: Any) -> None:
        try:
            value = _plain_value(event.value) if event.implicit[0] else event.value
        except _AmbiguousError as error:
            self._report(event, str(error))
            value = event.value
        if _SURROGATE.search(event.value):
            self._report(event, "holds half a character: an escape from \\ud800 to \\udfff")
        self._add(value, event)

    def _start(self, container: dict[str, Any] | list[Any], event: Any) -> None:
        path = self._path()
        if len(self.open) == _MAX_DEPTH:
            message = f"is nested deeper than {_MAX_DEPTH} levels"
            raise _TooDeepError(Finding(source=self.source, line=event.start_mark.line + 1, message=message))
        self._add(container, event)
        self.open.append(_Open(container, path))

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
            self._report(event, f"the key {value!r} must be text: put it in quotes", (*top.path, str(value)))
            value = str(value)
        if value in top.seen:
            self._report(event, f"the key is here twice, first in line {top.seen[value]}", (*top.path, value))
        top.seen.setdefault(value, line)
        self._remember((*top.path, value), event)
        top.key = value

    def _remember(self, path: FieldPath, event: Any) -> None:
        if self.with_lines:
            self.document.lines.setdefault(path, event.start_mark.line + 1)


# The core schema of YAML 1.2.2, section 10.3.2.
_CORE: tuple[tuple[re.Pattern[str], type | None], ...] = (
    (re.compile(r"null|Null|NULL|~|"), None),
    (re.compile(r"true|True|TRUE|false|False|FALSE"), bool),
    (re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"), int),
    (
        re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
        float,
    ),
)
_SURROGATE = re.compile("[\ud800-\udfff]")
# Booleans of YAML 1.1 to other readers than PyYAML, and numbers to some with their underscores left out.
_ODD = re.compile(r"[yYnN]|[-+.]+_.*|[-+.]*\d*\._.*")
_YAML_1_1: Any = yaml.SafeLoader("")
_MAX_NUMBER = 40  # characters; longer digits are text that someone forgot to quote


@lru_cache(maxsize=65_536)
def _plain_value(text: str) -> str | int | float | bool | None:
    """Read a plain scalar.

    Raises:
        _AmbiguousError: YAML 1.1 and 1.2 read it differently, or it is no finite number.
    """
    kind = next((kind for pattern, kind in _CORE if pattern.fullmatch(text)), str)
    tag = _YAML_1_1.resolve(yaml.ScalarNode, text, (True, False)).rpartition(":")[2]
    if kind is str and tag == "str" and not _ODD.fullmatch(text):
        return text
    if kind is not str and len(text) <= _MAX_NUMBER:
        value = _core_value(text, kind)
        if tag == _TAG_OF[kind] and _constructed_1_1(text, tag) == value and _is_finite(value):
            return value
    raise _AmbiguousError(
        f"YAML versions disagree about {text!r}: put it in quotes if it is text; "
        "a number is written like 12 or 0.5, a truth value true or false"
    )


_TAG_OF: dict[type | None, str] = {None: "null", bool: "bool", int: "int", float: "float"}


def _core_value(text: str, kind: type | None) -> int | float | bool | None:
    if kind is None:
        return None
    if kind is bool:
        return text.lower() == "true"
    if kind is int:
        base = {"0o": 8, "0x": 16}.get(text[:2])
        return int(text[2:], base) if base else int(text)
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


def _constructed_1_1(text: str, tag: str) -> Any:
    full_tag = f"tag:yaml.org,2002:{tag}"
    construct = _YAML_1_1.yaml_constructors[full_tag]
    return construct(_YAML_1_1, yaml.ScalarNode(full_tag, text))


def _is_finite(value: float | None) -> bool:
    return not isinstance(value, float) or math.isfinite(value)
