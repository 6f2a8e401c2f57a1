"""Words about the progress of a run that its views share: what it is, how many jobs there are of which kind. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.review.run.expected_end import ExpectedEnd
from kedro_batch.review.run.job_groups import WITHOUT_SUCCESS, Group, counts_words
from kedro_batch.review.run.progress import Progress
from kedro_batch.submitter.began import Began
from kedro_batch.submitter.events import RunStarted
from kedro_batch.text.wording import counted, named, whole_duration

_QUEUES = 2
_DIGITS = len("sha256:") + 8
"""Characters of a digest that tell plans apart for a reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What earlier runs tell of this one.

    Attributes:
        expected_end: When it is expected to end; None if they do not tell.
        usual_s: How long jobs usually run, in seconds; those left out have not run before.
    """

    expected_end: ExpectedEnd | None
    usual_s: Mapping[JobName, float]


NO_ESTIMATE = Estimate(expected_end=None, usual_s={})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHead:
    """What a reader recognises a run by.

    Attributes:
        run: Its id.
        plan: The project and the pipeline of its plan, as far as it names them.
        plan_digest: The digest of that plan.
        queues: The job queues of the plan, sorted; none for a run on this machine.
        began_at: When it began, perhaps with an earlier command; None if that is not known.
        doing: What the command does with it, such as ``cancelling``; nothing if it submits its jobs.
        location: Where an earlier command applied it: account and region, or a folder.
        tells_age: It is looked at only now and then, so that the screen tells when that was last.
    """

    run: str
    plan: str
    plan_digest: PlanDigest
    queues: tuple[str, ...]
    began_at: float | None
    doing: str = ""
    location: Mapping[str, str] = field(default_factory=dict)
    tells_age: bool = False

    def words(self, started: RunStarted | None) -> tuple[str, ...]:
        """Return what a reader recognises the run by, part by part."""
        plan = f"plan {self.plan} {self.plan_digest[:_DIGITS]}" if self.plan else f"plan {self.plan_digest[:_DIGITS]}"
        if "folder" in self.location or (started and started.engine == "local"):
            return f"run {self.run}", plan, "on this machine"
        known = self.location.get("account"), self.location.get("region")
        number, region = (started.account or known[0], started.region or known[1]) if started else known
        account = f"account {number}" if number else ""
        queue = named("queue", self.queues, _QUEUES)
        return tuple(filter(None, (f"run {self.run}", plan, account, region or "", queue)))


def how_far(progress: Progress) -> str:
    """Return how many jobs are done, and what the others do, in one line."""
    going_on = [group for group in Group if group not in (*WITHOUT_SUCCESS, Group.SUCCEEDED)]
    counts = progress.counts
    parts = (counts_words(counts, going_on), counts_words(counts, WITHOUT_SUCCESS))
    done = f"{progress.done:,} of {counted(progress.jobs, 'job')} done"
    return ", ".join(filter(None, (done, *parts)))


def worked_for(began: Began | None, now: float) -> str:
    """Return how long a job has been at work; nothing if that is not known, as of one that was only just seen."""
    if began is None or (now - began.at < 1 and not began.exact):
        return ""
    return f"{'' if began.exact else 'over '}{whole_duration(now - began.at)}"


def longest_at_work(progress: Progress) -> JobName | None:
    """Return the job that has been at work for longest, as far as it is known; None if there is none."""
    known = {name: began.at for name, began in progress.at_work.items() if began}
    return min(known, key=lambda name: (known[name], name), default=None)
