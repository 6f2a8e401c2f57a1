"""Let two processes that submit one node over and over come to agree.

Where each has submitted a node, and neither job may stand (one may have removed what the other one saved), both see it
at the same time, and both submit it anew: again two jobs, for ever. So from the second time on, each waits for a time
drawn by lot, and looks whether the other one was faster. The lots grow, until they are further apart than ListJobs is
late.
"""

from collections.abc import Mapping
from random import Random

from kedro_batch.plan.model import JobName
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.service.limits import CONTESTED_MOST_S, CONTESTED_S
from kedro_batch.text.wording import duration

_FROM_ROUND = 2


class ContestedJobs:
    """The nodes that another process submits as well, and how long each of them waits.

    A node waits once: then it was looked up, and is submitted.
    """

    def __init__(self, context: RunContext) -> None:
        """Begin with none."""
        self._context = context
        self._random = Random(context.poll_seed)  # noqa: S311  no secret is made of it
        self._rounds: dict[JobName, int] = {}

    def open(self, rounds: Mapping[JobName, int]) -> None:
        """Begin again after a look.

        Args:
            rounds: The nodes to be submitted anew, with how many of their submissions were made twice until now.
        """
        self._rounds = {name: count for name, count in rounds.items() if count >= _FROM_ROUND}

    def take_pause_s(self, name: JobName) -> float | None:
        """Return how long to wait before a node is looked up; None if it need not be."""
        count = self._rounds.pop(name, None)
        if count is None or not self._context.adopts:
            return None
        longest_s = longest_pause_s(count)
        message = (
            f"{name} was submitted by two processes {count} times, and no job of it can stand: within "
            f"{duration(longest_s)}, it is looked up, and submitted again unless the other one was faster"
        )
        self._context.emit(Notice(kind=NoticeKind.WARNING, message=message, job=name))
        return self._random.uniform(0, longest_s)


def longest_pause_s(rounds: int) -> float:
    """Return how long a node waits at most that was submitted twice so often, from the second time on. Pure."""
    return float(min(CONTESTED_MOST_S, CONTESTED_S * 2 ** (rounds - _FROM_ROUND)))
