"""Which job of which run this process is, read from the environment variables that kedro-batch gives to jobs."""

import json
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass

from kedro_batch.errors import JobRefused
from kedro_batch.plan.data_version import DataVersion, is_data_version
from kedro_batch.plan.variables import (
    ALL_BUT,
    ATTEMPT_VARIABLE,
    JOB_VARIABLE,
    OPEN_SESSIONS_VARIABLE,
    READS_FROM_RUN_VARIABLE,
    RUN_ID_VARIABLE,
    SUBMISSION_VARIABLE,
    VERSION_VARIABLE,
)
from kedro_batch.text.wording import quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnvironment:
    """A job, as its environment describes it.

    Attributes:
        run: The id of its run.
        job: Its name in the plan; empty if it is not known.
        submission: Which submission of the job this is, from 1.
        attempt: Which attempt of the submission this is, from 1.
        version: The version under which the run saves; None if whoever submitted the job gave it none.
        is_inside: A node of the job has started Kedro again, and this is what it started.
        reads_from_run: Names, without ``@...``, of the datasets that the job reads and other jobs of its run write.
        reads_before_run: In place of that list where it was too long: names, without ``@...``, of the datasets that
            the job reads and no other job of its run writes.
    """

    run: str
    job: str = ""
    submission: int = 1
    attempt: int = 1
    version: DataVersion | None = None
    is_inside: bool = False
    reads_from_run: frozenset[str] = frozenset()
    reads_before_run: frozenset[str] | None = None

    @property
    def is_repeated(self) -> bool:
        """True if the job may have run before in its run, and may have saved data then."""
        return self.submission > 1 or self.attempt > 1

    def loads_from_run(self, name: str) -> bool:
        """True if other jobs of the run write what is loaded by this name.

        What a node loads that starts Kedro again is not in the plan: only what is in a list is known of it.
        """
        plain = name.partition("@")[0]
        if self.reads_before_run is None:
            return plain in self.reads_from_run
        return not self.is_inside and plain not in self.reads_before_run


def read_job_environment(variables: Mapping[str, str]) -> JobEnvironment:
    """Return the job that these environment variables describe; they have a run id.

    Raises:
        JobRefused: The version or the list of datasets is not what kedro-batch writes.
    """
    reads_from_run, reads_before_run = _reads(variables.get(READS_FROM_RUN_VARIABLE))
    return JobEnvironment(
        run=variables[RUN_ID_VARIABLE],
        job=variables.get(JOB_VARIABLE, ""),
        submission=_number(variables.get(SUBMISSION_VARIABLE)),
        attempt=_number(variables.get(ATTEMPT_VARIABLE)),
        version=_version(variables.get(VERSION_VARIABLE)),
        is_inside=bool(variables.get(OPEN_SESSIONS_VARIABLE)),
        reads_from_run=reads_from_run,
        reads_before_run=reads_before_run,
    )


def open_session(variables: MutableMapping[str, str]) -> None:
    """Let nodes that start Kedro again, in this process or in one of its own, know that they are in a job's session."""
    variables[OPEN_SESSIONS_VARIABLE] = str(_number(variables.get(OPEN_SESSIONS_VARIABLE), 0) + 1)


def close_session(variables: MutableMapping[str, str]) -> None:
    """Undo what ``open_session`` has done."""
    around = _number(variables.pop(OPEN_SESSIONS_VARIABLE, None), 0) - 1
    if around > 0:
        variables[OPEN_SESSIONS_VARIABLE] = str(around)


def _number(text: str | None, otherwise: int = 1) -> int:
    return int(text) if text and text.isdecimal() else otherwise


def _version(text: str | None) -> DataVersion | None:
    if not text:
        return None
    if not is_data_version(text):
        raise JobRefused(
            f"{VERSION_VARIABLE} is {quoted(text)}, which is not a time such as 2026-11-22T16.15.07.123Z. Kedro takes "
            "the largest version for the newest, so data saved under any other text may stay the newest for ever. "
            "Leave the variable to kedro-batch: it gives one to each run"
        )
    return DataVersion(text)


def _reads(text: str | None) -> tuple[frozenset[str], frozenset[str] | None]:
    """Return what is read from the run, or what is not."""
    if not text:
        return frozenset(), None
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    is_complement = isinstance(value, dict) and value.keys() == {ALL_BUT}
    names = value[ALL_BUT] if is_complement else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise JobRefused(
            f"{READS_FROM_RUN_VARIABLE} is {quoted(text)}, which is neither a list of names in JSON nor an object "
            f'{{"{ALL_BUT}": names}}. '
            "Leave the variable to kedro-batch: it gives it to each job"
        )
    return (frozenset(), frozenset(names)) if is_complement else (frozenset(names), None)
