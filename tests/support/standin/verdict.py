"""Judges what was submitted: was any job taken twice, and how fast did everything go."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from .jobs import Job, Jobs, Status


@dataclass(slots=True)
class Verdict:
    """What was counted."""

    calls: Counter[str] = field(default_factory=Counter)
    throttled: Counter[str] = field(default_factory=Counter)
    taken_at: list[float] = field(default_factory=list)
    _duplicates: dict[str, dict[str, None]] = field(default_factory=dict)

    def took(self, job: Job, of_its_label: list[Job]) -> None:
        """Note a job; two of one label are duplicates when the older one has not FAILED at this time."""
        self.taken_at.append(job.taken)
        others = [one.id for one in of_its_label if one is not job and one.status is not Status.FAILED]
        if others:
            self._duplicates.setdefault(job.label, {}).update(dict.fromkeys([*others, job.id]))

    def shown(self, jobs: Jobs, *, times: bool) -> dict[str, Any]:
        """Give the verdict as it is served; ``times`` adds when each job was taken, and the most at once."""
        first = self.taken_at[0] if self.taken_at else 0.0
        shown: dict[str, Any] = {
            "taken": len(jobs.by_id),
            "labels": len(jobs.by_label),
            "duplicates": {label: list(ids) for label, ids in self._duplicates.items()},
            "double_taken": {label: [one.id for one in of] for label, of in jobs.by_label.items() if len(of) > 1},
            "calls": dict(self.calls),
            "throttled": dict(self.throttled),
            "state_changes": jobs.changes,
            "makespan_s": 0.0 if jobs.last_stop is None else jobs.last_stop - first,
            "submit_span_s": self.taken_at[-1] - first if self.taken_at else 0.0,
        }
        if times:
            shown["taken_at"] = [at - first for at in self.taken_at]
            shown["most_unfinished"] = _most_unfinished(jobs)
        return shown


def _most_unfinished(jobs: Jobs) -> int:
    """Count how many jobs had been taken and had not ended, at the time when there were most."""
    began = [(job.taken, 1) for job in jobs.by_id.values()]
    ended = [(job.stopped, -1) for job in jobs.by_id.values() if job.stopped is not None]
    return max(accumulate(change for _, change in sorted([*began, *ended])), default=0)
