"""Look jobs up by their names with ListJobs: page by page, at a rate of its own, beside the loop of a run."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from kedro_batch.submitter.service.api import Engine, JobPage, JobSummary
from kedro_batch.submitter.service.backoff import Backoff
from kedro_batch.submitter.service.call_pool import Calls, Lane, Reply
from kedro_batch.submitter.service.rate_limit import Bucket

Found = Callable[[tuple[JobSummary, ...]], None]


@dataclass(slots=True)
class _Search:
    """One search in several queues, for several names."""

    left: deque[tuple[str, str, str | None]]
    then: Found
    jobs: list[JobSummary] = field(default_factory=list)


class JobLookup:
    """The searches under way."""

    def __init__(self, engine: Engine, calls: Calls, backoff: Backoff, listing: Bucket) -> None:
        """Begin with none; ``listing`` says how fast ListJobs may be called."""
        self._engine = engine
        self._calls = calls
        self._backoff = backoff
        self._bucket = listing
        self._searches: deque[_Search] = deque()
        self._asking = False

    def search(self, queues: Iterable[str], names: Sequence[str], then: Found) -> None:
        """Search for names in queues; ``then`` receives all jobs found, in every state, once the search is complete."""
        left: deque[tuple[str, str, str | None]] = deque((queue, name, None) for queue in queues for name in names)
        self._searches.append(_Search(left, then))

    @property
    def idle(self) -> bool:
        """True if no search is under way."""
        return not self._searches

    def act(self, now: float) -> None:
        """Ask for the next page, if there is one and the rate allows it."""
        if (
            self._searches
            and not self._asking
            and now >= self._backoff.retry_at(Lane.LIST)
            and self._bucket.try_acquire(now)
        ):
            queue, name, token = self._searches[0].left[0]
            self._asking = True
            self._calls.start(Lane.LIST, None, lambda: self._engine.list_jobs(queue, name, token))

    def next_at(self, now: float) -> float:
        """Return when there is something to do, apart from replies."""
        if not self._searches or self._asking:
            return float("inf")
        return max(self._backoff.retry_at(Lane.LIST), now + self._bucket.wait_s(now))

    def on_reply(self, reply: Reply, now: float) -> None:
        """Handle a page."""
        self._asking = False
        if reply.error:
            self._backoff.on_failure(Lane.LIST, reply.error, now)
            return
        self._backoff.on_success(Lane.LIST)
        search = self._searches[0]
        page: JobPage = reply.value
        queue, name, _ = search.left.popleft()
        search.jobs += page.jobs
        if page.token:
            search.left.appendleft((queue, name, page.token))
        if not search.left:
            self._searches.popleft()
            search.then(tuple(search.jobs))
