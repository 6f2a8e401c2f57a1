"""That the tests for AWS are right, as far as that can be seen without AWS: nothing here needs an account."""

import ast
import json
import re
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from tests.aws import cost
from tests.aws.account import SERVICES, VARIABLE, AwsAccount, open_account, why_skipped
from tests.aws.definitions import ROWS, requests
from tests.aws.jobs import JOBS, RETRIED, STACK_VCPUS, request
from tests.aws.stack import AGAIN, MAIN, bucket, remove, stack_name, write
from tests.support.command_line import run
from tests.support.forked import kedro_batch

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent
_CODE = (_ROOT / "translator" / "kedro_batch", _ROOT)
_DECLARED = {
    "job_role": "arn:aws:iam::123456789012:role/kedro_batch_test_job",
    "execution_role": "arn:aws:iam::123456789012:role/kedro_batch_test_execution",
    "log_group": "/aws/batch/kedro_batch_test",
}
_INLINE_POLICIES = ("data", "start")
"""They have their names in a role."""
_SOURCES = {file.name: ast.parse(file.read_text()) for file in sorted(_HERE.glob("*.py"))}


@pytest.fixture(scope="module")
def clients():
    """Clients that send nothing: they know the operations and their arguments."""
    # Made up: nothing is sent.
    session: Any = boto3.Session(region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106
    return {service: session.client(service) for service in SERVICES}


def operation_model(clients, service, method):
    client = clients[service]
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])


def complaints(clients, service, method, arguments):
    return ParamValidator().validate(arguments, operation_model(clients, service, method).input_shape).generate_report()


def pytest_on_aws(env=None):
    """Run pytest as somebody with an account would, and return how it ended."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "aws", "-n", "0", "tests/aws"]
    return run(command, cwd=_ROOT, env={"PYTEST_ADDOPTS": "", "PYTEST_XDIST_WORKER": "", **(env or {})})


def test_without_an_account_every_test_is_skipped_and_says_why():
    ended = pytest_on_aws()
    assert ended.code == 0, ended.text
    assert re.search(r"^\d+ skipped", ended.text.splitlines()[-1]), ended.text
    assert f"no account: set {VARIABLE}=ACCOUNT/REGION" in ended.text


def test_where_an_account_is_allowed_the_suite_still_does_not_use_it(request):
    others = [tree for file, tree in _SOURCES.items() if file.startswith("test_") and file != Path(__file__).name]
    marks = [ast.unparse(node) for tree in others for node in tree.body if isinstance(node, ast.Assign)]
    assert marks.count("pytestmark = pytest.mark.aws") == len(others) > 0
    assert not [tree for tree in others if "mark.long" in ast.unparse(tree)], "`pytest -m long` is in the gate"
    (expression,) = re.findall(r'"-m", "(.*?)"', (_ROOT / "pyproject.toml").read_text())
    assert expression == "not long and not aws"
    assert request.node.get_closest_marker("aws") is None, "these tests are in the suite"


@pytest.mark.xdist_group("aws")
def test_another_account_than_the_allowed_one_is_not_touched(aws_account):
    ended = pytest_on_aws(env={**aws_account.environment, VARIABLE: "999999999999/us-east-1"})
    assert ended.code == 1, ended.text
    assert f"{VARIABLE} allows account 999999999999, and the credentials are of 123456789012" in ended.text
    assert "Traceback" not in ended.text + ended.err
    assert aws_account.calls == ["GetCallerIdentity"]


@pytest.mark.xdist_group("aws")
def test_where_a_stack_of_another_session_is_nothing_is_touched(aws_account):
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    cloudformation = aws_account.client("cloudformation")
    cloudformation.create_stack(StackName=stack_name(AGAIN), TemplateBody=json.dumps(template))
    ended = pytest_on_aws(env={**aws_account.environment, VARIABLE: "123456789012/us-east-1"})
    assert ended.code == 1, ended.text
    assert f"has the stack {stack_name(AGAIN)} (CREATE_COMPLETE)" in ended.text
    assert "python -m tests.aws.stack" in ended.text
    assert {*aws_account.calls} == {"GetCallerIdentity", "DescribeStacks"}


@pytest.mark.xdist_group("aws")
def test_what_cannot_be_removed_keeps_nothing_else(aws, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", aws.moto.url)  # the other server takes no DELETE
    account = AwsAccount("123456789012", "us-east-1")
    project = write(MAIN, account, tmp_path)
    aws.client("s3").create_bucket(Bucket=bucket(MAIN, account))
    aws.client("s3").put_object(Bucket=bucket(MAIN, account), Key="a", Body=b"")
    aws.client("ecr").create_repository(repositoryName=MAIN)
    aws.client("logs").create_log_group(logGroupName=f"/aws/batch/{MAIN}")
    account.batch.register_job_definition(**requests(MAIN, _DECLARED)["ec2_least"])
    aws.forbidden.add("/v1/describejobqueues")  # so it is not known whether jobs run
    with pytest.raises(ClientError, match="DescribeJobQueues"):
        remove(MAIN, account, project)
    assert aws.client("s3").list_buckets()["Buckets"] == []
    assert aws.client("ecr").describe_repositories()["repositories"] == []
    assert aws.client("logs").describe_log_groups()["logGroups"] == []
    assert account.batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"] == []


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({}, f"no account: set {VARIABLE}=ACCOUNT/REGION"),
        ({VARIABLE: ""}, f"no account: set {VARIABLE}=ACCOUNT/REGION"),
        ({VARIABLE: "123456789012/us-east-1", "PYTEST_XDIST_WORKER": "gw0"}, "add -n 0"),
        ({VARIABLE: "123456789012/us-east-1"}, None),
        ({VARIABLE: "anything"}, None),  # ``open_account`` refuses it
    ],
)
def test_no_test_asks_aws_without_consent_or_in_several_processes(variables, reason):
    why = why_skipped(variables)
    assert why is None if reason is None else reason in (why or "")


@pytest.mark.parametrize("given", ["", "123456789012", "123456789012/", "1234/us-east-1", "123456789012/us-east-1 "])
def test_a_consent_that_names_no_account_and_region_is_refused(given, monkeypatch):
    monkeypatch.setenv(VARIABLE, given)
    with pytest.raises(ValueError, match="set it to ACCOUNT/REGION"):
        open_account()


def test_the_cost_counts_every_job_and_is_said_with_its_sources():
    for name, job in JOBS.items():
        assert job.timeout_s >= 60, f"{name}: AWS Batch takes no shorter timeout, and none is paid for ever"
        assert cost.paid_seconds(job) >= job.attempts * job.timeout_s
    assert 0 < cost.most_dollars() < 1
    said = cost.statement()
    assert f"at most {cost.most_dollars():.2f} US dollars" in said
    assert "aws.amazon.com/fargate/pricing" in said
    assert f"{len(JOBS)} jobs" in said


def test_jobs_of_which_others_depend_are_submitted_before_them():
    before: set[str] = set()
    for name, job in JOBS.items():
        assert set(job.after) <= before, name
        before.add(name)


def test_all_jobs_that_are_submitted_at_once_can_start_since_a_queue_waits_for_its_first_job():
    assert all((job.resources.vcpus or 0) <= STACK_VCPUS for job in JOBS.values() if job.at_once)


@pytest.mark.parametrize("name", JOBS)
def test_every_job_is_a_valid_request(name, clients):
    arguments = request("KB-12345678", name, "kedro_batch_test_queue", "kedro_batch_test_stable:1", ["an-id"])
    assert complaints(clients, "batch", "submit_job", arguments) == ""
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", arguments["jobName"])


@pytest.mark.parametrize("row", ROWS)
def test_every_definition_is_a_valid_request(row, clients):
    assert complaints(clients, "batch", "register_job_definition", requests(MAIN, _DECLARED)[row]) == ""


def test_failures_are_retried_as_a_plan_retries_them(tmp_path):
    plan = "schema: kedro-batch/plan/v1\njobs: [{name: a, command: ['true'], job_queue: q, job_definition: d, "
    (tmp_path / "plan.yaml").write_text(f"{plan}attempts: 2, retry_on: [spot, start_failure, image_pull]}}]\n")
    ended = kedro_batch("apply", "plan.yaml", "--dry-run", cwd=tmp_path)
    sent = [json.loads(line) for line in ended.text.splitlines()]
    assert [one["retryStrategy"]["evaluateOnExit"] for one in sent] == [list(RETRIED)], ended.err


def calls():
    """Yield every call of AWS in these modules: where it is, the service, the operation and its arguments."""
    for file, tree in _SOURCES.items():
        for node in ast.walk(tree):
            match node:
                case ast.Call(args=[*_, ast.Attribute(attr=service), ast.Constant(value=str(method))]) if (
                    service in SERVICES
                ):
                    pass
                case ast.Call(
                    func=ast.Attribute(value=ast.Attribute(attr=service) | ast.Name(id=service), attr=method)
                ):
                    pass
                case ast.Call(
                    func=ast.Attribute(
                        value=ast.Call(
                            func=ast.Attribute(value=ast.Attribute(attr=service), attr="get_paginator"),
                            args=[ast.Constant(value=str(method))],
                        ),
                        attr="paginate",
                    )
                ):
                    pass
                case _:
                    continue
            if service in SERVICES and method not in ("get_paginator", "get_waiter"):
                yield f"{file}:{node.lineno}", service, method, [one.arg for one in node.keywords]


def test_every_call_names_an_operation_and_its_arguments(clients):
    wrong = []
    found = list(calls())
    for where, service, method, given in found:
        if method not in clients[service].meta.method_to_api_mapping:
            wrong.append(f"{where}: {service} has no {method}")
            continue
        shape = operation_model(clients, service, method).input_shape
        known, required = (set(shape.members), set(shape.required_members)) if shape else (set(), set())
        names = {name for name in given if name}  # None stands for **arguments, which are tested above
        wrong += [f"{where}: {method} does not take {name}" for name in sorted(names - known)]
        wrong += [f"{where}: {method} needs {name}" for name in sorted(required - names) if None not in given]
    assert not wrong
    assert {service for _, service, _, _ in found} == set(SERVICES)
    assert clients["ecr"].waiter_names.count("lifecycle_policy_preview_complete") == 1


def test_what_is_said_of_the_code_can_be_found_there():
    texts = []
    for tree in _SOURCES.values():
        for node in ast.walk(tree):
            match node:
                case ast.keyword(arg="code", value=ast.Constant(value=str(text))):
                    texts.append(text)
                case _:
                    pass
    assert len(texts) > 15
    for text in texts:
        path, _, word = text.partition(" ")
        (file,) = (base / path for base in _CODE if (base / path).is_file())
        assert word in file.read_text(), text


class _NoAccount(AwsAccount):
    """Has a number and a region, and no clients."""

    def __init__(self):
        self.number, self.region = "123456789012", "us-east-1"


@pytest.mark.parametrize("name", [MAIN, AGAIN])
def test_everything_that_a_stack_makes_has_a_name_of_these_tests(name, tmp_path):
    text = (write(name, _NoAccount(), tmp_path) / "infrastructure.yml").read_text()
    names = re.findall(r"^ +(?:\w+Name|ManagedPolicyName): \"?([^\"\s]+)\"?$", text, re.MULTILINE)
    names = [one for one in names if one not in _INLINE_POLICIES]
    assert len(names) == 9
    own = (f"{name}_", f"{stack_name(name)}-", f"/aws/batch/{name}")
    assert not [one for one in names if one != name and not one.startswith(own)]
    assert not re.search(r"a_project|batchJobRole|batchExecutionRole|\bkedro_run\b", text)
