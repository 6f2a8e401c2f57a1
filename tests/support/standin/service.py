"""The service: one call in, one reply out. No HTTP, no threads, no sleeping; the clock is given.

Time passes inside each call, and what was to happen since the last one happens at its own time.
"""

import json
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from . import identity, listing, logs, targets
from .config import Config, chosen
from .definitions import Definitions
from .faults import Fault, Faults, unknown
from .jobs import Job, Jobs, Status
from .limits import (
    DESCRIBED_AT_ONCE,
    TERMINATED_AT_ONCE,
    RefusedError,
    check_count,
    check_fit,
    check_submit,
    client_error,
    doom,
)
from .shapes import described, label_of, summary
from .targets import ARN
from .verdict import Verdict

_THROTTLED = ("TooManyRequestsException", "ThrottlingException")


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to a call: with a fault, what the caller sees of it is less, or nothing."""

    status: int
    content: dict[str, Any]
    fault: Fault | None = None
    page: tuple[int, str, str] | None = None
    """HTTP status, content type and body of what something on the way has answered instead."""


class Service:
    """AWS Batch, and of CloudWatch Logs, AWS STS and IAM Identity Center an operation or two each."""

    def __init__(self, config: Config, *, clock: Callable[[], float], epoch: float = 1_750_000_000.0) -> None:
        """Begin without jobs.

        Args:
            config: May be changed later through ``configure``.
            clock: The time in seconds; it never goes back.
            epoch: The Unix time when the clock shows zero.
        """
        self.config = config
        self.jobs = Jobs(config)
        self._definitions = Definitions(config)
        self._roles = identity.Roles(config)
        self.verdict = Verdict()
        self.ledger: list[dict[str, Any]] = []
        self._clock = clock
        self._looks_at_logs: Counter[str] = Counter()
        self._epoch = epoch
        self._ids = Random(config.seed)  # noqa: S311  no secret is made of it
        self._faults = Faults(config, Random(config.seed))  # noqa: S311  no secret is made of it
        self._operations: dict[str, Callable[[dict[str, Any], float], dict[str, Any]]] = {
            "submitjob": self._submit,
            "describejobs": self._describe,
            "listjobs": self._list,
            "terminatejob": self._terminate,
            "terminatejobs": self._terminate_several,
            "describejobqueues": lambda body, _: targets.describe_queues(config, body),
            "describecomputeenvironments": lambda body, _: targets.describe_environments(config, body),
            "describejobdefinitions": self._definitions.describe,
            "registerjobdefinition": self._definitions.register,
            "getcalleridentity": lambda _, __: identity.caller(config),
            "assumerole": lambda body, now: self._roles.assume(body, now=now + self._epoch),
            "assumerolewithwebidentity": lambda body, now: self._roles.assume(body, now=now + self._epoch),
            "getrolecredentials": lambda _, now: identity.role_credentials(config, now + self._epoch),
            "getlogevents": self._log_events,
        }

    def answer(
        self, operation: str, body: dict[str, Any], *, size: int | None = None, access_key: str | None = None
    ) -> Reply:
        """Answer a call.

        Args:
            operation: Such as ``submitjob``, in any case.
            body: The request; the service keeps it, and shows parts of it in replies: nobody may change it later.
            size: Its size in bytes; counted if absent.
            access_key: The key that it is signed with.
        """
        operation, now = operation.lower(), self._clock()
        self.jobs.advance(now)
        if self._faults.down(now):
            return Reply(0, {}, Fault.DOWN)
        self.verdict.calls[operation] += 1
        if self.config.keep_bodies:
            self.ledger.append({"operation": operation, "at": round(now + self._epoch, 3), "body": body})
        if page := chosen(operation, self.config.pages):
            return Reply(page[0], {}, page=page)
        try:
            fault = self._faults.before(operation, body, access_key=access_key, taken=len(self.jobs.by_id), now=now)
            if fault:
                return Reply(0, {}, fault)
            if operation not in self._operations:
                raise unknown(operation)
            if operation == "submitjob":
                check_submit(body, len(json.dumps(body, separators=(",", ":")).encode()) if size is None else size)
            content = self._operations[operation](body, now)
            self.jobs.advance(now)
            return Reply(200, content, self._faults.after(operation))
        except RefusedError as refused:
            self.verdict.throttled[operation] += refused.code in _THROTTLED
            return Reply(refused.status, {"__type": refused.code, "message": refused.message})

    def next_event(self) -> float | None:
        """Give the clock's time of the next change that happens by itself; None if there is none."""
        return self.jobs.next_event()

    def down(self) -> bool:
        """Tell whether connections are to be closed."""
        return self._faults.down(self._clock())

    def configure(self, changes: dict[str, Any]) -> None:
        """Change the configuration, from now on.

        Raises:
            ValueError: There is no such field.
        """
        now = self._clock()
        self.jobs.advance(now)
        self.config.change(changes)
        self.jobs.reconfigured(now)

    def forget(self, labels: list[str]) -> None:
        """Forget the jobs of these labels that there are now; later ones are remembered."""
        for label in labels:
            for job in self.jobs.by_label.get(label, ()):
                job.forgotten = True

    def finish(self, labels: list[str]) -> None:
        """Let the jobs of these labels that run come to their end now."""
        now = self._clock()
        self.jobs.advance(now)
        for label in labels:
            for job in self.jobs.by_label.get(label, ()):
                self.jobs.finish(job, now=now)

    def states(self) -> dict[str, dict[str, str]]:
        """Give id and status of the latest job of each label."""
        self.jobs.advance(self._clock())
        latest = {label: jobs[-1] for label, jobs in self.jobs.by_label.items()}
        return {label: {"id": job.id, "status": job.status.value} for label, job in latest.items()}

    def judge(self, *, times: bool = False) -> dict[str, Any]:
        """Give the verdict."""
        self.jobs.advance(self._clock())
        return self.verdict.shown(self.jobs, times=times)

    def _known(self, job_id: str) -> Job | None:
        job = self.jobs.by_id.get(job_id)
        return None if job is None or job.forgotten or job.label in self.config.forget else job

    def _submit(self, body: dict[str, Any], now: float) -> dict[str, Any]:
        label = label_of(body)
        mending = self.config.mended.get(label)
        is_mended = mending is not None and mending in json.dumps(body)
        if not is_mended and (message := self.config.refuse_jobs.get(label)):
            raise RefusedError(400, "ClientException", message)
        queue = targets.open_queue(self.config, body["jobQueue"])
        definition = self._definitions.for_job(body["jobDefinition"], now)
        check_fit(body, definition.described, self.config.queue_details.get(queue, {}))
        parents = []
        for one in body.get("dependsOn", ()):
            parent = self._known(one["jobId"])
            if parent is None:
                raise client_error(f"Dependency {one['jobId']} does not exist")
            if parent.status is Status.FAILED and self.config.on_failed_parent == "refuse":
                raise client_error(f"Dependency {one['jobId']} has failed")
            parents.append(parent)
        job = Job(
            id=str(uuid.UUID(int=self._ids.getrandbits(128), version=4)),
            name=body["jobName"],
            label=label,
            trouble="" if is_mended else label,
            queue=queue,
            definition=definition.arn,
            order=len(self.jobs.by_id),
            submission=len(self.jobs.by_label.get(label, ())) + 1,
            request=body,
            taken=now,
            doom=doom(body),
        )
        self.jobs.take(job, parents, now=now)
        self.verdict.took(job, self.jobs.by_label[label])
        return {"jobName": job.name, "jobId": job.id, "jobArn": f"{ARN}:job/{job.id}"}

    def _log_events(self, body: dict[str, Any], now: float) -> dict[str, Any]:
        return logs.events(self.config, self.jobs, body, now=now, epoch=self._epoch, looks=self._looks_at_logs)

    def _describe(self, body: dict[str, Any], now: float) -> dict[str, Any]:
        wanted = body.get("jobs", [])
        check_count(wanted, DESCRIBED_AT_ONCE)
        delay, hidden = self.config.describe_delay_s, self.config.vanish
        known = [job for one in dict.fromkeys(wanted) if (job := self._known(one.rpartition("/")[2]))]
        visible = [job for job in known if job.taken + delay <= now and job.label not in hidden]
        of_logs = self.config.log_driver, self.config.log_group
        return {"jobs": [described(job, self._epoch, *of_logs) | self._odd_state(job) for job in visible]}

    def _list(self, body: dict[str, Any], now: float) -> dict[str, Any]:
        if not body.get("jobQueue"):
            raise client_error("jobQueue is required")
        queue = self.jobs.queues[targets.queue_name(self.config, body["jobQueue"])]
        delay, hidden = self.config.list_delay_s, (*self.config.vanish, *self.config.forget)
        found, token = listing.page(
            queue, body, lambda job: job.taken + delay <= now and not job.forgotten and job.label not in hidden
        )
        content: dict[str, Any] = {
            "jobSummaryList": [summary(job, self._epoch) | self._odd_state(job) for job in found]
        }
        return content if token is None else {**content, "nextToken": token}

    def _odd_state(self, job: Job) -> dict[str, str]:
        return {"status": self.config.odd_states[job.label]} if job.live and job.label in self.config.odd_states else {}

    def _terminate(self, body: dict[str, Any], now: float) -> dict[str, Any]:
        job = self._known(str(body.get("jobId")))
        if not body.get("reason"):
            raise client_error("reason is required")
        if job and job.label in self.config.cannot_end:
            raise client_error(self.config.cannot_end[job.label])
        if job:
            self.jobs.terminate(job, body["reason"], now=now)
        elif self.config.terminate_unknown == "refuse":
            raise client_error(f"Job {body.get('jobId')} does not exist")
        return {}

    def _terminate_several(self, body: dict[str, Any], now: float) -> dict[str, Any]:
        check_count(body["jobs"], TERMINATED_AT_ONCE)
        successful, errors = [], []
        for one in body["jobs"]:
            try:
                self._terminate({"jobId": one, "reason": body.get("reason")}, now)
                successful.append(one)
            except RefusedError as refused:
                errors.append({"job": one, "code": refused.code, "message": refused.message})
        return {"successful": successful, "errors": errors}
