"""Refusals of SubmitJob: which may pass, which are about one job alone, and which end the submission of all.

AWS Batch calls nearly everything a ClientException, so its words decide. They are not a documented interface; what is
recognised was seen in:

- nextflow-io/nextflow#5817: ``Container overrides or node overrides should not be set for Batch on EKS jobs.``
- boto/boto3#3158: ``shareIdentifier must be specified.``; nextflow-io/nextflow#3505: ``Either schedulingPriority in job
  definition or schedulingPriorityOverride should be specified.``; and in public notes: ``Job with shareIdentifier or
  schedulingPriority can only be submitted to job queue with fair share scheduling policy.``
- ASFHyP3/hyp3#3041: ``Job size must be less than 30 KiB, got 47 KiB``
- fluidattacks/makes#697: ``Job name should match valid pattern``
- boto/boto3#1330: ``Provided name ... is not supported pattern``, of a job definition or a queue.

Words that nobody has recorded yet count as about the job alone, unless they speak of queue, definition, account or
access. So that a mistake in this table does not fail a whole plan job by job, the same words for the first jobs, with
none accepted, end the submission as well.
"""

import re
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kedro_batch.cloud.own_words import own_words
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.model import Job, JobName
from kedro_batch.plan.submit_job import parsed_job_name
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.definitions.late import LateRevisions
from kedro_batch.submitter.failures import Cause, Failure
from kedro_batch.submitter.job_events import job_changed
from kedro_batch.submitter.run_state import RunState
from kedro_batch.text.arns import bare_name
from kedro_batch.text.escaping import LONGEST_REASON, one_line
from kedro_batch.text.wording import sentences

_AGAIN_AFTER_S = 3.0
_REFUSALS = 3
"""How often a job with parents is submitted that is refused: a parent may just have ended, and a poll will tell."""
_SAME_WORDS = 3
"""After how many jobs that are refused with the same words, and none accepted, nothing more is sent."""


class Scope(StrEnum):
    """What a refusal is about, by its words."""

    JOB = "job"
    """The request of one job."""
    UNKNOWN = "unknown"
    """Words that are not recognised: the request of one job, perhaps a parent that just ended."""
    ALL = "all"
    """The queue, the definition, the account, the permissions: other jobs would be refused as well."""


_OF_THE_JOB: Mapping[str, str] = {
    r"\boverrides? (?:or node overrides )?(?:should|must|can|may|are|is)\b|\bnode ?overrides?\b": (
        "its job definition takes no overrides of the container, and the command of a job is one: name a "
        "`job_definition` with one container that is not on EKS and not multi-node, in aws_batch.yml or a rule"
    ),
    r"\bshare ?identifier|\bscheduling ?priority|\bfair[ -]?share": (
        "a queue with fair-share scheduling needs `share_identifier` and `scheduling_priority`, and other queues take "
        "none: change them, or `job_queue`, in aws_batch.yml or a rule"
    ),
    r"\bjob size\b|\bpayload\b|\btoo (?:large|long|big)\b|\blength must\b|\bKiB\b": (
        "its request is too large: shorten the command or the `environment` of its nodes, or put fewer nodes into it"
    ),
    r"\bresource ?requirements?\b|\bvcpus?\b|\bmemory\b|\bgpus?\b": (
        "change its `vcpus`, `memory_mib` or `gpus` in aws_batch.yml or a rule: Fargate takes only certain pairs"
    ),
}
"""Words about the job alone, and what to do; the first that fit count."""
_OF_ALL = (
    r"\bjob ?queues?\b|\bqueues?\b|\bjob ?definitions?\b|\bdefinitions?\b|\bcompute ?environments?\b|\bprovided name\b"
    r"|\baccounts?\b|\bsubscri|\bauthoriz|\bpermission|\bpermitted\b|\baccess\b|\bdenied\b|\broles?\b|\bcredentials?\b"
    r"|\btokens?\b|\bsignature\b|\bregions?\b|\bquotas?\b|\blimit exceeded\b"
)
_ANY_ADVICE = "AWS Batch refused this job alone: change what it says, in aws_batch.yml or a rule"
_VARYING = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+", re.IGNORECASE)
"""Ids and numbers, which differ between two jobs that are refused alike."""
_NAME = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    """Why a job was refused, in the service's words, and what to do."""

    words: str
    advice: str


class Refusals:
    """The refusals of a run. Those that are about a job alone are kept here until it is clear that they are."""

    def __init__(self, context: RunContext) -> None:
        """Begin now, with none accepted."""
        self._context = context
        self._counts: dict[JobName, int] = {}
        self._put_off: list[tuple[float, JobName]] = []
        self._set_aside: dict[JobName, _Refused] = {}
        self._alike = Counter[str]()
        self._about_all: _Refused | None = None
        self.accepted = False
        """True if the service has taken a job from this command."""
        self.open()

    def open(self) -> None:
        """Begin, or begin again after the run was reconciled: what was set aside or put off is sent again."""
        self._late = LateRevisions(self._context)
        self._counts.clear()
        self._put_off.clear()
        self._keep_none()

    def may_pass(self, job: Job, error: ServiceError, now: float, *, waits: bool) -> bool:
        """True if a definition is too new, or if a job ``waits`` for others, one of which may have ended since."""
        if error.fault is Fault.DENIED or scope_of(job, error) is Scope.JOB:
            return False
        if self._late.may_be_why(job.settings.job_definition, error, now):
            return True
        count = self._counts[job.name] = self._counts.get(job.name, 0) + 1
        return count < _REFUSALS and waits

    def put_off(self, name: JobName, now: float) -> None:
        """Let a job be sent again in a moment: its refusal may pass."""
        self._put_off.append((now + _AGAIN_AFTER_S, name))

    def pop_due(self, now: float) -> list[JobName]:
        """Return the jobs that were put off until now, and only once."""
        due = [name for at, name in self._put_off if at <= now]
        self._put_off = [one for one in self._put_off if one[0] > now]
        return due

    @property
    def put_off_jobs(self) -> tuple[JobName, ...]:
        """The jobs that are put off."""
        return tuple(name for _, name in self._put_off)

    @property
    def next_at(self) -> float:
        """When a job that was put off is sent again; infinity for never."""
        return min((at for at, _ in self._put_off), default=float("inf"))

    def set_aside(self, job: Job, error: ServiceError) -> bool:
        """Keep a refusal that is about this job alone; False if it is not."""
        if error.fault is Fault.DENIED or scope_of(job, error) is Scope.ALL:
            return False
        words = _without_targets(job, _shown(error.objection))
        alike = _VARYING.sub("#", _without_names(words, self._context.parents))
        refused = _Refused(words=_shown(error.objection), advice=_advice(words) or _ANY_ADVICE)
        self._set_aside[job.name] = refused
        self._alike[alike] += 1
        if self._alike[alike] == _SAME_WORDS:
            self._about_all = self._about_all or refused
        return True

    @property
    def jobs(self) -> tuple[JobName, ...]:
        """The jobs that are set aside."""
        return tuple(self._set_aside)

    def judge(self, run_state: RunState, *, waits: bool, to_send: bool) -> bool:
        """Let the jobs fail that were refused for themselves; True if nothing is to be sent now.

        As long as none was accepted, a refusal may be about all: what is under way, and what is sent next, will tell.

        Args:
            run_state: The state of the run.
            waits: It may come out that a job was accepted, without sending any.
            to_send: There is something to send.

        Raises:
            ServiceError: So many were refused with the same words that it is about all.
        """
        if not self._set_aside:
            return False
        if not self.accepted:
            if self._about_all and not waits:
                raise _of_all(self._about_all)
            if self._about_all or waits or to_send:
                return bool(self._about_all)
        for name, one in self._set_aside.items():
            failure = Failure(cause=Cause.REFUSED, reason=one.words, advice=one.advice)
            for transition in run_state.refused(name, failure):
                self._context.emit(job_changed(transition))
        self._keep_none()
        return self._context.options.stop_on_failure  # the loop sees now that a job has failed

    def _keep_none(self) -> None:
        self._set_aside.clear()
        self._alike.clear()
        self._about_all = None


def _of_all(refused: _Refused) -> ServiceError:
    """Return why nothing more is sent."""
    problem = f"AWS Batch refused {_SAME_WORDS} jobs with the same words, and accepted none: {refused.words}"
    advice = f"{refused.advice[:1].upper()}{refused.advice[1:]}"
    return ServiceError(problem, remedy=sentences(advice, "This command has submitted nothing: repeat it after that"))


def scope_of(job: Job, error: ServiceError) -> Scope:
    """Return what a refusal of a job is about."""
    if not error.objection:
        return Scope.ALL
    words = _without_targets(job, error.objection)
    if _advice(words):
        return Scope.JOB
    return Scope.ALL if re.search(_OF_ALL, words, re.IGNORECASE) else Scope.UNKNOWN


def _advice(words: str) -> str | None:
    """Return what to do about words that are known to be about one job."""
    return next((advice for pattern, advice in _OF_THE_JOB.items() if re.search(pattern, words, re.IGNORECASE)), None)


def _without_targets(job: Job, words: str) -> str:
    """Return words without the names that a user has given to queue and definition, which may be any words."""
    given = (job.settings.job_queue, job.settings.job_definition)  # a name or an ARN, perhaps with a revision
    return _without_names(words, {bare_name(one) for one in given})


def _without_names(words: str, names: Container[str]) -> str:
    """Return words without names that users have chosen, and without the names of jobs on AWS Batch."""
    return _NAME.sub(lambda one: "..." if one[0] in names or parsed_job_name(one[0]) else one[0], words)


def _shown(objection: str) -> str:
    """Return the service's words as one harmless line, without what is the same in all of them."""
    return one_line(own_words(objection), LONGEST_REASON)
