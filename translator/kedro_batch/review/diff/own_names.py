"""Values that name their own job or its nodes: many jobs that each have one of their own have one pattern. Pure."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

from kedro_batch.files.read_budget import MAX_OWN_NODES
from kedro_batch.plan.model import Job, Plan
from kedro_batch.review.diff.changed_values import Spelled
from kedro_batch.review.diff.model import JobChange

OWN_NODE = "NODE"
"""What stands for the nodes of each job, or for its name, in what is shown of several."""


def own_names(job: Job | None) -> tuple[str, ...]:
    """Return what values of a job may name: its nodes together, each of them, and the job; the longest first.

    Each name is looked for in each value, so that of very many nodes none is a name by itself.
    """
    if job is None:
        return ()
    each = job.nodes if len(job.nodes) <= MAX_OWN_NODES else ()
    return tuple(sorted({",".join(job.nodes), *each, job.name} - {""}, key=len, reverse=True))


def spell_own(text: str, names: Iterable[str]) -> str:
    """Return a text with ``NODE`` for what it names of its own, or as it is if it has that word already.

    Args:
        text: A value, or a word of a command.
        names: The ``own_names`` of its job.
    """
    found = [name for name in names if name in text]
    if not found or OWN_NODE in text:
        return text
    for name in found:
        parts = text.split(name)
        spelled = parts[0]
        for part in parts[1:]:
            in_word = spelled[-1:].isalnum() or part[:1].isalnum()  # n1 is not in n10, but in raw_n1
            spelled += (name if in_word else OWN_NODE) + part
        text = spelled
    return text


class OwnNames:
    """The names that values of jobs may contain, before and after."""

    def __init__(self, plans: tuple[Plan, Plan], changes: Iterable[JobChange]) -> None:
        """Take the jobs of two plans, and what those that differ were called."""
        self._jobs = tuple({str(job.name): job for job in plan.jobs} for plan in plans)
        self._before = {one.job: one.name_before or "" for one in changes}
        self._own: dict[str, tuple[tuple[str, ...], ...]] = {}

    def spell(self, job: str | None, values: Spelled) -> Spelled:
        """Return the values of a job before and after with ``NODE`` for what they name of its own."""
        if job is None:
            return values
        if job not in self._own:  # it may have many risks
            names = self._before.get(job, job), job
            self._own[job] = tuple(own_names(jobs.get(name)) for jobs, name in zip(self._jobs, names, strict=True))
        before, after = (value and spell_own(value, own) for value, own in zip(values, self._own[job], strict=True))
        return before, after


class AlikeKey(NamedTuple):
    """Equal for changes that are the same: those with the same values, or else with the same pattern."""

    group: Hashable
    value: Any
    is_pattern: bool


def alike_keys(changes: Sequence[tuple[Hashable, Hashable, Hashable]]) -> list[AlikeKey]:
    """Return by what changes are the same: by the values that several have, else by a pattern that several have.

    Args:
        changes: Of each its group, its values as they are, and these with its own names replaced.
    """
    exactly = Counter((group, own) for group, own, _ in changes)
    alone = Counter((group, pattern) for group, own, pattern in changes if exactly[group, own] == 1)
    return [
        AlikeKey(group, pattern, True)
        if exactly[group, own] == 1 and alone[group, pattern] > 1
        else AlikeKey(group, own, False)
        for group, own, pattern in changes
    ]
