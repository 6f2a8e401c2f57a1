"""A stand-in for AWS Batch, spoken to over HTTP. It imports nothing of the project that it tests.

Jobs have real states: they wait for their dependencies, start, run for a while, succeed or fail, and a failed
job fails its dependents. Which jobs fail is chosen by their names in the plan.

    python standin_batch.py '{"fail": {"train": 3}, "run_s": 0.2}'

prints its port and serves until it is ended. ``GET /ledger`` gives what it was asked, ``GET /jobs`` its jobs.
"""

import json
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_NO_REPLY, _NEVER = 0, 1
_ARN = "arn:aws:batch:us-east-1:123456789012"


@dataclass
class Job:
    id: str
    request: dict[str, Any]
    status: str = "SUBMITTED"
    reason: str = ""
    exit_code: int | None = None
    since: float = 0.0

    @property
    def label(self) -> str:
        """Give what stands between the run and the attempt in the job's name."""
        name = str(self.request["jobName"])
        return name.partition("_")[2].rpartition("_")[0] or name


@dataclass
class Service:
    """The state of the service; ``fail`` gives the exit code of the jobs that fail."""

    fail: dict[str, int] = field(default_factory=dict)
    vanish: list[str] = field(default_factory=list)
    run_s: float = 0.1
    throttle_first: int = 0
    refuse_after: int | None = None
    answer_always: str | None = None
    submit_fault: str | None = None
    refuse_looks: int = 0
    latency_s: float = 0.0
    hang: str | None = None
    invalid_queues: dict[str, str] = field(default_factory=dict)
    queues: list[str] = field(default_factory=lambda: ["a_queue"])
    disabled_queues: list[str] = field(default_factory=list)
    definitions: dict[str, int] = field(default_factory=lambda: {"a_definition": 3})
    jobs: dict[str, Job] = field(default_factory=dict)
    ledger: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, operation: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        time.sleep(self.latency_s)
        with self.lock:
            self.ledger.append({"operation": operation, "body": body})
            self._advance()
            if operation == self.hang:
                return _NEVER, {}
            handler = getattr(self, f"_{operation}", None)
            if handler is None:
                return _error(404, "UnknownOperationException", f"no operation {operation}")
            result: tuple[int, dict[str, Any]] = handler(body)
            return result

    def _advance(self) -> None:
        """Let time pass: every job goes as far as it can."""
        now = time.monotonic()
        for job in self.jobs.values():  # in the order of submission, so parents come first
            parents = [self.jobs[one["jobId"]] for one in job.request.get("dependsOn", ())]
            if job.status in ("SUCCEEDED", "FAILED"):
                continue
            if any(parent.status == "FAILED" for parent in parents):
                job.status, job.reason = "FAILED", "Dependency failed"
            elif any(parent.status != "SUCCEEDED" for parent in parents):
                job.status = "PENDING"
            elif job.status in ("SUBMITTED", "PENDING"):
                job.status, job.since = "RUNNABLE", now
            elif job.status == "RUNNABLE":
                job.status, job.since = "RUNNING", now
            elif now - job.since >= self.run_s:
                job.exit_code = self.fail.get(job.label, 0)
                job.status = "FAILED" if job.exit_code else "SUCCEEDED"
                job.reason = "Essential container in task exited" if job.exit_code else ""

    def _submitjob(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.throttle_first > 0:
            self.throttle_first -= 1
            return _error(429, "TooManyRequestsException", "Too Many Requests")
        if self.refuse_after is not None and len(self.jobs) >= self.refuse_after:
            return _error(403, "AccessDeniedException", "not authorized to perform: batch:SubmitJob")
        if any(one["jobId"] not in self.jobs for one in body.get("dependsOn", ())):
            return _error(400, "ClientException", "dependency does not exist")
        job = Job(str(uuid.uuid4()), body)
        self.jobs[job.id] = job
        if self.submit_fault == "error_after":
            return _error(503, "ServerException", "taken, but something went wrong then")
        if self.submit_fault == "reply_lost":
            return _NO_REPLY, {}
        return 200, {"jobName": body["jobName"], "jobId": job.id, "jobArn": f"{_ARN}:job/{job.id}"}

    def _describejobs(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.refuse_looks > 0:
            self.refuse_looks -= 1
            return _error(403, "AccessDeniedException", "not authorized to perform: batch:DescribeJobs")
        if len(body["jobs"]) > 100:
            return _error(400, "ClientException", "at most 100 jobs")
        known = [self.jobs[one] for one in body["jobs"] if one in self.jobs]
        return 200, {"jobs": [self._described(job) for job in known if job.label not in self.vanish]}

    def _described(self, job: Job) -> dict[str, Any]:
        container: dict[str, Any] = {"command": job.request["containerOverrides"]["command"]}
        if job.exit_code is not None:
            container |= {"exitCode": job.exit_code, "logStreamName": f"{job.label}/default/{job.id}"}
        return {
            "jobId": job.id,
            "jobName": job.request["jobName"],
            "jobQueue": job.request["jobQueue"],
            "jobDefinition": job.request["jobDefinition"],
            "status": job.status,
            "statusReason": job.reason,
            "startedAt": 0,
            "container": container,
        }

    def _describejobqueues(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        found: list[dict[str, Any]] = [
            {
                "jobQueueName": name,
                "jobQueueArn": f"{_ARN}:job-queue/{name}",
                "state": "DISABLED" if name in self.disabled_queues else "ENABLED",
                "status": "INVALID" if name in self.invalid_queues else "VALID",
                "statusReason": self.invalid_queues.get(name, ""),
                "priority": 1,
                "computeEnvironmentOrder": [],
            }
            for name in self.queues
            if name in body["jobQueues"] or f"{_ARN}:job-queue/{name}" in body["jobQueues"]
        ]
        return 200, {"jobQueues": found}

    def _describejobdefinitions(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        wanted = body.get("jobDefinitions") or [body["jobDefinitionName"]]
        found: list[dict[str, Any]] = []
        for name, newest in self.definitions.items():
            for revision in range(1, newest + 1):
                arn = f"{_ARN}:job-definition/{name}:{revision}"
                if any(one in (name, f"{name}:{revision}", arn) for one in wanted):
                    # The first revision is an old one that nobody may use any more.
                    status = "INACTIVE" if revision == 1 else "ACTIVE"
                    found.append(
                        {
                            "jobDefinitionName": name,
                            "jobDefinitionArn": arn,
                            "revision": revision,
                            "status": status,
                            "type": "container",
                        }
                    )
        if "status" in body:
            found = [one for one in found if one["status"] == body["status"]]
        # A page at a time, as the service may do.
        start = int(body.get("nextToken", 0))
        page: dict[str, Any] = {"jobDefinitions": found[start : start + 1]}
        if start + 1 < len(found):
            page["nextToken"] = str(start + 1)
        return 200, page


def _error(status: int, code: str, message: str) -> tuple[int, dict[str, Any]]:
    return status, {"__type": code, "message": message}


def serve(service: Service) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else every call waits 40 ms for an acknowledgement

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
            self._reply(*service.answer(self.path.rpartition("/")[2], body))

        def do_GET(self) -> None:
            with service.lock:
                if self.path == "/jobs":
                    jobs = {job.label: {"id": job.id, "status": job.status} for job in service.jobs.values()}
                    self._reply(200, jobs)
                else:
                    self._reply(200, {"ledger": service.ledger})

        def _reply(self, status: int, content: dict[str, Any]) -> None:
            if status == _NEVER:
                time.sleep(120)
            if status in (_NO_REPLY, _NEVER):
                self.close_connection = True
                return
            payload = (service.answer_always or json.dumps(content)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            if "__type" in content:
                self.send_header("x-amzn-ErrorType", content["__type"])
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return server


if __name__ == "__main__":
    server = serve(Service(**json.loads(sys.argv[1] if len(sys.argv) > 1 else "{}")))
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()
