"""Looks jobs up by their names with ListJobs: page by page, with a budget of its own, beside the run."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from kedro_batch.submitter.service.api import Engine, JobPage, JobSummary
from kedro_batch.submitter.service.backoff import Backoff
from kedro_batch.submitter.service.call_pool import Calls, Lane, Reply
from kedro_batch.submitter.service.rate_limit import Bucket

_RATE, _BURST = 5.0, 10.0
"""ListJobs calls: no limit is documented; this is a tenth of that for SubmitJob."""

Found = Callable[[tuple[JobSummary, ...]], None]


@dataclass(slots=True)
class _Search:
    """One search in several queues, for several names."""

    left: deque[tuple[str, str, str | None]]
    then: Found
    jobs: list[JobSummary] = field(default_factory=list)


class JobLookup:
    """The searches that are under way."""

    def __init__(self, engine: Engine, calls: Calls, backoff: Backoff) -> None:
        """Begin with none."""
        self._engine = engine
        self._calls = calls
        self._backoff = backoff
        self._bucket = Bucket(_RATE, _BURST, calls.now())
        self._searches: deque[_Search] = deque()
        self._asking = False

    def search(self, queues: Iterable[str], names: Sequence[str], then: Found) -> None:
        """Search for names in queues; ``then`` gets all that was found, of every state, when it is complete."""
        left: deque[tuple[str, str, str | None]] = deque((queue, name, None) for queue in queues for name in names)
        self._searches.append(_Search(left, then))

    @property
    def idle(self) -> bool:
        """Nothing is being searched."""
        return not self._searches

    def act(self, now: float) -> None:
        """Ask for the next page, if there is one and the budget allows it."""
        if self._searches and not self._asking and now >= self._backoff.retry_at(Lane.LIST) and self._bucket.take(now):
            queue, name, token = self._searches[0].left[0]
            self._asking = True
            self._calls.start(Lane.LIST, None, lambda: self._engine.list_jobs(queue, name, token))

    def next_at(self, now: float) -> float:
        """Give the time at which there is something to do, apart from replies."""
        if not self._searches or self._asking:
            return float("inf")
        return max(self._backoff.retry_at(Lane.LIST), now + self._bucket.wait_s(now))

    def take(self, reply: Reply, now: float) -> None:
        """Take a page."""
        self._asking = False
        if reply.error:
            self._backoff.failed(Lane.LIST, reply.error, now)
            return
        self._backoff.worked(Lane.LIST)
        search = self._searches[0]
        page: JobPage = reply.value
        queue, name, _ = search.left.popleft()
        search.jobs += page.jobs
        if page.token:
            search.left.appendleft((queue, name, page.token))
        if not search.left:
            self._searches.popleft()
            search.then(tuple(search.jobs))
