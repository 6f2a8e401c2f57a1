"""What ``cancel`` asks beside DescribeJobs: where this is, and which jobs the queues list. It can do without either.

A queue may be deleted, AWS STS may not be reachable, ListJobs may be denied. That is told once, and the jobs whose ids
are known are terminated all the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.submit_job import parsed_job_name, run_prefix
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.preflight import check_location, location_of, refuse_account_of_caller
from kedro_batch.submitter.service.api import JobSummary
from kedro_batch.submitter.service.call_pool import Lane
from kedro_batch.submitter.service.limits import CONNECT_S, READ_S
from kedro_batch.text.escaping import one_line

_ANSWERS_WITHIN_S = 10.0
"""How long to wait for what can be done without."""
_LISTS_WITHIN_S = 60.0
"""How long ListJobs is tried where it is throttled or does not answer."""
_PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0, _LISTS_WITHIN_S)
"""Between two tries."""


def find_place(context: RunContext, before: Mapping[str, str]) -> dict[str, str]:
    """Return region and account that are called, as far as they can be known.

    Args:
        context: The run.
        before: Where it was applied, as the journal has it.

    Raises:
        ServiceError: It is another account than that of the plan.
        UsageError: It is another region or account than that in which the run was applied.
        Interrupted: A signal came.
    """
    engine, account = context.engine, context.plan.account
    here = location_of(context, [])
    check_location(context, before, here)
    try:
        if account:
            caller = context.service.call(Lane.LOG, engine.caller_identity, _ANSWERS_WITHIN_S)
            here |= {"account": caller.account}
        else:
            caller = None
            queues = context.service.call(
                Lane.LOG, lambda: engine.describe_job_queues(context.queues), _ANSWERS_WITHIN_S
            )
            here = location_of(context, queues)
    except ServiceError as error:
        shown = f"What AWS Batch shows under the names of run {context.run_id} is terminated all the same"
        _warn(context, f"nobody can tell which account this is: {_why(error)}. {shown}")
        return here
    if caller:
        refuse_account_of_caller(context, caller)
    check_location(context, before, here)
    return here


@dataclass(kw_only=True, slots=True)
class RunListing:
    """The jobs of a run that ListJobs shows.

    Attributes:
        context: The run.
        patient: Nothing else tells which jobs there are: ListJobs is tried as long as any other call, and else for a
            minute.
        unlisted: The queues that cannot be listed, and why.
    """

    context: RunContext
    patient: bool = False
    unlisted: dict[str, ServiceError] = field(default_factory=dict)

    def look(self) -> tuple[JobSummary, ...]:
        """List the jobs of the run in the queues that can be listed.

        Raises:
            Interrupted: A signal came.
        """
        found: list[JobSummary] = []
        for queue in self.context.queues:
            if queue not in self.unlisted:
                found += self._listed(queue)
        parsed = ((one, parsed_job_name(one.name)) for one in found)
        return tuple(one for one, name in parsed if name and name[0] == self.context.run_id)

    def _listed(self, queue: str) -> list[JobSummary]:
        until = self.context.calls.now() + _LISTS_WITHIN_S
        for pause_s in _PAUSES_S:
            try:
                if self.patient:
                    return self.context.service.list_jobs((queue,), f"{run_prefix(self.context.run_id)}*")
                return self._pages(queue)
            except ServiceError as error:
                in_time = self.context.calls.now() + pause_s < until
                if not self.patient and error.passing and in_time and self._may_be_renewed(error):
                    self.context.service.pause(pause_s)
                    continue
                self.unlisted[queue] = error
                known = "Only the jobs whose ids the journal has are known"
                _warn(self.context, f"jobs in {queue} cannot be looked up by their names: {_why(error)}. {known}")
                break
        return []

    def _may_be_renewed(self, error: ServiceError) -> bool:
        """Renew credentials that only this process can renew; False if they have failed, and nobody can renew them."""
        if error.fault is Fault.CREDENTIALS:
            try:
                self.context.engine.renew_here(error)
            except ServiceError:
                return False
        return True

    def _pages(self, queue: str) -> list[JobSummary]:
        found: list[JobSummary] = []
        engine, service, token = self.context.engine, self.context.service, None
        name = f"{run_prefix(self.context.run_id)}*"
        while True:
            service.acquire(self.context.listing)
            page = service.call(Lane.LIST, partial(engine.list_jobs, queue, name, token), CONNECT_S + READ_S)
            found += page.jobs
            token = page.token
            if token is None:
                return found


def _why(error: ServiceError) -> str:
    return one_line(str(error)).rstrip(".")


def _warn(context: RunContext, message: str) -> None:
    context.emit(Notice(kind=NoticeKind.WARNING, message=message))
