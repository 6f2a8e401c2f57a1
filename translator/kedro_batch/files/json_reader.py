"""Reads JSON with the line of every value: bytes in, values out, with everything that is wrong as diagnostics.

Python's parser says what is JSON and what it means. The lines, and keys that stand twice, are found in its text, which
is known to be JSON by then.
"""

import json
import re
from dataclasses import dataclass, field

from kedro_batch.diagnostics import Diagnostic, FieldPath
from kedro_batch.files.read_budget import MAX_DEPTH, MAX_DIGITS
from kedro_batch.files.yaml_reader import Document


def parse_json(content: bytes, source: str) -> Document:
    """Read a file of JSON.

    Args:
        content: UTF-8, with or without a byte order mark.
        source: The file's name, for the diagnostics.
    """
    document = Document()
    line, message = None, ""
    try:
        text = content.decode("utf-8-sig")
        document.value = json.loads(text, parse_int=_read_int)
        _Lines(document, source).read(text)
    except json.JSONDecodeError as error:
        line, message = error.lineno, f"is not valid JSON: {error.msg}"
    except RecursionError:
        message = f"is nested deeper than {MAX_DEPTH} levels"
    except UnicodeDecodeError as error:
        message = f"is not valid JSON: {error}"
    if message:
        document.broken = True
        document.diagnostics.append(Diagnostic(source=source, line=line, message=message))
    return document


def _read_int(text: str) -> int:
    """Read a whole number; of one that is refused for its length, the beginning is enough, and Python reads no more."""
    return int(text[: MAX_DIGITS + 2])


_TOKEN = re.compile(r'\n|[{}\[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}\[\],:"]+')


_BEFORE_FIRST: dict[str, tuple[int | None]] = {"{": (None,), "[": (0,)}
"""What begins a map or a list, and its first step: a map has a key before each value."""


@dataclass(slots=True)
class _Open:
    """A map or a list whose end has not come yet."""

    path: FieldPath
    step: str | int | None
    """The key or the number of the next value; None in a map before its key."""
    seen: dict[str, int] = field(default_factory=dict)


class _Lines:
    """Finds the lines of a text that is JSON, with a stack of the open lists and maps."""

    def __init__(self, document: Document, source: str) -> None:
        self.document = document
        self.source = source
        self.open: list[_Open] = []
        self.line = 1

    def read(self, text: str) -> None:
        for found in _TOKEN.finditer(text):
            match found[0]:
                case "\n":
                    self.line += 1
                case ",":
                    top = self.open[-1]
                    top.step = top.step + 1 if isinstance(top.step, int) else None
                case "}" | "]":
                    self.open.pop()
                case ":":
                    pass
                case token if self.open and self.open[-1].step is None:
                    self._key(self.open[-1], json.loads(token))
                case token:
                    self._value(token)

    def _key(self, top: _Open, key: str) -> None:
        path = (*top.path, key)
        if key in top.seen:
            message = f"the key is here twice, first in line {top.seen[key]}"
            self.document.diagnostics.append(Diagnostic(source=self.source, line=self.line, path=path, message=message))
        top.seen.setdefault(key, self.line)
        top.step = key
        self.document.lines.setdefault(path, self.line)

    def _value(self, token: str) -> None:
        top = self.open[-1] if self.open else None
        path = () if top is None or top.step is None else (*top.path, top.step)
        self.document.lines.setdefault(path, self.line)
        if starts := _BEFORE_FIRST.get(token):
            if len(self.open) == MAX_DEPTH:
                raise RecursionError
            self.open.append(_Open(path, starts[0]))
