"""Reads a file of parameters, YAML or JSON, strictly: bytes in, values with their lines out, or all that is wrong.

YAML is read as a plan is: only what all readers of YAML agree about. A file that is JSON is read as JSON, which writes
some numbers otherwise (``1e-07``).
"""

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kedro_batch.diagnostics import Diagnostic, FieldPath
from kedro_batch.errors import ConfigError
from kedro_batch.files import yaml_reader
from kedro_batch.files.json_reader import parse_json
from kedro_batch.files.read_budget import MAX_PARAMS_BYTES
from kedro_batch.files.yaml_reader import Document
from kedro_batch.plan.checks.params import TOO_LONG_PARAMS, refused_params


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
    document = _parse(content, name)
    value, wrong = document.value, document.diagnostics
    file = ParamsFile(name=name, values=value if isinstance(value, dict) else {}, lines=document.lines)
    if not wrong and not isinstance(value, dict):
        message = "must be a map of parameters, such as model_options: {random_state: 3}"
        wrong = [Diagnostic(source=name, message="is empty" if value is None else message)]
    already = {one.path for one in wrong}
    wrong = [*wrong, *(one for one in _diagnose(file) if one.path not in already)]
    _refuse(file, wrong)
    return file


def take_params(values: Mapping[Any, Any], name: str) -> ParamsFile:
    """Take parameters that stand in no file, such as those of a session of Kedro.

    Args:
        values: The parameters, with values of any type.
        name: Where they come from, for messages.

    Raises:
        ConfigError: With the path of everything that would not reach a node as it is.
    """
    file = ParamsFile(name=name, values=values)
    _refuse(file, [*_diagnose(file)])
    return file


def _refuse(file: ParamsFile, wrong: Sequence[Diagnostic]) -> None:
    if wrong:
        located = [one if one.line else replace(one, line=file.find_line(one.path)) for one in wrong]
        raise ConfigError(f"the parameters in {file.name} cannot be used:", located)


def _parse(content: bytes, name: str) -> Document:
    if len(content) > MAX_PARAMS_BYTES:
        message = f"has more than {MAX_PARAMS_BYTES >> 20} MiB. {TOO_LONG_PARAMS}"
        return Document(diagnostics=[Diagnostic(source=name, message=message)], broken=True)
    if name.endswith(".json"):
        return parse_json(content, name)
    if content.removeprefix(BOM_UTF8).lstrip().startswith(b"{"):
        read = parse_json(content, name)
        if not read.broken:
            return read
    return yaml_reader.parse(content, name, with_lines=True)


def _diagnose(file: ParamsFile) -> Iterator[Diagnostic]:
    for path, message, code in refused_params(file.values, None):
        yield Diagnostic(source=file.name, path=path, message=message, code=code)
