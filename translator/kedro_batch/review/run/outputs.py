"""The outputs of a run: which datasets its jobs wrote under its version, and which are missing and why. Pure."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kedro_batch.compiler.stored_data import StoredData
from kedro_batch.files.yaml_block import block_lines
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.job_state import LIVE, NEW, JobRecord, JobState
from kedro_batch.text.escaping import one_line
from kedro_batch.text.wording import counted


class OutputState(StrEnum):
    """Whether an output can be used."""

    COMPLETE = "complete"
    """It is there, and its job succeeded."""
    PARTIAL = "partial"
    """Something is there, and its job has not succeeded: it may be torn."""
    MISSING = "missing"
    UNKNOWN = "unknown"
    """It could not be looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A dataset that a job of the run writes, and that has versions, as far as is known.

    Attributes:
        dataset: Its name in the catalog.
        job: The job that writes it.
        state: Whether it can be used.
        place: Where this version of it is stored; None if that is not known.
        reason: Why it cannot be used; empty if it can.
    """

    dataset: str
    job: JobName
    state: OutputState
    place: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unversioned:
    """A dataset without versions that a job of the run writes; ``place`` is None if it is not known."""

    dataset: str
    job: JobName
    place: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutputs:
    """The outputs of a run.

    Attributes:
        run: Its id.
        version: Its version.
        outputs: The versioned datasets and those that the catalog does not have, in the order of the plan.
        unversioned: The other ones, likewise.
        load_versions: The names under which ``kedro run`` loads what is complete; sorted.
    """

    run: RunId
    version: DataVersion
    outputs: tuple[Output, ...]
    unversioned: tuple[Unversioned, ...]
    load_versions: tuple[str, ...]

    @property
    def flag(self) -> str:
        """The flag of ``kedro run`` that loads the complete outputs, as a shell reads it."""
        return shlex.quote("--load-versions=" + ",".join(f"{name}:{self.version}" for name in self.load_versions))


def find_outputs(
    run: RunId,
    version: DataVersion,
    plan: Plan,
    records: Mapping[JobName, JobRecord],
    stored: Mapping[str, StoredData],
) -> RunOutputs:
    """Say of each dataset that a plan's jobs write whether it can be used.

    Args:
        run: The run.
        version: Its version.
        plan: Its plan.
        records: Its jobs, as the journal has them.
        stored: Each dataset that they write, as it is stored.
    """
    written = [(name, job, stored[name]) for job in plan.jobs for name in job.writes]
    outputs = tuple(
        _judge(name, job, records.get(job.name, NEW), data)
        for name, job, data in written
        if data.versioned is not False
    )
    complete = {without_transcoding(one.dataset) for one in outputs if one.state is OutputState.COMPLETE}
    names = {name for job in plan.jobs for name in (*job.writes, *job.reads) if without_transcoding(name) in complete}
    return RunOutputs(
        run=run,
        version=version,
        outputs=outputs,
        unversioned=tuple(
            Unversioned(dataset=name, job=job.name, place=data.place)
            for name, job, data in written
            if data.versioned is False
        ),
        load_versions=tuple(sorted(names)),
    )


def _judge(name: str, job: Job, record: JobRecord, data: StoredData) -> Output:
    succeeded = record.state is JobState.SUCCEEDED
    if data.versioned is None:
        state, reason = OutputState.UNKNOWN, "the catalog that is here has no entry for it"
    elif data.problem is not None:
        state, reason = OutputState.UNKNOWN, str(data.problem).removeprefix(f"{name}: ")
    elif succeeded and data.is_there:
        state, reason = OutputState.COMPLETE, ""
    elif succeeded:
        state = OutputState.MISSING
        reason = "its job succeeded: was the data removed since, or is kedro-batch not installed in the image?"
    elif data.left_something:
        state, reason = OutputState.PARTIAL, f"{_describe(record)}: what is there may be torn"
    else:
        state, reason = OutputState.MISSING, _describe(record)
    return Output(dataset=name, job=job.name, state=state, place=data.place, reason=reason)


def _describe(record: JobRecord) -> str:
    """Say why a job has left no complete output."""
    if record.state in LIVE:
        return f"its job has not ended, as last seen: {record.status or record.state}"
    return _WHY[record.state]


_WHY = {
    JobState.NOT_SUBMITTED: "its job was never submitted",
    JobState.SUBMITTING: "it is not known whether its job was submitted",
    JobState.UNCONFIRMED: "it is not known whether its job was submitted",
    JobState.FAILED: "its job failed",
    JobState.CANCELLED: "its job was cancelled",
    JobState.LOST: "AWS Batch does not know its job any more",
    JobState.NOT_RUN: "its job was not run",
    JobState.EXPIRED: "AWS Batch has forgotten how its job ended",
}


def outputs_yaml(found: RunOutputs) -> str:
    """Return the outputs of a run as YAML; ``schemas/versions.schema.json`` describes it."""
    document = {
        "schema": "kedro-batch/versions/v1",
        "run": found.run,
        "version": found.version,
        "outputs": [
            _stated(
                dataset=one.dataset,
                job=one.job,
                version=found.version,
                filepath=one.place,
                state=str(one.state),
                reason=one.reason,
            )
            for one in found.outputs
        ],
        "unversioned": [_stated(dataset=one.dataset, job=one.job, filepath=one.place) for one in found.unversioned],
        "load_versions": dict.fromkeys(found.load_versions, str(found.version)),
    }
    return "".join(f"{line[2:]}\n" for line in block_lines(document))


def _stated(**fields: str | None) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def outputs_text(found: RunOutputs) -> str:
    """Return the outputs of a run for people; the last line is what ``kedro run`` takes to load them."""
    return "".join(f"{one_line(line, None)}\n" for line in _lines(found))


def _lines(found: RunOutputs) -> Iterator[str]:
    complete = [one for one in found.outputs if one.state is OutputState.COMPLETE]
    total = counted(len(found.outputs), "versioned output")
    head = f"run {found.run} has version {found.version}"
    yield (
        f"{head}: {len(complete)} of {total} complete" if found.outputs else f"{head}, and writes no versioned dataset"
    )
    rows = [(one.dataset, one.job, one.place or "") for one in complete]
    widths = [max(map(len, column), default=0) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    if others := [one for one in found.outputs if one.state is not OutputState.COMPLETE]:
        yield ""
        yield "not complete:"
        for one in others:
            yield f"  {one.dataset} of {one.job} is {one.state}: {one.reason}"
            if one.state is OutputState.PARTIAL and one.place:
                yield f"    {one.place}"
    if found.unversioned:
        yield ""
        yield "without versions, so that they may be of another run:"
        for unversioned in found.unversioned:
            place = f": {unversioned.place}" if unversioned.place else ""
            yield f"  {unversioned.dataset} of {unversioned.job}{place}"
    if found.load_versions:
        yield ""
        yield "kedro run and kedro-batch compile load them with the flag below. compile takes only the datasets that"
        yield "its nodes read: leave out the others, which it names."
        yield found.flag
