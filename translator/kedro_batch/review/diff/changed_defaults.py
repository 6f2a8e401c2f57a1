"""Which changes of jobs are those of a default of the plan, and which jobs such a change reaches. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobSettings
from kedro_batch.review.diff.alike_changes import Facet
from kedro_batch.review.diff.model import FieldChange
from kedro_batch.review.job_sets import JobSet
from kedro_batch.text.wording import counted


class ChangedDefaults:
    """The defaults of two plans that differ."""

    def __init__(self, plans: tuple[Plan, Plan], added: Collection[str]) -> None:
        """Take the old and the new plan, and the jobs that only the new one has."""
        self._stated = plans[0].defaults.to_dict(), plans[1].defaults.to_dict()
        self._jobs, self._added = plans[1].jobs, {*added}

    def has(self, facet: Facet) -> bool:
        """True if a job's setting has changed as the default of it has."""
        return facet.field is not None and self.has_field(facet.field)

    def has_field(self, field: FieldChange) -> bool:
        """True if the default of a setting has changed in the same way."""
        before, after = (_value_at(stated, field.path) for stated in self._stated)
        return (field.before, field.after) == (before, after)

    def describe(self, found: JobSet, facets: Iterable[Facet]) -> JobSet:
        """Return the jobs that changed defaults reach; most jobs may be all but those that state their own."""
        if found.heading or 2 * len(found.names) <= found.total:
            return found
        reached = {*found.names}
        others = [job for job in self._jobs if job.name not in reached]
        own = [job for job in others if job.name not in self._added]
        fields = [one.field for one in facets if one.field]
        if not all(_setting(job.settings, field) != field.after for job in own for field in fields):
            return found
        words = [f"{len(own):,} that state their own"] if own else []
        words += [counted(len(others) - len(own), "new job")] if len(others) > len(own) else []
        return replace(found, shared=f"all but {' and '.join(words)}")


def _value_at(stated: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = stated
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _setting(settings: JobSettings, field: FieldChange) -> Any:
    value = getattr(settings, field.path[0])
    if field.path[0] == "resources":
        return getattr(value, field.path[1])
    if isinstance(value, tuple):
        return list(map(str, value)) or None
    return _value_at(value, field.path[1:]) if len(field.path) > 1 else value
