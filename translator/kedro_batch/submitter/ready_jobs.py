"""The jobs that are to be submitted now, parents first: a queue whose jobs may cease to be ready. Pure."""

import heapq
from collections.abc import Callable, Iterable

from kedro_batch.plan.model import JobName

_Ranked = tuple[int, JobName]


class ReadyJobs:
    """A queue of jobs, ordered by their rank."""

    def __init__(self, is_ready: Callable[[JobName], bool], jobs: Iterable[_Ranked]) -> None:
        """Begin with those jobs that are ready.

        Args:
            is_ready: Tells whether a job is still to be submitted now.
            jobs: All jobs with their ranks; parents have smaller ones.
        """
        self._is_ready = is_ready
        self._heap = sorted(one for one in jobs if is_ready(one[1]))  # a sorted list is a heap

    def push(self, rank: int, name: JobName) -> None:
        """Add a job that has become ready."""
        heapq.heappush(self._heap, (rank, name))

    @property
    def has_next(self) -> bool:
        """True if some job is ready."""
        while self._heap and not self._is_ready(self._heap[0][1]):
            heapq.heappop(self._heap)  # blocked since
        return bool(self._heap)

    def pop(self, preferred: Callable[[JobName], bool] | None = None) -> JobName | None:
        """Return the first job, and drop it; None if there is none.

        Args:
            preferred: The first for which this is true comes before all others; None for no preference.
        """
        if preferred and self.has_next and not preferred(self._heap[0][1]):
            found = [one for one in self._heap if self._is_ready(one[1]) and preferred(one[1])]
            if found:
                first = min(found)
                self._heap.remove(first)
                heapq.heapify(self._heap)
                return first[1]
        return heapq.heappop(self._heap)[1] if self.has_next else None
