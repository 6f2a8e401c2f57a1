"""What a change set, a deletion and the events of a stack say, as lines for people who are new to it."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kedro_batch.cloud.infrastructure.changes import Change, ChangeSet
from kedro_batch.cloud.infrastructure.events import Event
from kedro_batch.cloud.infrastructure.stacks import Stack
from kedro_batch.cloud.infrastructure.template import Template
from kedro_batch.text.times import clock_time
from kedro_batch.text.wording import counted

_SIGNS = {"Add": "+", "Modify": "~", "Remove": "-", "Import": "="}
_TO_DO = {"Add": "make", "Modify": "change", "Remove": "remove", "Import": "take over"}
_LOST = {
    "AWS::S3::Bucket": "the data in it",
    "AWS::ECR::Repository": "the images in it",
    "AWS::Logs::LogGroup": "the logs in it",
    "AWS::Batch::JobQueue": "the jobs in it",
    "AWS::Batch::ComputeEnvironment": "the jobs that run there",
}
"""What is lost with a resource of each type."""
_REVISED = "AWS::Batch::JobDefinition"
"""Where another one takes its place, it is a new revision, and the old ones can be kept."""
_REMOVALS = {
    "AWS::S3::Bucket": "aws s3 rb s3://{name} --force",
    "AWS::ECR::Repository": "aws ecr delete-repository --repository-name {name} --force --region {region}",
    "AWS::Logs::LogGroup": "aws logs delete-log-group --log-group-name {name} --region {region}",
}
"""The command that removes, with all that is in it, what a stack has left behind."""
_WORDS = {
    "CREATE_IN_PROGRESS": "making",
    "CREATE_COMPLETE": "made",
    "CREATE_FAILED": "not made",
    "UPDATE_IN_PROGRESS": "changing",
    "UPDATE_COMPLETE": "changed",
    "UPDATE_FAILED": "not changed",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "cleaning up",
    "DELETE_IN_PROGRESS": "deleting",
    "DELETE_COMPLETE": "deleted",
    "DELETE_FAILED": "not deleted",
    "DELETE_SKIPPED": "kept",
    "IMPORT_IN_PROGRESS": "taking over",
    "IMPORT_COMPLETE": "taken over",
    "IMPORT_FAILED": "not taken over",
    "ROLLBACK_IN_PROGRESS": "undoing",
    "ROLLBACK_COMPLETE": "undone",
    "UPDATE_ROLLBACK_IN_PROGRESS": "undoing",
    "UPDATE_ROLLBACK_COMPLETE": "undone",
}
_STARTED_WORK = "initiated"
"""Further events at the beginning of the work on a resource end so: "Resource creation Initiated", "Eventual
consistency check initiated"."""
_HIDDEN = "****"
"""How CloudFormation shows a value that is secret."""
_LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of text; ``loud`` if data or jobs may be lost."""

    text: str
    loud: bool = False


def change_lines(change_set: ChangeSet, before: Stack | None, template: Template) -> Iterator[Line]:
    """Yield what a change set would do: a line for each resource, below it what changes in it, then the parameters."""
    width = max((len(change.logical_id) for change in change_set.changes), default=0)
    kinds = max((len(_short(change.kind)) for change in change_set.changes), default=0)
    for change in change_set.changes:
        said, loud = _remark(change)
        sign, name = _SIGNS.get(change.action, "~"), _name(change.physical_id)
        shown = f"  {sign} {change.logical_id:{width}}  {_short(change.kind):{kinds}}  {name}"
        yield Line(text=f"{shown.rstrip()}{f'  {said}' if said else ''}", loud=loud)
        for one in change.properties if change.action == "Modify" else ():
            values = f": {_value(one.before)} -> {_value(one.after)}" if one.before or one.after else ""
            yield Line(text=f"      {one.name}{values}")
    for name, value in sorted(change_set.parameters.items()):
        known = before is not None and not before.only_proposed and name in before.parameters
        old = before.parameters[name] if before is not None and known else None
        secret = template.parameters[name].secret if name in template.parameters else True
        if known and old != value and not secret and _HIDDEN not in value:
            yield Line(text=f"    parameter {name}: {_value(old)} -> {_value(value)}")


def changes_headline(change_set: ChangeSet) -> str:
    """Return how many resources are made, changed, removed and taken over."""
    if not change_set.changes:
        return "no resource changes, but outputs, tags or the text of the template do"
    actions = [change.action for change in change_set.changes]
    parts = [f"{actions.count(action)} to {_TO_DO.get(action, 'change')}" for action in dict.fromkeys(actions)]
    return f"{counted(len(actions), 'resource')}, {', '.join(parts)}"


def deletion_lines(there: Mapping[str, str], template: Template) -> tuple[list[Line], list[Line]]:
    """Return a line for each resource that is deleted with its stack, and one for each that is kept.

    Args:
        there: The names or ARNs of what exists, by logical id.
        template: That of the stack, as it is deployed.
    """
    width = max(map(len, there), default=0)
    kinds = max((len(_short(one.kind)) for one in template.resources.values()), default=0)
    deleted: list[Line] = []
    kept: list[Line] = []
    for logical_id, physical_id in sorted(there.items()):
        resource = template.resources.get(logical_id)
        kind = resource.kind if resource else ""
        stays = resource is not None and resource.kept
        lost = "" if stays or kind not in _REMOVALS else f"  WITH {_LOST[kind].upper()}"
        text = f"  {'=' if stays else '-'} {logical_id:{width}}  {_short(kind):{kinds}}  {_name(physical_id)}{lost}"
        (kept if stays else deleted).append(Line(text=text, loud=bool(lost)))
    return deleted, kept


def removal_commands(there: Mapping[str, str], template: Template, region: str) -> list[str]:
    """Return the commands that delete what a stack leaves behind, with all that is in it."""
    return [
        _REMOVALS[resource.kind].format(name=shlex.quote(there[logical_id]), region=region)
        for logical_id, resource in sorted(template.resources.items())
        if resource.kept and logical_id in there and resource.kind in _REMOVALS
    ]


def event_line(event: Event, *, every: bool) -> Line | None:
    """Return a line for an event; None for one that says nothing new.

    Args:
        event: The event.
        every: Return a line for each event, with the state as CloudFormation spells it.
    """
    if not every and not event.of_stack and event.reason.lower().endswith(_STARTED_WORK):
        return None
    failed = event.status.endswith("FAILED")
    words = event.status if every else _WORDS.get(event.status, event.status.lower().replace("_", " "))
    reason = f": {event.reason}" if event.reason and (failed or every) else ""
    what = "the stack" if event.of_stack else event.logical_id
    kind = "" if event.of_stack else f"  {_short(event.kind)}"
    return Line(text=f"  {clock_time(event.at.timestamp())}  {words:12}  {what}{kind}{reason}", loud=failed)


def _remark(change: Change) -> tuple[str, bool]:
    """Return what else is to be said of a change, and whether something may be lost."""
    lost = f", WITH {_LOST[change.kind].upper()}" if change.kind in _LOST else ""
    match change.action:
        case "Import":
            return "exists, and is taken over as it is", False
        case "Remove":
            return ("leaves the stack, and is kept", False) if change.kept else (f"DELETED{lost}", bool(lost))
        case "Modify" if change.replaced != "False":
            return _replacement(change, lost)
        case _:
            return "", False


def _replacement(change: Change, lost: str) -> tuple[str, bool]:
    if change.kind == _REVISED:
        return "a new revision", False
    if change.kept:
        return "another one takes its place, and this one is kept", True
    may = "MAY BE " if change.replaced == "Conditional" else ""
    return f"{may}REPLACED: A NEW ONE IS MADE, AND THIS ONE DELETED{lost}", True


def _name(physical_id: str) -> str:
    """Return the name in an ARN; anything else as it is."""
    return physical_id.rpartition("/")[2] if physical_id.startswith("arn:") else physical_id


def _short(kind: str) -> str:
    return kind.removeprefix("AWS::").replace("::", " ")


def _value(value: str | None) -> str:
    if value is None:
        return "(not set)"
    return f'"{value}"' if not value else value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}..."
