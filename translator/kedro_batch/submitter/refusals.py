"""Refusals of SubmitJob that may pass: the same request is then sent again."""

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.model import Job, JobName
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.definitions.late import LateRevisions

AGAIN_AFTER_S = 3.0
_REFUSALS = 3
"""How often a job with parents is submitted that is refused: a parent may just have ended, and a poll will tell."""


class Refusals:
    """Tells refusals that may pass from others, from when it is made."""

    def __init__(self, context: RunContext) -> None:
        """Begin now."""
        self._late = LateRevisions(context)
        self._counts: dict[JobName, int] = {}

    def may_pass(self, job: Job, error: ServiceError, now: float, *, waits: bool) -> bool:
        """True if a definition is too new, or if a job ``waits`` for others, one of which may have ended since."""
        if error.fault is Fault.DENIED:
            return False
        if self._late.may_be_why(job.settings.job_definition, error, now):
            return True
        count = self._counts[job.name] = self._counts.get(job.name, 0) + 1
        return count < _REFUSALS and waits
