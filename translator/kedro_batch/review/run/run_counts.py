"""How many jobs of a run are in which state, and which of them go on while nobody follows them, in words. Pure."""

from collections.abc import Mapping
from datetime import datetime

from kedro_batch.review.run.failure_view import NAMES_SHOWN
from kedro_batch.review.run.status import RunStatus
from kedro_batch.submitter.job_state import ENDED, JobState
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.wording import local_time

_LABELS = {
    JobState.SUCCEEDED: "succeeded",
    JobState.FAILED: "failed",
    JobState.LOST: "lost",
    JobState.CANCELLED: "cancelled",
    JobState.NOT_RUN: "not run",
    JobState.NOT_SUBMITTED: "not submitted",
    JobState.SUBMITTING: "unconfirmed",
    JobState.UNCONFIRMED: "unconfirmed",
}
_UNFINISHED = "not finished"


def counts_of(counts: Mapping[str, int]) -> str:
    """Return how many jobs are in each state: ``2 succeeded, 1 failed``."""
    labelled: dict[str, int] = {}
    for state, count in counts.items():
        label = _LABELS.get(JobState(state), _UNFINISHED)
        labelled[label] = labelled.get(label, 0) + count
    labels = dict.fromkeys((*_LABELS.values(), _UNFINISHED))
    return ", ".join(f"{labelled[label]:,} {label}" for label in labels if label in labelled)


def going_on(status: RunStatus) -> tuple[str, ...]:
    """Return the jobs that go on while nobody follows them, with their ids, a line each; of many, the first ones."""
    if status.engine != "aws":
        return ()
    left = [one for one in status.jobs if one.job_id and JobState(one.state) not in ENDED]
    left.sort(key=lambda one: one.stuck is None)  # the others need nobody
    lines, told = list[str](), set[str]()
    for one in left[:NAMES_SHOWN]:
        line = f"{one.job} {for_terminal(one.status or one.state)} {one.job_id}"
        if one.stuck:
            why = "for the same reason" if one.stuck.reason in told else one.stuck.reason
            told.add(one.stuck.reason)
            since = local_time(datetime.fromisoformat(one.stuck.since).timestamp())
            line += f", without a machine since {since}: {for_terminal(why)}"
        lines.append(line)
    return (*lines, f"and {len(left) - NAMES_SHOWN:,} more") if len(left) > NAMES_SHOWN else tuple(lines)
