"""How many jobs of a run are in which state, in words. Pure."""

from collections.abc import Mapping

from kedro_batch.submitter.job_state import JobState

_LABELS = {
    JobState.SUCCEEDED: "succeeded",
    JobState.FAILED: "failed",
    JobState.LOST: "lost",
    JobState.CANCELLED: "cancelled",
    JobState.NOT_RUN: "not run",
    JobState.NOT_SUBMITTED: "not submitted",
    JobState.SUBMITTING: "unconfirmed",
    JobState.UNCONFIRMED: "unconfirmed",
    JobState.EXPIRED: "unconfirmed",
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
