"""Revisions that were registered so shortly before that SubmitJob may not know them yet."""

import re

from kedro_batch.errors import ServiceError
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.service.limits import DEFINITION_VISIBLE_S


class LateRevisions:
    """Tells refusals that pass from others, for a while from when it is made."""

    def __init__(self, context: RunContext) -> None:
        """Begin now."""
        self._context = context
        self._until = context.calls.now() + DEFINITION_VISIBLE_S
        self._said = False

    def may_be_why(self, definition: str, error: ServiceError, now: float) -> bool:
        """True if a job may be refused because the revision of its definition is too new, and is to be sent again.

        How AWS Batch words that is not documented; it names the definition.
        """
        declared = definition in self._context.plan.job_definitions
        if not declared or now > self._until or not re.search(r"job\s*definition", str(error), re.IGNORECASE):
            return False
        if not self._said:
            self._said = True
            message = f"AWS Batch does not know the new revision of {definition} yet: trying again"
            self._context.emit(Notice(kind=NoticeKind.WARNING, message=message))
        return True
