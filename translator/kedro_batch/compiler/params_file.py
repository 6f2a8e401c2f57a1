"""Reads a file of parameters, YAML or JSON, strictly: bytes in, values with their lines out, or all that is wrong.

YAML is read as a plan is: only what all readers of YAML agree about. A file that is JSON is read as JSON, which writes
some numbers otherwise (``1e-07``).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kedro_batch.diagnostics import Code, Diagnostic, FieldPath
from kedro_batch.errors import ConfigError
from kedro_batch.files import yaml_reader
from kedro_batch.files.read_budget import MAX_DEPTH, MAX_DIGITS
from kedro_batch.plan.checks.credentials import credentials_in_params
from kedro_batch.plan.params import wrong_params


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamsFile:
    """Parameters as a file has them.

    Attributes:
        name: The name of the file, for messages.
        values: The parameters.
        lines: The line of each value, where it is known.
    """

    name: str
    values: Mapping[str, Any]
    lines: Mapping[FieldPath, int] = field(default_factory=dict)

    def find_line(self, path: FieldPath) -> int | None:
        """Return the line of a place, or of the nearest one above it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def read_params_file(content: bytes, name: str) -> ParamsFile:
    """Read a file of parameters.

    Args:
        content: The file.
        name: Its name, for messages.

    Raises:
        ConfigError: With file, line and path of everything that is wrong.
    """
    document = yaml_reader.parse(content, name, with_lines=True)
    value, wrong = document.value, document.diagnostics
    is_json = name.endswith(".json")
    if is_json or content.lstrip().startswith(b"{"):
        read = _read_json(content, name)
        if is_json or not read.diagnostics:
            value, wrong = read.value, read.diagnostics
    file = ParamsFile(name=name, values=value if isinstance(value, dict) else {}, lines=document.lines)
    if not wrong and not isinstance(value, dict):
        message = "must be a map of parameters, such as model_options: {random_state: 3}"
        wrong = [Diagnostic(source=name, message="is empty" if value is None else message)]
    already = {one.path for one in wrong}
    wrong = [*wrong, *(one for one in _diagnose(file) if one.path not in already)]
    if wrong:
        located = [one if one.line else replace(one, line=file.find_line(one.path)) for one in wrong]
        raise ConfigError(f"the parameters in {name} cannot be used:", located)
    return file


def _diagnose(file: ParamsFile) -> Iterator[Diagnostic]:
    for path, message in wrong_params(file.values):
        yield Diagnostic(source=file.name, path=path, message=message)
    for path, message in credentials_in_params(file.values):
        yield Diagnostic(source=file.name, path=path, message=message, code=Code.CREDENTIAL)


class _Pairs(list[tuple[str, Any]]):
    """A map as JSON has it, in which a key may stand twice."""


def _read_json(content: bytes, name: str) -> yaml_reader.Document:
    document = yaml_reader.Document()
    try:
        text = content.decode("utf-8-sig")
        document.value = _plain(json.loads(text, object_pairs_hook=_Pairs, parse_int=_read_int), (), document, name)
    except json.JSONDecodeError as error:
        message = f"is not valid JSON: {error.msg}"
        document.diagnostics.append(Diagnostic(source=name, line=error.lineno, message=message))
    except RecursionError:
        document.diagnostics.append(Diagnostic(source=name, message=f"is nested deeper than {MAX_DEPTH} levels"))
    except UnicodeDecodeError as error:
        document.diagnostics.append(Diagnostic(source=name, message=f"is not valid JSON: {error}"))
    return document


def _read_int(text: str) -> int:
    """Read a whole number; of one that is refused for its length, the beginning is enough, and Python reads no more."""
    return int(text[: MAX_DIGITS + 2])


def _plain(value: Any, here: FieldPath, document: yaml_reader.Document, name: str) -> Any:
    """Make plain maps of pairs, and report keys that stand twice."""
    if isinstance(value, _Pairs):
        plain: dict[str, Any] = {}
        for key, inner in value:
            path = (*here, key)
            if key in plain:
                document.diagnostics.append(Diagnostic(source=name, path=path, message="the key is here twice"))
            plain[key] = _plain(inner, path, document, name)
        return plain
    if isinstance(value, list):
        return [_plain(inner, (*here, position), document, name) for position, inner in enumerate(value)]
    return value
