"""What can be configured. Every field can be changed while the service runs.

Jobs are named by their label: their tag ``kedro-batch:job``, or what their name says. Times are in seconds.
"""

from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(slots=True, kw_only=True)
class Config:
    """The configuration of a service; without any, every call is answered and every job succeeds."""

    # What there is
    queues: list[str] = field(default_factory=lambda: ["a_queue"])
    disabled_queues: list[str] = field(default_factory=list)
    invalid_queues: dict[str, str] = field(default_factory=dict)
    """Queues that cannot take jobs, and why."""
    definitions: dict[str, int] = field(default_factory=lambda: {"a_definition": 3})
    """Job definitions and their newest revisions; the first revision is always inactive."""
    environments: dict[str, dict[str, Any]] = field(default_factory=lambda: {"an_environment": {}})
    """Compute environments, and what they have in place of the usual: EC2, up to 256 vCPUs."""
    queue_details: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What queues have beside the usual, such as schedulingPolicyArn, or in place of all environments."""
    definition_details: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What job definitions have beside the usual, such as eksProperties."""
    deregistered: list[str] = field(default_factory=list)
    """Revisions, such as ``a_definition:2``, that are not active any more."""
    account: str = "123456789012"
    """The account that AWS STS says the credentials are of."""
    absent: list[str] = field(default_factory=list)
    """Operations that the service does not know (404 UnknownOperationException), such as TerminateJobs."""

    # How long things take
    slots: int | dict[str, int] | None = None
    """How many jobs may be STARTING or RUNNING in each queue, or in each of these queues; None: any number."""
    submitted_s: float = 0.0
    """How long a new job stays SUBMITTED."""
    start_s: float = 0.02
    """How long a job is STARTING."""
    run_s: float = 0.1
    durations: dict[str, float] = field(default_factory=dict)
    terminate_s: float = 0.1
    """How long after TerminateJob a started job ends."""
    cancel_s: float = 0.0
    """How long after TerminateJob a job that has not started ends."""
    hold_terminations: bool = False
    """What TerminateJob is to end goes on until this is false again."""
    dependents_fail_after_s: float = 0.0
    describe_delay_s: float = 0.0
    """How long a new job is missing from DescribeJobs."""
    list_delay_s: float = 0.0
    """How long a new job is missing from ListJobs."""

    definition_describe_delay_s: float = 0.0
    """How long a new revision is missing from DescribeJobDefinitions."""
    definition_submit_delay_s: float = 0.0
    """How long SubmitJob does not know a new revision."""

    # What becomes of jobs
    fail: dict[str, int | None] = field(default_factory=dict)
    """Jobs that fail, and their exit codes; None: they never get to run."""
    fail_reasons: dict[str, dict[str, str]] = field(default_factory=dict)
    """The statusReason and reason of jobs that fail. One that is not in ``fail`` fails without ever running."""
    fail_attempts: dict[str, int] = field(default_factory=dict)
    """Jobs that fail in their first so many submissions only, with exit code 1 if ``fail`` gives no other."""
    spot: dict[str, int] = field(default_factory=dict)
    """Jobs whose first so many tries, counted over all submissions, end because their host goes away."""
    stuck: dict[str, str] = field(default_factory=dict)
    """Jobs that stay RUNNABLE, and their statusReason."""
    mended: dict[str, str] = field(default_factory=dict)
    """Jobs that are neither refused nor stuck, and do not fail, once their request contains this text."""
    vanish: list[str] = field(default_factory=list)
    """Jobs that are in no reply of DescribeJobs and ListJobs; others may depend on them."""
    odd_states: dict[str, str] = field(default_factory=dict)
    """How DescribeJobs and ListJobs spell the state of these jobs until they end: one that a later service invents."""
    forget: list[str] = field(default_factory=list)
    """Jobs that the service does not know any more, for no operation."""
    on_failed_parent: str = "fail"
    """What a new job that depends on a FAILED one does: fail, pend (for ever), or refuse (400)."""
    cannot_end: dict[str, str] = field(default_factory=dict)
    """Jobs that TerminateJob refuses to end (400), and its message."""
    terminate_unknown: str = "refuse"
    """What TerminateJob says to an unknown id: refuse (400), or accept. What AWS says is not documented."""
    log_lines: int = 3
    logs: dict[str, list[str]] = field(default_factory=dict)
    """What jobs write; one with no lines has an empty stream."""
    log_delay_s: float = 0.0
    """How long after the start of a job its log stream appears."""
    log_missing: dict[str, int] = field(default_factory=dict)
    """Jobs whose log stream is not there for the first so many looks: calls of GetLogEvents without a token."""
    log_late: dict[str, list[int]] = field(default_factory=dict)
    """``[looks, lines]``: in the first so many looks, a stream lacks its last so many lines."""
    log_driver: str = "awslogs"
    """The driver in the log configuration of every job; with another one, no job has a stream."""
    log_empty_pages: int = 0
    """How many empty pages come before those with events: backwards before the last one of each stream, forwards before
    each page."""
    log_group: str = "/aws/batch/job"
    """The group in the log configuration of every job."""
    log_page: int = 10_000
    """How many events a page has at most."""
    log_endless: bool = False
    """Tokens forwards are never repeated, not even at the end of a stream."""
    log_rate: float | None = None
    """How many lines a second a job writes; None: all at its start, a millisecond apart."""
    log_lag_s: float = 0.0
    """How long it takes at most until a line is visible: another time for each line, so that newer ones may be there
    first. A page leads on behind its newest line, whatever comes before that later."""

    # What goes wrong with calls
    seed: int | None = None
    """Makes faults and job ids the same each time; two services with one seed give the same ids."""
    throttle: dict[str, float] | None = None
    """``rate`` and ``burst`` (absent: as the rate) of a token bucket for SubmitJob: 429 when it is empty."""
    throttle_schedule: list[tuple[float, float | None]] = field(default_factory=list)
    """``[at_s, rate]``: from so long after the first SubmitJob on, the rate is another one; null: any."""
    throttle_other: dict[str, float] | None = None
    """``rate`` and ``burst`` of a token bucket for each of the other operations."""
    throttle_first: int = 0
    """So many calls of SubmitJob get a 429, one time."""
    lost_replies: float = 0.0
    """Probability that a call is executed, and the connection closed without a reply."""
    cut_replies: float = 0.0
    """Probability that a call is executed, and half of the reply's body sent."""
    error_before: float = 0.0
    """Probability of a 503 that stands for a call that was not executed."""
    error_after: float = 0.0
    """Probability of a 503 after a call that was executed."""
    faulty: list[str] = field(default_factory=lambda: ["SubmitJob"])
    """The operations that the four probabilities are about."""
    submit_fault: str | None = None
    """``error_after`` or ``reply_lost``: what happens to every SubmitJob."""
    refuse_after: int | None = None
    """After so many jobs, SubmitJob is denied."""
    refuse_looks: int = 0
    """So many calls of DescribeJobs are denied, one time."""
    refuse_jobs: dict[str, str] = field(default_factory=dict)
    """Jobs whose requests are refused (400 ClientException), and the whole message."""
    deny: list[str] = field(default_factory=list)
    """Operations that are denied (403 AccessDeniedException)."""
    refuse_reasons: dict[str, str] = field(default_factory=dict)
    """Operations that are refused (400 ClientException), and with which words."""
    expire_keys: dict[str, int | str] = field(default_factory=dict)
    """Access keys that have expired (403 ExpiredTokenException) once so many jobs were taken (0: at once), or once this
    operation was called with them."""
    mfa_codes: list[str] | None = None
    """The MFA codes that AssumeRole takes where a device is named, each of them once; None: any."""
    role_session_s: float = 600.0
    """How long the credentials of AssumeRole and GetRoleCredentials last. botocore renews with every call what has less
    than ten minutes left."""
    deny_tags: bool = False
    """Calls with tags are denied."""
    expired: list[list[float]] = field(default_factory=list)
    """``[from_s, to_s]`` since the first call: credentials have expired (403 ExpiredTokenException)."""
    renewed: bool = False
    """There are new credentials, which AWS STS knows while AWS Batch still gets the old ones."""
    down: list[list[float]] = field(default_factory=list)
    """``[from_s, to_s]`` since the first call: connections are closed without being read."""
    refuse: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    """Operations that are refused, and how: HTTP status, the name of the error, the message."""
    pages: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    """Operations that something on the way answers in place of the service: HTTP status, content type, body. ``*``
    stands for all of them."""
    hang: str | list[str] | None = None
    """An operation, or several, that never reply and do nothing."""
    latency_s: float = 0.0
    """How long the server waits before each call. Nothing waits in process."""
    answer_always: str | None = None
    """The body of every reply, whatever was asked."""

    # What is kept
    keep_bodies: bool = True
    """Whether the ledger keeps the requests; without, GET /ledger is empty."""

    def change(self, changes: dict[str, Any]) -> None:
        """Set other values for some fields.

        Raises:
            ValueError: There is no such field; nothing is changed.
        """
        unknown = sorted(changes.keys() - {one.name for one in fields(self)})
        if unknown:
            raise ValueError(f"no such configuration: {', '.join(unknown)}")
        for name, value in changes.items():
            setattr(self, name, value)


def chosen(operation: str, given: dict[str, tuple[int, str, str]]) -> tuple[int, str, str] | None:
    """Give what is configured for an operation, in lower case, by its name in any case, or else for all."""
    by_name = {name.lower(): one for name, one in given.items()}
    return by_name.get(operation, by_name.get("*"))


def named(operation: str, given: str | list[str] | None) -> bool:
    """Tell whether an operation, in lower case, is the one or among those that are given in any case."""
    names = [given] if isinstance(given, str) else given or ()
    return any(operation == one.lower() for one in names)


def within(seconds: float, windows: list[list[float]]) -> bool:
    return any(start <= seconds < end for start, end in windows)
