"""What the configuration says about AWS Batch, and where: the file and the line of every setting."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from kedro_batch.diagnostics import Code, Diagnostic, FieldPath
from kedro_batch.files import yaml_reader

TARGET = ("job_queue", "job_definition")
MAX_WORKERS = "max_workers"
"""How many jobs of a run the runner lets go on at once: beside the target in Kedro's older guide, and not in plans."""
SUFFIXES = (".yml", ".yaml", ".json")
"""How the names of the files end that Kedro reads."""


class SourceRef(NamedTuple):
    """Where a setting stands: a file as messages name it, a line in it if known, and the path inside."""

    file: str
    line: int | None
    path: FieldPath


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigSource:
    """What the configuration of one environment says about AWS Batch.

    Attributes:
        aws_batch: ``aws_batch.yml``, merged over the environments; empty if there is none.
        parameters: The ``aws_batch`` section of the parameters, where projects set up by Kedro's older guide
            for AWS Batch keep queue and definition.
        files: The ``aws_batch.yml`` files that were merged, by the names that messages use; the first one wins.
        expected_file: Where such a file is looked for.
        misnamed: Files beside them that are not read but look as if they should be, each with what to do.
        given: Job queue and job definition of the runner's arguments, which win over all files.
    """

    aws_batch: Mapping[str, Any]
    parameters: Mapping[str, Any]
    files: Mapping[str, Path]
    expected_file: str
    misnamed: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def target(self) -> dict[str, Any]:
        """The job queue and the job definition, if given: by arguments, by ``aws_batch.yml``, or by the parameters."""
        sources = (self.parameters, self.aws_batch, self.given)
        return {name: source[name] for source in sources for name in TARGET if name in source}

    @property
    def missing_target(self) -> tuple[str, ...]:
        """The names of what is not given: the job queue, the job definition, or both."""
        return tuple(name for name in TARGET if name not in self.target)

    def locate(self, path: FieldPath) -> SourceRef:
        """Find where a setting stands, or its nearest parent; otherwise where it should be written.

        What a file says below a key that another file has replaced does not count.
        """
        if path and path[0] in self.given:
            return SourceRef("--runner-params", None, path)
        if path and path[0] in TARGET and path[0] not in self.aws_batch and path[0] in self.parameters:
            return SourceRef("parameters.yml", None, ("aws_batch", *path))
        for depth in range(len(path), 0, -1):
            if (depth == 1 or has_path(self.aws_batch, path[:depth])) and (found := self._find_line(path[:depth])):
                return found._replace(path=path)
        return SourceRef(self.expected_file, None, path)

    def hint_at_replaced(self, path: FieldPath) -> str:
        """Say which file has a setting that another file has replaced, with all that stands beside it; or nothing."""
        lost = None if not path[1:] or has_path(self.aws_batch, path) else self._find_line(path)
        if lost is None:
            return ""
        winner, key = self.locate(path[:1]).file, path[0]
        return f"{key} in {winner} replaces that of {lost.file} as a whole, with what line {lost.line} there sets"

    def _find_line(self, path: FieldPath) -> SourceRef | None:
        """Return the first place of a path in the files."""
        lines = ((name, _read_lines(file).get(path)) for name, file in self.files.items())
        return next((SourceRef(name, line, path) for name, line in lines if line is not None), None)

    def diagnose(self, path: FieldPath, message: str, code: Code = Code.INVALID_CONFIG) -> Diagnostic:
        """Return a diagnostic about a setting, with its file and line."""
        file, line, shown_path = self.locate(path)
        return Diagnostic(source=file, line=line, path=shown_path, message=message, code=code)


def has_path(value: Any, path: FieldPath) -> bool:
    """True if a value has a path; keys are compared as messages spell them."""
    for step in path:
        match value:
            case Mapping():
                keys = {str(key): key for key in value}
                if str(step) not in keys:
                    return False
                value = value[keys[str(step)]]
            case list() if isinstance(step, int) and step < len(value):
                value = value[step]
            case _:
                return False
    return True


@cache
def _read_lines(file: Path) -> Mapping[FieldPath, int]:
    return yaml_reader.parse(file.read_bytes(), file.name, with_lines=True).lines
