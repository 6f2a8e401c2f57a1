"""Which process submits, where several begin one run at the same moment. Pure but for its state.

Each sends the first job of the plan alone, and looks after a moment whose job stands for that node: everybody who looks
chooses the same. Whoever made it submits the rest. Another one follows, and submits nothing as long as new jobs appear;
if none does for as long as a job may be invisible, nobody else submits any more, and it goes on. So nothing can wait
for ever: two that let each other go first both go on then. Times are in seconds.
"""

import math
from enum import StrEnum

from kedro_batch.submitter.service.limits import LOOKUP_DELAYS_S, VISIBLE_AFTER_S


class _Stage(StrEnum):
    FIRST_JOB = "first job"
    WAITS = "waits"
    GOES_ON = "goes on"


class Turn:
    """The turn of a process that begins a run which others may begin, too."""

    def __init__(self) -> None:
        """Begin before anything was sent."""
        self._stage = _Stage.FIRST_JOB
        self._looked_at = self._appeared_at = -math.inf
        self._looks = 0

    @property
    def most_begun(self) -> int | None:
        """How many jobs may have been begun before no more are sent; None for any number."""
        return {_Stage.FIRST_JOB: 1, _Stage.WAITS: 0, _Stage.GOES_ON: None}[self._stage]

    def due_at(self, last_sent: float) -> float:
        """Return when to look whose turn it is; infinity for never.

        Args:
            last_sent: When the last reply to a submission came.
        """
        match self._stage:
            case _Stage.FIRST_JOB:
                return last_sent + LOOKUP_DELAYS_S[1]
            case _Stage.WAITS:
                pauses_s = (*LOOKUP_DELAYS_S[1:], VISIBLE_AFTER_S)
                return self._looked_at + pauses_s[min(self._looks, len(pauses_s) - 1)]
            case _Stage.GOES_ON:
                return math.inf

    def looked(self, began: float, *, last_sent: float, first_of_other: bool, appeared: bool) -> None:
        """Record what a look has shown.

        Args:
            began: When it began.
            last_sent: When the last reply to a submission came; minus infinity before the first one.
            first_of_other: A job that another process made, unknown until now, stands for the first node.
            appeared: Jobs have appeared that another process made.
        """
        self._looked_at = began
        if first_of_other:
            self._stage = _Stage.WAITS
            self._appeared_at = began
            self._looks = 0
        elif self._stage is _Stage.WAITS:
            self._looks += 1
            self._appeared_at = began if appeared else self._appeared_at
            if began - self._appeared_at >= VISIBLE_AFTER_S:
                self._stage = _Stage.GOES_ON
        elif math.isfinite(last_sent) and began >= self.due_at(last_sent):
            self._stage = _Stage.GOES_ON
