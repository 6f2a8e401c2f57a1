"""Tell what all jobs share, or a default has, from what differs in some jobs: pictures paint only the latter. Pure."""

import json
from collections import Counter

from kedro_batch.plan.model import Plan
from kedro_batch.review.diff.changed_defaults import ChangedDefaults
from kedro_batch.review.diff.model import Change, FieldChange, JobChange, PlanDiff

_Field = tuple[tuple[str, ...], str]


class CommonChanges:
    """The changes of fields that come from a default, or that every job has that is in both plans."""

    def __init__(self, diff: PlanDiff, plans: tuple[Plan, Plan]) -> None:
        """Take what differs between the old and the new plan."""
        added = [one.job for one in diff.jobs if one.change is Change.ADDED]
        stayed = len(plans[1].jobs) - len(added)
        stay = [one for one in diff.jobs if one.change in (Change.CHANGED, Change.RENAMED)]
        fields = {_key(field): field for one in stay for field in one.fields}
        reached = Counter(_key(field) for one in stay for field in one.fields)
        defaults = ChangedDefaults(plans, added)
        self._fields = {key for key, field in fields.items() if reached[key] == stayed > 1 or defaults.has_field(field)}

    def are_all_of(self, one: JobChange) -> bool:
        """True if a job differs only in fields, and in no others than all jobs do."""
        more = (one.command, one.nodes, one.parents, one.reads, one.writes)
        return (
            one.change is Change.CHANGED and not any(more) and all(_key(field) in self._fields for field in one.fields)
        )


def _key(field: FieldChange) -> _Field:
    return field.path, json.dumps([field.before, field.after], sort_keys=True)
