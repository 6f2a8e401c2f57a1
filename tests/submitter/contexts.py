"""Makes desks: all that a run needs, on an engine of the test's choice."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import JobReads
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.submit_job import JobId, RunId, submit_request
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Sink
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.run_options import RunOptions
from kedro_batch.submitter.service.aws import AwsEngine
from kedro_batch.submitter.service.aws_session import AwsSession
from kedro_batch.submitter.service.call_pool import Reply, ThreadedCalls
from tests.support.plans import write_plan
from tests.support.services import StandIn, standin

RUN = RunId("r1")


@contextmanager
def context_on(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    parents: dict[str, str],
    *,
    options: RunOptions | None = None,
    show: Sink = lambda _: None,
    **configuration: Any,
) -> Iterator[tuple[RunContext, StandIn]]:
    """Give a context for a new run of these jobs on a stand-in, and the stand-in."""
    file = write_plan(folder, {name: ["x"] for name in parents}, parents)
    plan = read_plan(file.read_bytes(), "plan.yaml")
    digest = plan_digest(plan)
    with standin(**configuration) as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        inbox = Inbox()
        journal = Journal(folder / "journal.db")
        journal.begin(
            RunEntry(run=RUN, digest=digest, engine="aws", jobs=len(parents), began_at=1.0), file.read_bytes()
        )
        context = RunContext(
            plan=plan,
            digest=digest,
            run_id=RUN,
            engine=AwsEngine(AwsSession()),
            calls=ThreadedCalls(inbox),
            inbox=inbox,
            journal=journal,
            show=show,
            options=options or RunOptions(),
        )
        context.location = context.engine.location
        context.emit_started(continued=False)
        yield context, service
        journal.close()


def next_reply(context: RunContext) -> Reply:
    """Wait for the reply of the one call that is under way."""
    while not (found := context.calls.wait(30)):
        pass
    (reply,) = found
    return reply


def submit_first_job(context: RunContext) -> JobId:
    """Submit the first job of the plan behind the back of the run, as a process does that ends before the reply."""
    request = submit_request(
        context.plan.jobs[0],
        context.plan,
        run_id=RUN,
        version=context.version,
        reads=JobReads(),
        submission=1,
        digest=context.digest,
        parent_ids=(),
        job_definition="a_definition",
    )
    return context.engine.submit_job(request)
