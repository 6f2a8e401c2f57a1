"""A stand-in in process, on a clock that a test moves."""

from typing import Any

from tests.support.standin.config import Config
from tests.support.standin.limits import RefusedError
from tests.support.standin.service import Service


class Simulated:
    """A service with a clock. Jobs are named by their labels, and start without delay."""

    def __init__(self, **configuration: Any) -> None:
        self.now = 0.0
        self.service = Service(Config(**{"start_s": 0, "run_s": 10, **configuration}), clock=lambda: self.now)
        self.ids: dict[str, str] = {}

    def ask(self, operation: str, **body: Any) -> dict[str, Any]:
        """Give the content of a reply.

        Raises:
            RefusedError: The reply is an error.
        """
        reply = self.service.answer(operation, body)
        assert reply.fault is None
        if reply.status != 200:
            raise RefusedError(reply.status, reply.content["__type"], reply.content["message"])
        return reply.content

    def submit(self, label: str, *parents: str, **fields: Any) -> str:
        reply = self.ask("SubmitJob", **request(label, *(self.ids[one] for one in parents), **fields))
        self.ids[label] = reply["jobId"]
        return self.ids[label]

    def described(self, label: str) -> dict[str, Any]:
        (job,) = self.ask("DescribeJobs", jobs=[self.ids[label]])["jobs"]
        found: dict[str, Any] = job
        return found

    def states(self, *, at: float) -> dict[str, str]:
        self.now = at
        return {label: job["status"] for label, job in self.service.states().items()}

    def to_the_end(self) -> dict[str, str]:
        while (event := self.service.next_event()) is not None:
            self.states(at=event)
        return self.states(at=self.now)


def request(label: str, *parent_ids: str, **fields: Any) -> dict[str, Any]:
    """Make a request of SubmitJob."""
    return {
        "jobName": f"run_{label}_1",
        "jobQueue": "a_queue",
        "jobDefinition": "a_definition",
        "containerOverrides": {"command": ["echo", label]},
        "tags": {"kedro-batch:job": label},
        **({"dependsOn": [{"jobId": one} for one in parent_ids]} if parent_ids else {}),
        **fields,
    }
