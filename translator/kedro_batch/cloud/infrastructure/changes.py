"""What a change set would change, resource by resource, as its description says. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyChange:
    """A property of a resource that changes; before and after are None where CloudFormation does not tell."""

    name: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one resource.

    Attributes:
        action: ``Add``, ``Modify``, ``Remove``, ``Import``, or what AWS calls it else.
        logical_id: Its name in the template.
        physical_id: Its name or ARN on AWS; empty if it does not exist yet.
        kind: Its type.
        replaced: ``True``, ``False`` or ``Conditional``: whether another one takes its place.
        kept: What it takes the place of, or what leaves the stack, is not deleted.
        properties: What changes in it.
    """

    action: str
    logical_id: str
    physical_id: str
    kind: str
    replaced: str
    kept: bool
    properties: tuple[PropertyChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """What a change set says.

    Attributes:
        empty: Nothing is to be changed.
        changes: By logical id. None, in one that is not empty: only outputs, tags or the template's text change.
        parameters: The values of the stack's parameters after the change.
    """

    empty: bool = False
    changes: tuple[Change, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)


def read_changes(replies: Sequence[Mapping[str, Any]]) -> tuple[Change, ...]:
    """Return the changes of a change set, by logical id, from the ``Changes`` of its description."""
    found = (_change(one["ResourceChange"]) for one in replies if "ResourceChange" in one)
    return tuple(sorted(found, key=lambda change: change.logical_id))


def _change(reply: Mapping[str, Any]) -> Change:
    return Change(
        action=reply["Action"],
        logical_id=reply["LogicalResourceId"],
        physical_id=reply.get("PhysicalResourceId", ""),
        kind=reply["ResourceType"],
        replaced=reply.get("Replacement", "False"),
        kept="Retain" in reply.get("PolicyAction", ""),
        properties=tuple(_properties(reply.get("Details", ()))),
    )


def _properties(details: Sequence[Mapping[str, Any]]) -> Iterator[PropertyChange]:
    """Yield each property once: CloudFormation names one for each cause of its change."""
    seen = set()
    for detail in details:
        target = detail.get("Target", {})
        path = target.get("Path", "").removeprefix("/Properties/").replace("/", ".")
        name = path or target.get("Name") or target.get("Attribute", "")
        if name and name not in seen:
            seen.add(name)
            yield PropertyChange(name=name, before=target.get("BeforeValue"), after=target.get("AfterValue"))
