"""Points out what is worth knowing about a plan that can be applied: jobs that do not wait for the data they read."""

from kedro_batch.diagnostics import DIAGNOSTICS_AT_MOST, Code, Diagnostic, FieldPath, Severity, sorted_diagnostics
from kedro_batch.files import yaml_reader
from kedro_batch.plan.data_flow import data_flow_of, unordered_reads, without_transcoding
from kedro_batch.plan.model import Job, Plan


def remarks_on(plan: Plan, content: bytes, source: str) -> tuple[Diagnostic, ...]:
    """Find the reads whose data another job may be writing at the same time.

    Args:
        plan: The plan.
        content: The file that it was read from, for the lines.
        source: The file's name, for messages.

    Returns:
        Warnings in the order of the file, no more than are told of what is wrong.
    """
    every = unordered_reads(plan, data_flow_of(plan))
    unordered = every[:DIAGNOSTICS_AT_MOST]
    if not unordered:
        return ()
    index_of = {job.name: index for index, job in enumerate(plan.jobs)}
    paths: list[FieldPath] = [("jobs", index_of[read.reader], "reads") for read in unordered]
    lines = yaml_reader.parse(content, source, with_lines=frozenset(paths)).lines
    found = [
        Diagnostic(
            source=source,
            path=path,
            line=lines.get(path),
            code=Code.UNORDERED_READ,
            severity=Severity.WARNING,
            message=(
                f"{read.reader!r} reads {_as_written(plan.jobs[index_of[read.reader]], read.dataset)!r}, which "
                f"{read.writer!r} writes, and does not wait for it: it may find old data, or none. "
                f"If it needs what is written, put {read.writer} under depends_on"
            ),
            about={"dataset": (read.dataset,), "producer": (read.writer,), "consumer": (read.reader,)},
        )
        for path, read in zip(paths, unordered, strict=True)
    ]
    if len(every) > len(unordered):
        message = f"{len(every):,} reads do not wait for a writer; here are {len(unordered):,} of them"
        found.append(Diagnostic(source=source, message=message, code=Code.UNORDERED_READ, severity=Severity.WARNING))
    return sorted_diagnostics(found)


def _as_written(job: Job, dataset: str) -> str:
    """Give a dataset's name as the job reads it, with its transcoding."""
    return next(name for name in job.reads if without_transcoding(name) == dataset)
