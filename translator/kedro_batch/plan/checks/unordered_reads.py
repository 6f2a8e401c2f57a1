"""Checks that every job waits for the jobs that write what it reads. What it finds are warnings."""

from collections.abc import Iterator

from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.files.read_budget import MAX_DIAGNOSTICS
from kedro_batch.plan.data_flow import data_flow_of, unordered_reads, without_transcoding
from kedro_batch.plan.model import Job, Plan

_ADVICE = (
    "If a job needs what is written, let its node read the dataset in the project too, as one more input, and compile "
    "again; in a plan written by hand, put the job that writes under depends_on"
)


def check_read_order(plan: Plan) -> Iterator[Diagnostic]:
    """Yield the reads whose data another job may be writing at the same time; of very many, the first, and how many."""
    unordered = unordered_reads(plan, data_flow_of(plan))
    index_of = {job.name: index for index, job in enumerate(plan.jobs)} if unordered else {}
    if len(unordered) > MAX_DIAGNOSTICS:
        message = f"{len(unordered):,} reads do not wait for a writer; here are {MAX_DIAGNOSTICS:,} of them"
        yield Diagnostic(message=message, code=Code.UNORDERED_READ, severity=Severity.WARNING)
    for read in unordered[:MAX_DIAGNOSTICS]:
        index = index_of[read.reader]
        yield Diagnostic(
            path=("jobs", index, "reads"),
            code=Code.UNORDERED_READ,
            severity=Severity.WARNING,
            message=(
                f"{read.reader!r} reads {_as_written(plan.jobs[index], read.dataset)!r}, which {read.writer!r} writes, "
                "and does not wait for it: it may find old data, or none"
            ),
            advice=_ADVICE,
            about={"dataset": (read.dataset,), "producer": (read.writer,), "consumer": (read.reader,)},
        )


def _as_written(job: Job, dataset: str) -> str:
    """Return a dataset's name as the job reads it, with its transcoding."""
    return next(name for name in job.reads if without_transcoding(name) == dataset)
