"""Checks the size of requests: the characters of ``containerOverrides`` and the bytes of a whole SubmitJob request.

AWS Batch accepts overrides that are too long, and fails the job later. What only a run adds is taken at its longest.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from kedro_batch.diagnostics import Diagnostic, PathMessage, diagnostics_of
from kedro_batch.plan.checks.batch_limits import AT_RUN_TIME, OVERRIDES_CHARACTERS, REQUEST_BYTES
from kedro_batch.plan.data_flow import reads_from_run
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.model import Job, JobName, JobReads, Plan, PlanDigest
from kedro_batch.plan.settings import JobSettings
from kedro_batch.plan.submit_job import (
    JOB_NAME_LENGTH,
    RUN_ID_LENGTH,
    SUBMISSION_DIGITS,
    JobId,
    RunId,
    own_variables,
    pairs_of,
    reads_variable,
    submit_request,
)
from kedro_batch.plan.variables import READS_FROM_RUN_LENGTH
from kedro_batch.text.wording import listed

_LONGEST_ESCAPE = len("\\u0000")
_LONGEST_RUN_ID = RunId("9" * RUN_ID_LENGTH)
_NO_READS = JobReads()
_A_VERSION = DataVersion("9999-12-31T23.59.59.999Z")
_LAST_SUBMISSION = 10**SUBMISSION_DIGITS - 1


def check_request_sizes(plan: Plan) -> Iterator[Diagnostic]:
    """Yield the jobs whose request would be larger than AWS Batch takes."""
    params = _json_length(list(plan.params_words), len) if plan.params_words else 0
    too_long: dict[JobName, str] = {}
    reads = reads_from_run(plan)
    for index, job in enumerate(plan.jobs):
        for path, message in _check_size(job, plan, params if job.nodes else 0, reads[job.name]):
            if path == _PARAMS:
                too_long[job.name] = message
            else:
                yield from diagnostics_of([(path, message)], ("jobs", index))
    if too_long:
        message = next(iter(too_long.values()))
        yield Diagnostic(path=_PARAMS, message=f"{message} (job{'s' * (len(too_long) > 1)} {listed(too_long)})")


def worst_request(job: Job, plan: Plan, reads: JobReads = _NO_READS) -> dict[str, Any]:
    """Build the largest request that a run could send for a job: all that only the run knows is at its longest.

    Args:
        job: The job.
        plan: Its plan.
        reads: What it reads.
    """
    return submit_request(
        job,
        plan,
        run_id=_LONGEST_RUN_ID,
        version=_A_VERSION,
        reads=reads,
        submission=_LAST_SUBMISSION,
        digest=PlanDigest("sha256:" + 64 * "0"),
        parent_ids=[JobId("00000000-0000-0000-0000-000000000000")] * len(job.depends_on),
        job_definition=f"{job.settings.job_definition}:999999999",
    )


def _check_size(job: Job, plan: Plan, params: int, reads: JobReads) -> Iterator[PathMessage]:
    """Yield what is too long in a job, the parameters of the plan included.

    Args:
        job: The job.
        plan: Its plan.
        params: Characters that the parameters take in its command.
        reads: What it reads.
    """
    settings = job.settings
    letters = sum(map(len, job.command)) + sum(len(n) + len(v) for n, v in settings.environment.items())
    marks = 3 * len(job.command) + 24 * len(settings.environment) + 200  # the JSON around them, and the resources
    most = OVERRIDES_CHARACTERS - _at_run_time() - _own_variables(plan.env) - params
    if reads.from_run:
        most -= _json_length(pairs_of(reads_variable(reads)), len)
    # It fits even if every letter needs an escape, or as it is spelled: the request need not be built.
    fits = _LONGEST_ESCAPE * letters + marks < most or (
        params and _json_length([job.command, dict(settings.environment)], _count_bytes) + marks < most
    )
    if fits and not settings.tags and not settings.submit:
        return
    request = worst_request(job, plan, reads)
    overrides = request.get("containerOverrides") or request.get("ecsPropertiesOverride", {})
    parts = [*_parts(job, submit_tags=plan.submit_tags), (_PARAMS, params)]
    taken = _json_length(overrides, len) + _at_run_time()
    if taken > OVERRIDES_CHARACTERS:
        path = max((*parts[:2], parts[-1]), key=lambda part: part[1])[0]
        size = ""
        if path == ("command",):
            beside = f" beside {params} of params" if params else ""
            size = f" with {len(' '.join(job.command))} characters{beside}, {taken} in all"
        elif path == _PARAMS:
            size = f": they take {params} characters, and with everything else the job has {taken}"
        allowed = f"a container is given {OVERRIDES_CHARACTERS} characters at most of command, environment and the "
        reason = f"{_verb(path)} too long{size}: {allowed}like, or the job fails later"
        yield path, f"{reason}. {_REMEDIES[path[0]]}"
    elif _json_length(request, _count_bytes) + _at_run_time() > REQUEST_BYTES:
        path = max(parts, key=lambda part: part[1])[0]
        allowed = f"a request may have {REQUEST_BYTES} bytes with what a run adds"
        yield path, f"{_verb(path)} too long: {allowed}. {_REMEDIES[path[0]]}"


def _verb(path: tuple[str, ...]) -> str:
    return "are" if path == _PARAMS else "is"


def _parts(job: Job, *, submit_tags: bool) -> list[tuple[tuple[str, ...], int]]:
    """Measure the parts of a request that may be long, command and environment first."""
    settings = job.settings
    parts: list[tuple[tuple[str, ...], Any]] = [
        (("command",), job.command),
        (("environment",), dict(settings.environment)),
        (("tags",), dict(settings.tags) if submit_tags else {}),
        *((("submit", name), value) for name, value in settings.submit.items()),
    ]
    return [(path, _json_length(value, len)) for path, value in parts]


_PARAMS = ("params",)
_REMEDIES = {
    "params": "Write long ones into the project's files, or into a file that the nodes read",
    "command": "Group fewer nodes, or give these a namespace or a tag of their own, which the command then names",
    "environment": "Keep long values where the container can read them, such as in S3",
    "tags": "Shorten them",
    "submit": "Keep long values where the container can read them, such as in S3",
}


def _count_bytes(text: str) -> int:
    return len(text.encode())


def _json_length(value: Any, measure: Callable[[str], int]) -> int:
    return measure(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def room_for_nodes(settings: JobSettings, env: str | None, other_words: Sequence[str]) -> int:
    """Return how many characters of a command are left for the names of its nodes, beside its other words."""
    taken = _json_length([list(other_words), pairs_of(settings.environment)], len) + _at_run_time()
    taken += _own_variables(env) + READS_FROM_RUN_LENGTH
    return OVERRIDES_CHARACTERS - taken - _FIXED_PARTS


_FIXED_PARTS = 450
"""Characters around command and environment in the overrides: names of fields, of a variable, resources, flags."""


@cache
def _at_run_time() -> int:
    return _json_length(pairs_of(AT_RUN_TIME), len)


@cache
def _own_variables(env: str | None) -> int:
    """Return how many characters the variables of kedro-batch take at most."""
    longest = JobName("j" * JOB_NAME_LENGTH)
    own = own_variables(_LONGEST_RUN_ID, longest, _LAST_SUBMISSION, env=env, version=_A_VERSION, reads=JobReads())
    return _json_length(pairs_of(own), len)
