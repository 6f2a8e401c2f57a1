"""Reads a policy strictly: bytes in, a policy out, or everything that is wrong with it at once."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from kedro_batch.diagnostics import Diagnostic, FieldPath, Severity, diagnostics_of
from kedro_batch.errors import PolicyError
from kedro_batch.files import yaml_reader
from kedro_batch.files.json_schema import check, whole
from kedro_batch.files.read_budget import MAX_DIAGNOSTICS
from kedro_batch.files.schema_words import Meaning
from kedro_batch.plan.policy.allowed_names import ListedNames
from kedro_batch.plan.policy.model import Policy, Rule, RuleName

_SEVERITIES = {"rules": Severity.ERROR, "warnings": Severity.WARNING}
"""The parts of a file, with what it means to break their rules."""
_NO_RULE = "has no rule, so that every plan would pass: write one under rules, such as max_attempts: 3"


def read_policy(content: bytes, source: str) -> Policy:
    """Make a policy of a file's content.

    Args:
        content: The file, UTF-8 YAML.
        source: Its name, for messages.

    Raises:
        PolicyError: With a diagnostic for everything that is wrong. A policy without rules is wrong, too.
    """
    document = yaml_reader.parse(content, source, with_lines=True)
    wrong = document.diagnostics
    if not document.broken:
        already = {one.path for one in wrong}
        found = [one for one in islice(_check(document.value), MAX_DIAGNOSTICS) if one.path not in already]
        wrong = [*wrong, *(replace(one, source=source, line=_line(document.lines, one.path)) for one in found)]
    if wrong:
        raise PolicyError(f"{source} is not a policy:", wrong)
    return Policy(source=source, rules=tuple(_rules(document)))


def _check(value: Any) -> Iterator[Diagnostic]:
    if value is None:
        yield Diagnostic(message=_NO_RULE)
        return
    yield from diagnostics_of(check(value, "policy", _find_meaning))
    if isinstance(value, dict) and not value.keys() & _SEVERITIES.keys():
        yield Diagnostic(message=_NO_RULE)


def _find_meaning(path: FieldPath, _: object) -> Meaning | None:
    """Tell what is meant by rules at the top of the file, and by a severity."""
    if path[-1] == "severity":
        return Meaning("", advice="Rules that only warn stand under warnings, all others under rules.")
    if len(path) == 1 and path[0] in tuple(RuleName):
        return Meaning("", advice="Write it below rules, or below warnings if it should only warn.")
    return None


def _line(lines: dict[FieldPath, int], path: FieldPath) -> int | None:
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path)


def _rules(document: yaml_reader.Document) -> Iterator[Rule]:
    for part, severity in _SEVERITIES.items():
        for name, value in document.value.get(part, {}).items():
            yield Rule(
                name=RuleName(name),
                value=_read_value(value),
                severity=severity,
                line=document.lines.get((part, name)),
            )


def _read_value(value: Any) -> Any:
    match value:
        case list():
            return ListedNames(value)
        case dict():
            return {key: ListedNames(names) for key, names in value.items()}
        case _:
            return whole(value)
