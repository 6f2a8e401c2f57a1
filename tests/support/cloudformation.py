"""AWS CloudFormation over HTTP, for what moto cannot do: states, events one by one, failures, faults, slow replies.

It holds one stack. What happens after ExecuteChangeSet and DeleteStack is a script, of which each DescribeStackEvents
shows one event more; so nothing here depends on time. The services that results are read from answer too.
"""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from tests.support.infrastructure import QUEUE, REPOSITORY, STACK, TEMPLATE
from tests.support.serving import serving

ACCOUNT, REGION = "123456789012", "us-east-1"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
_OF_STACK = ""
"""The logical id of a scripted event that is about the stack itself."""
_BATCH = f"arn:aws:batch:{REGION}:{ACCOUNT}"
_PHYSICAL = {
    "JobRole": ("AWS::IAM::Role", "batchJobRole"),
    "ExecutionRole": ("AWS::IAM::Role", "batchExecutionRole"),
    "SubmitterRole": ("AWS::IAM::Role", "submitter"),
    "LogGroup": ("AWS::Logs::LogGroup", "/aws/batch/a_project"),
    "Repository": ("AWS::ECR::Repository", REPOSITORY),
    "Bucket": ("AWS::S3::Bucket", "a-bucket"),
    "ComputeEnvironment": ("AWS::Batch::ComputeEnvironment", f"{_BATCH}:compute-environment/a_env"),
    "JobQueue": ("AWS::Batch::JobQueue", f"{_BATCH}:job-queue/{QUEUE}"),
    "JobDefinition": ("AWS::Batch::JobDefinition", f"{_BATCH}:job-definition/kedro_run:3"),
}
MADE = tuple(name for name in _PHYSICAL if name != "SubmitterRole")
"""The resources of the template, by logical id."""
NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."

Script = Sequence[tuple[str | int, str, str]]
"""Events: a logical id (empty for the stack), a status, a reason; or an error in between, as in ``faults``."""
CREATION: Script = (
    (_OF_STACK, "CREATE_IN_PROGRESS", "User Initiated"),
    ("JobQueue", "CREATE_IN_PROGRESS", ""),
    ("JobQueue", "CREATE_IN_PROGRESS", "Resource creation Initiated"),
    ("JobQueue", "CREATE_COMPLETE", ""),
    (_OF_STACK, "CREATE_COMPLETE", ""),
)
UPDATE: Script = (
    (_OF_STACK, "UPDATE_IN_PROGRESS", "User Initiated"),
    ("ComputeEnvironment", "UPDATE_IN_PROGRESS", ""),
    ("ComputeEnvironment", "UPDATE_COMPLETE", ""),
    (_OF_STACK, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""),
    (_OF_STACK, "UPDATE_COMPLETE", ""),
)
DELETION: Script = (
    (_OF_STACK, "DELETE_IN_PROGRESS", "User Initiated"),
    ("JobQueue", "DELETE_COMPLETE", ""),
    ("Bucket", "DELETE_SKIPPED", ""),
    (_OF_STACK, "DELETE_COMPLETE", ""),
)
WRONG_ROLE = "Invalid request provided: service role is wrong (Service: AWSBatch; Status Code: 400)"
FAILED_CREATION: Script = (
    (_OF_STACK, "CREATE_IN_PROGRESS", "User Initiated"),
    ("ComputeEnvironment", "CREATE_FAILED", WRONG_ROLE),
    ("Repository", "CREATE_FAILED", "Resource creation cancelled"),
    (_OF_STACK, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [ComputeEnvironment]."),
    ("JobRole", "DELETE_COMPLETE", ""),
    (_OF_STACK, "ROLLBACK_COMPLETE", ""),
)
ADD = [{"Action": "Add", "LogicalResourceId": name, "ResourceType": _PHYSICAL[name][0]} for name in MADE]
"""The changes of a change set that makes everything."""


def modify(logical_id: str, **more: Any) -> dict[str, Any]:
    """Return a change of an existing resource."""
    kind, physical_id = _PHYSICAL[logical_id]
    known = {"LogicalResourceId": logical_id, "PhysicalResourceId": physical_id, "ResourceType": kind}
    return {"Action": "Modify", "Replacement": "False", **known, **more}


@dataclass
class CloudFormation:
    """A running stand-in.

    Attributes:
        status: The state of the stack; None if there is none.
        parameters: The values of its parameters.
        template: The template that it was deployed with.
        resources: The logical ids of what it has.
        events: What has happened to it, the oldest first.
        on_execute: What happens when a change set is carried out.
        on_delete: What happens when the stack is deleted.
        changes: What the next change set says; None if it has nothing to change.
        refusal: Why CloudFormation cannot make the next change set; None if it can.
        early_validation: What DescribeEvents answers about it.
        polls: So often DescribeChangeSet says first that the change set is being made.
        faults: What an operation answers first: HTTP status, code and message of each error, or None for no reply.
        hangs: The operation whose next call is carried out, but not answered.
        hanging: That call has come.
        jobs: How many jobs are running in the queue.
        networks: There is a default network.
        page: Events and changes in one reply.
        calls: Each operation that was called, with what it was sent.
    """

    status: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    template: str = TEMPLATE
    resources: Sequence[str] = MADE
    events: list[tuple[str, str, str]] = field(default_factory=list)
    on_execute: Script = CREATION
    on_delete: Script = DELETION
    changes: Sequence[Mapping[str, Any]] | None = tuple(ADD)
    refusal: str | None = None
    early_validation: Sequence[Mapping[str, Any]] = ()
    polls: int = 0
    faults: dict[str, list[tuple[int, str, str] | None]] = field(default_factory=dict)
    hangs: str = ""
    hanging: threading.Event = field(default_factory=threading.Event)
    jobs: int = 0
    networks: bool = True
    page: int = 3
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    change_sets: dict[str, dict[str, Any]] = field(default_factory=dict)
    script: list[tuple[str | int, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server = _Server(self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_SHARED_CREDENTIALS_FILE": str(Path(__file__).with_name("aws_credentials")),
            "AWS_DEFAULT_REGION": REGION,
        }

    @property
    def id(self) -> str:
        return f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/1"

    def called(self, operation: str) -> list[dict[str, str]]:
        """Return what each call of an operation was sent."""
        return [sent for name, sent in self.calls if name == operation]

    def answer(self, operation: str, sent: dict[str, str]) -> tuple[int, str]:
        """Return the HTTP status and the XML of a reply."""
        answer = getattr(self, f"_{operation}", None)
        if answer is None:
            return _error(400, "InvalidAction", f"the stand-in does not know {operation}")
        content = answer(sent)
        if isinstance(content, tuple):
            return content
        result = "".join(_xml(name, value) for name, value in content.items())
        return 200, f"<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"

    def _DescribeStacks(self, sent: dict[str, str]) -> Any:
        if self.status is None or (self.status == "DELETE_COMPLETE" and sent["StackName"] != self.id):
            return _error(400, "ValidationError", f"Stack with id {sent['StackName']} does not exist")
        given = [{"ParameterKey": name, "ParameterValue": value} for name, value in self.parameters.items()]
        stack = {"StackName": STACK, "StackId": self.id, "StackStatus": self.status, "Parameters": given}
        return {"Stacks": [{**stack, "CreationTime": "2026-01-01T00:00:00Z"}]}

    def _DescribeStackEvents(self, sent: dict[str, str]) -> Any:
        start = int(sent.get("NextToken", 0))
        if not start and self.script:
            logical_id, status, reason = self.script.pop(0)
            if isinstance(logical_id, int):
                return _error(logical_id, status, reason)
            self.events.append((logical_id, status, reason))
            if self.events[-1][0] == _OF_STACK:
                self.status = self.events[-1][1]
        newest_first = [self._event(number) for number in reversed(range(len(self.events)))]
        more = {"NextToken": str(start + self.page)} if len(newest_first) > start + self.page else {}
        return {"StackEvents": newest_first[start : start + self.page], **more}

    def _event(self, number: int) -> dict[str, Any]:
        logical_id, status, reason = self.events[number]
        kind, physical_id = _PHYSICAL.get(logical_id, ("AWS::CloudFormation::Stack", self.id))
        return {
            "StackId": self.id,
            "EventId": f"event-{number}",
            "StackName": STACK,
            "LogicalResourceId": logical_id or STACK,
            "PhysicalResourceId": physical_id,
            "ResourceType": kind,
            "Timestamp": f"2026-01-01T00:00:{number:02}Z",
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
        }

    def _CreateChangeSet(self, sent: dict[str, str]) -> Any:
        creates = self.status in (None, "REVIEW_IN_PROGRESS", "DELETE_COMPLETE")
        if (sent["ChangeSetType"] == "CREATE") != creates:
            return _error(400, "ValidationError", f"Stack is in {self.status}: {sent['ChangeSetType']} is not possible")
        if self.status in (None, "DELETE_COMPLETE"):
            self.status = "REVIEW_IN_PROGRESS"
            self.events.append((_OF_STACK, self.status, "User Initiated"))
        made = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:changeSet/{sent['ChangeSetName']}/1"
        self.change_sets[made] = sent
        return {"Id": made, "StackId": self.id}

    def _DescribeChangeSet(self, sent: dict[str, str]) -> Any:
        made = self._change_set(sent)
        if made is None:
            return _error(404, "ChangeSetNotFound", f"ChangeSet [{sent['ChangeSetName']}] does not exist")
        known = {"ChangeSetName": made["ChangeSetName"], "StackId": self.id, "StackName": STACK}
        if self.polls > 0:
            self.polls -= 1
            return {**known, "Status": "CREATE_IN_PROGRESS"}
        if self.refusal or self.changes is None:
            return {**known, "Status": "FAILED", "StatusReason": self.refusal or NO_CHANGES}
        start = int(sent.get("NextToken", 0))
        more = {"NextToken": str(start + self.page)} if len(self.changes) > start + self.page else {}
        changes = [{"Type": "Resource", "ResourceChange": one} for one in self.changes[start : start + self.page]]
        after = {**self.parameters, **_parameters(made)}
        given = [{"ParameterKey": name, "ParameterValue": value} for name, value in after.items()]
        return {**known, "Status": "CREATE_COMPLETE", "Changes": changes, "Parameters": given, **more}

    def _DescribeEvents(self, _: dict[str, str]) -> Any:
        return {"OperationEvents": list(self.early_validation)}

    def _DeleteChangeSet(self, sent: dict[str, str]) -> Any:
        if self.being_made:
            return _error(400, "InvalidChangeSetStatus", "The change set is being made")
        if self._change_set(sent) is None and "StackName" in sent and self.status is None:
            return _error(400, "ValidationError", f"Stack [{sent['StackName']}] does not exist")
        self.change_sets = {key: made for key, made in self.change_sets.items() if made is not self._change_set(sent)}
        return {}

    def _change_set(self, sent: Mapping[str, str]) -> dict[str, Any] | None:
        """Return what a change set was made of; it is named by its ARN, or by its name and that of its stack."""
        name = sent["ChangeSetName"]
        by_name = (made for made in self.change_sets.values() if made.get("ChangeSetName") == name)
        return self.change_sets.get(name) or next(by_name, None)

    @property
    def being_made(self) -> bool:
        """DescribeChangeSet has not said yet that the change set is made."""
        return bool(self.change_sets) and self.polls > 0

    def _ListChangeSets(self, _: dict[str, str]) -> Any:
        return {"Summaries": [{"ChangeSetId": one, "StackId": self.id} for one in self.change_sets]}

    def _ExecuteChangeSet(self, sent: dict[str, str]) -> Any:
        self.parameters |= _parameters(self.change_sets.pop(sent["ChangeSetName"]))
        self.script = list(self.on_execute)
        return {}

    def _DeleteStack(self, _: dict[str, str]) -> Any:
        if self.status == "REVIEW_IN_PROGRESS":
            self.status = "DELETE_COMPLETE"
        else:
            self.script = list(self.on_delete)
        return {}

    def _DescribeStackResources(self, _: dict[str, str]) -> Any:
        there = [
            {
                "LogicalResourceId": name,
                "PhysicalResourceId": _PHYSICAL[name][1],
                "ResourceType": _PHYSICAL[name][0],
                "Timestamp": "2026-01-01T00:00:00Z",
                "ResourceStatus": "CREATE_COMPLETE",
            }
            for name in self.resources
        ]
        return {"StackResources": there}

    def _GetTemplate(self, _: dict[str, str]) -> Any:
        return {"TemplateBody": self.template}

    def _GetCallerIdentity(self, _: dict[str, str]) -> Any:
        return {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/somebody", "UserId": "1"}

    def _GetRole(self, sent: dict[str, str]) -> Any:
        return {"Role": {"RoleName": sent["RoleName"], "Arn": f"arn:aws:iam::{ACCOUNT}:role/ci/{sent['RoleName']}"}}

    def _DescribeVpcs(self, _: dict[str, str]) -> tuple[int, str]:
        return _ec2("DescribeVpcs", "vpcSet", ["<vpcId>vpc-1</vpcId>"] if self.networks else [])

    def _DescribeSubnets(self, _: dict[str, str]) -> tuple[int, str]:
        items = [f"<subnetId>subnet-{one}</subnetId><vpcId>vpc-1</vpcId>" for one in ("b", "a")]
        return _ec2("DescribeSubnets", "subnetSet", items)

    def _DescribeSecurityGroups(self, _: dict[str, str]) -> tuple[int, str]:
        return _ec2("DescribeSecurityGroups", "securityGroupInfo", ["<groupId>sg-1</groupId>"])

    def json_answer(self, operation: str, body: Any) -> Any:
        """Return what a service answers that speaks JSON."""
        match operation:
            case "DescribeRepositories":
                return {"repositories": [{"repositoryUri": f"{REGISTRY}/{REPOSITORY}"}]}
            case "/v1/describejobdefinitions":
                return {"jobDefinitions": [_DEFINITION]}
            case "/v1/listjobs":
                number = self.jobs if body["jobStatus"] == "RUNNING" else 0
                return {"jobSummaryList": [{"jobId": str(one), "jobName": "a"} for one in range(number)]}
            case _:
                return None


_DEFINITION = {
    "jobDefinitionName": "kedro_run",
    "jobDefinitionArn": _PHYSICAL["JobDefinition"][1],
    "revision": 3,
    "status": "ACTIVE",
    "type": "container",
    "platformCapabilities": ["FARGATE"],
    "containerProperties": {
        "image": "busybox",
        "jobRoleArn": f"arn:aws:iam::{ACCOUNT}:role/batchJobRole",
        "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/batchExecutionRole",
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/aws/batch/a_project"}},
        "networkConfiguration": {"assignPublicIp": "ENABLED"},
    },
}


@contextmanager
def cloudformation(**given: Any) -> Iterator[CloudFormation]:
    """Run a stand-in with what is given of its attributes."""
    it = CloudFormation(**given)
    with serving(it.server):
        yield it


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, service: CloudFormation) -> None:
        self.service = service
        self.one_at_a_time = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Connection)


class _Connection(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        target = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        form = {} if target or self.path.startswith("/v1/") else dict(parse_qsl(body, keep_blank_values=True))
        operation = form.get("Action") or target or urlsplit(self.path).path
        service = self.server.service
        with self.server.one_at_a_time:
            service.calls.append((operation, form))
            hangs, service.hangs = service.hangs == operation, "" if service.hangs == operation else service.hangs
            if hangs:
                service.answer(operation, form)
                self.close_connection = True
            elif service.faults.get(operation):
                fault = service.faults[operation].pop(0)
                self.close_connection = fault is None
                if fault:
                    self._send(*_error(*fault), "text/xml")
            elif form:
                self._send(*service.answer(operation, form), "text/xml")
            else:
                answer = service.json_answer(operation, json.loads(body or "{}"))
                headers = {} if answer is not None else {"x-amzn-ErrorType": "UnknownOperationException"}
                self._send(200 if answer is not None else 400, json.dumps(answer or {}), "application/json", headers)
        if hangs:
            service.hanging.set()
            self.rfile.read(1)  # until the caller gives up

    do_GET = do_POST  # noqa: N815  names that http.server asks for

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _send(self, status: int, content: str, kind: str, headers: Mapping[str, str] | None = None) -> None:
        payload = content.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(payload)), **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("x-amzn-RequestId", "1")
        self.end_headers()
        self.wfile.write(payload)


def _parameters(sent: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of a form of CreateChangeSet that have a new value."""
    keys = {name.removesuffix("Key"): value for name, value in sent.items() if name.endswith(".ParameterKey")}
    return {value: sent[f"{name}Value"] for name, value in keys.items() if f"{name}Value" in sent}


def _error(status: int, code: str, message: str) -> tuple[int, str]:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return status, f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"


def _ec2(operation: str, name: str, items: Sequence[str]) -> tuple[int, str]:
    listed = "".join(f"<item>{item}</item>" for item in items)
    return 200, f"<{operation}Response><requestId>1</requestId><{name}>{listed}</{name}></{operation}Response>"


def _xml(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return f"<{name}>{''.join(_xml(key, one) for key, one in value.items())}</{name}>"
    if isinstance(value, list):
        return f"<{name}>{''.join(_xml('member', one) for one in value)}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"
