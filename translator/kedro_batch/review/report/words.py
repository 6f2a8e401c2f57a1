"""What a report says to people, in words: the same in Markdown and on the page. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kedro_batch.review.report.critical_path import PathStep
from kedro_batch.review.report.model import Report
from kedro_batch.review.report.usage import Amount
from kedro_batch.text.times import utc_time
from kedro_batch.text.wording import counted, duration

_MANY, _ONE = 100, 1

WHILE: Mapping[str, str] = {
    "unsubmitted_s": "not yet submitted",
    "capacity_s": "waiting for capacity",
    "starting_s": "starting",
    "retried_s": "attempts that were retried",
    "run_s": "running",
    "unknown_s": "not recorded",
}
"""What the seconds of a step of the critical path are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line of the head of a report."""

    label: str
    text: str


def headline(report: Report) -> str:
    """Return how the run ended, and how long it took, or has taken."""
    if report.not_known and not report.goes_on:
        known = f"{len(report.jobs) - len(report.not_known):,} of {counted(len(report.jobs), 'job')}"
        ended = f"{report.outcome}, and " if report.is_over and report.outcome else ""
        return f"{ended}is known in part: {known}, over {duration(report.seconds)}"
    if not report.is_over:
        return f"has not ended: as of {utc_time(report.last_at)}, after {duration(report.seconds)}"
    return f"{report.outcome or 'ended'} after {duration(report.seconds)}"


def state_words(counts: Mapping[str, int]) -> str:
    """Spell the number of jobs in each state."""
    return ", ".join(f"{number:,} {state}" for state, number in counts.items())


def amount_words(number: float) -> str:
    """Spell an amount of hours, small or large: ``0.00417``, ``3.25``, ``1,234``."""
    if number >= _MANY:
        return f"{number:,.0f}"
    return f"{number:.2f}" if number >= _ONE else f"{number:.3g}"


def hours_words(amount: Amount) -> str:
    """Spell what jobs asked for, as long as they ran; empty if it is not recorded."""
    named = ((amount.vcpu_hours, "vCPU-hours"), (amount.gib_hours, "GiB-hours"), (amount.gpu_hours, "GPU-hours"))
    return ", ".join(f"{amount_words(hours)} {noun}" for hours, noun in named if hours is not None)


def spent_words(step: PathStep) -> str:
    """Spell what a job of the critical path did: ``waiting for capacity 12 s, running 3 min 20 s``."""
    spent = ((getattr(step, name), words) for name, words in WHILE.items())
    told = ", ".join(f"{words} {duration(seconds)}" for seconds, words in spent if seconds >= SHORTEST_S)
    return told or f"less than {duration(SHORTEST_S * 2)}"


SHORTEST_S = 0.05
"""What is shorter would be told as 0.0 s."""


def which_words(submission: int) -> str:
    """Spell which submission of a job it is; nothing for the first one."""
    return f", submission {submission}" if submission > 1 else ""


def path_words(report: Report) -> str:
    """Spell what the jobs of the critical path did, all together."""
    steps = report.path.steps
    sums = ((sum(getattr(step, name) for step in steps), words) for name, words in WHILE.items())
    spent = ", ".join(f"{words} {duration(seconds)}" for seconds, words in sums if seconds >= SHORTEST_S)
    return f"{counted(len(steps), 'job')}: {spent}" if steps and spent else counted(len(steps), "job")


def report_facts(report: Report) -> tuple[Fact, ...]:
    """Return the head of a report."""
    return tuple(Fact(label=label, text=text) for label, text in _facts(report) if text)


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    status, usage = report.status, report.usage
    total, slots = usage.total, usage.slots
    yield "jobs", f"{len(report.jobs):,} ({state_words(status.counts)})"
    yield "began", utc_time(report.began_at)
    yield ("ended" if report.is_over else "as of"), utc_time(report.last_at)
    failed = f", {total.failed:,} without success" if total.failed else ""
    yield "submissions", f"{report.submissions:,}"
    yield "attempts that ended", f"{total.attempts:,}{failed}" if total.attempts else "none is recorded"
    if total.ran_s:
        most = f"at most {slots.most_running:,} at once, {slots.mean_running:,.1f} on average"
        yield "ran", f"{duration(total.ran_s)} over all jobs; {most}"
    if total.waited_s:
        yield "waited for capacity and start", f"{duration(total.waited_s)} over all jobs"
    yield "asked for", hours_words(total)
    yield (
        ("critical path" if report.is_over else "critical path so far"),
        path_words(report) if report.path.steps else "",
    )
    yield "where", where_words(status.engine, status.location)
    yield "pipeline", ", ".join(report.pipelines)
    yield "project", report.project or ""
    yield "environment", report.env or ""
    yield "plan", status.plan_digest


def where_words(engine: str, location: Mapping[str, str]) -> str:
    """Spell where a run runs."""
    if engine == "local":
        return f"this machine, {location['folder']}" if "folder" in location else "this machine"
    named = (("account", location.get("account")), ("region", location.get("region")))
    return ", ".join(["AWS Batch", *(f"{word} {value}" for word, value in named if value)])
