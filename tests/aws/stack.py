"""The infrastructure of these tests: made by ``init`` and ``infra deploy``, removed by ``infra destroy``, and what that
keeps by hand.

    KEDRO_BATCH_TEST_AWS=123456789012/us-east-1 python -m tests.aws.stack

removes what killed tests have left. All names are ``kedro_batch_test`` or ``kedro-batch-test``, or begin so, with ``_``
or ``-`` behind it: nothing else in the account is touched.
"""

import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.aws.account import AwsAccount, open_account, until
from tests.aws.jobs import STACK_VCPUS
from tests.support import forked
from tests.support.command_line import Ended, kedro_batch
from tests.support.projects import write_project

MAIN, AGAIN = "kedro_batch_test", "kedro_batch_test_again"
PREFIX = "a_prefix"
"""The folder of the data in the bucket."""
PARAMETERS = (f"MaxvCpus={STACK_VCPUS}",)
"""Parameters of the template."""
_RENAMED = {"a_project": "{}", "batchJobRole": "{}_job", "batchExecutionRole": "{}_execution", "kedro_run": "{}_run"}
"""What ``init`` calls what has a name, and what it is called here (``scaffold.choices``)."""
_SETTINGS = "conf/aws_batch/aws_batch.yml"
_LIVE = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
_ENDED_WITHIN_S = 900
_GONE = ("RepositoryNotFoundException", "ResourceNotFoundException")
_DEPLOYED_WITHIN_S = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack that is deployed.

    Attributes:
        name: How its names begin.
        project: The folder of the project that it is for.
        settings: What ``infra deploy`` wrote into ``aws_batch.yml``.
    """

    name: str
    project: Path
    settings: Mapping[str, Any]

    @property
    def queue(self) -> str:
        return str(self.settings["job_queue"])

    @property
    def declared(self) -> Mapping[str, Any]:
        """The job definition, as ``infra deploy`` declares it."""
        found: Mapping[str, Any] = self.settings["job_definition"]
        return found


def stack_name(name: str) -> str:
    return name.replace("_", "-")


def bucket(name: str, account: AwsAccount) -> str:
    return f"{stack_name(name)}-{account.number}-{account.region}"


def write(name: str, account: AwsAccount, folder: Path) -> Path:
    """Write a project with settings and infrastructure, whose names on AWS begin with a name."""
    project = write_project(folder / name, conf={"base/aws_batch.yml": None})
    words = ("--bucket", bucket(name, account), "--create-bucket", "--prefix", PREFIX, "--create-network")
    written = forked.kedro_batch("init", *words, "infrastructure.yml", _SETTINGS, cwd=project)
    assert written.code == 0, written.err
    for file in (project / "infrastructure.yml", project / _SETTINGS):
        text = file.read_text()
        for old, new in _RENAMED.items():
            text = re.sub(rf"(?<![\w-]){old}(?=\b|_)", new.format(name), text)
        file.write_text(text)
    return project


def deploy(name: str, account: AwsAccount, project: Path) -> Stack:
    """Deploy the stack, with our own command."""
    parameters = [word for one in PARAMETERS for word in ("--parameter", one)]
    made = infra(account, project, "deploy", "--yes", "--stack", stack_name(name), *parameters)
    assert made.code == 0, made.err
    settings = yaml.safe_load((project / _SETTINGS).read_text())
    return Stack(name=name, project=project, settings=settings)


def infra(account: AwsAccount, project: Path, *words: str) -> Ended:
    """Run ``kedro-batch infra WORDS`` in the account."""
    return kedro_batch("infra", *words, cwd=project, env=account.environment, timeout=_DEPLOYED_WITHIN_S)


@contextmanager
def deployed(name: str, account: AwsAccount, folder: Path) -> Iterator[Stack]:
    """Deploy a stack for as long as the block takes, and remove it with everything in it."""
    project = write(name, account, folder)
    try:
        yield deploy(name, account, project)
    finally:
        remove(name, account, project)


def refuse_if_deployed(account: AwsAccount) -> None:
    """Refuse to begin where a stack of these tests is: it is of another session, or was left by one.

    Raises:
        ValueError: There is one. All sessions use the same names, so this one would remove the other's.
    """
    for name in (MAIN, AGAIN):
        try:
            (found,) = account.cloudformation.describe_stacks(StackName=stack_name(name))["Stacks"]
        except account.cloudformation.exceptions.ClientError as error:
            if "does not exist" not in str(error):
                raise
        else:
            raise ValueError(
                f"{account.number}/{account.region} has the stack {stack_name(name)} ({found['StackStatus']}): either "
                "these tests run there now, then wait for their end, or they were killed, then remove what they left: "
                "python -m tests.aws.stack"
            )


def remove(name: str, account: AwsAccount, project: Path) -> None:
    """Remove a stack and all that it keeps. What is not there is removed already.

    Each part is removed, whatever becomes of the others. What failed is raised at the end.
    """
    with ExitStack() as parts:  # the last one is the first to be done
        parts.callback(_deregister_definitions, account, f"{name}_")
        parts.callback(_ignoring_what_is_gone, account.logs, "delete_log_group", logGroupName=f"/aws/batch/{name}")
        parts.callback(_ignoring_what_is_gone, account.ecr, "delete_repository", repositoryName=name, force=True)
        parts.callback(_empty_bucket, account, bucket(name, account))
        parts.callback(_destroy, name, account, project)
        parts.callback(end_jobs, account, f"{name}_queue")


def _destroy(name: str, account: AwsAccount, project: Path) -> None:
    destroyed = infra(account, project, "destroy", "--yes", "--stack", stack_name(name))
    assert destroyed.code == 0, f"{stack_name(name)} is left: {destroyed.err}"


def _deregister_definitions(account: AwsAccount, prefix: str) -> None:
    for page in account.batch.get_paginator("describe_job_definitions").paginate(status="ACTIVE"):
        for one in page["jobDefinitions"]:
            if one["jobDefinitionName"].startswith(prefix):
                account.batch.deregister_job_definition(jobDefinition=one["jobDefinitionArn"])


def end_jobs(account: AwsAccount, queue: str) -> None:
    """Terminate the jobs in a queue, and wait until all have ended: ``infra destroy`` refuses before."""
    if not account.batch.describe_job_queues(jobQueues=[queue])["jobQueues"]:
        return
    for one in _live(account, queue):
        account.batch.terminate_job(jobId=one, reason="the tests have ended")
    until(lambda: _live(account, queue), lambda left: not left, within_s=_ENDED_WITHIN_S, every_s=5)


def _live(account: AwsAccount, queue: str) -> list[str]:
    replies = [account.batch.list_jobs(jobQueue=queue, jobStatus=state) for state in _LIVE]
    return [one["jobId"] for reply in replies for one in reply["jobSummaryList"]]


def _empty_bucket(account: AwsAccount, name: str) -> None:
    """Delete a bucket with its objects; it keeps no versions of them."""
    try:
        for page in account.s3.get_paginator("list_objects_v2").paginate(Bucket=name):
            for one in page.get("Contents", ()):
                account.s3.delete_object(Bucket=name, Key=one["Key"])
    except account.s3.exceptions.NoSuchBucket:
        return
    account.s3.delete_bucket(Bucket=name)


def _ignoring_what_is_gone(client: Any, operation: str, **arguments: Any) -> None:
    try:
        getattr(client, operation)(**arguments)
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in _GONE:
            raise


def main() -> None:
    """Remove what killed tests have left."""
    try:
        account = open_account()
    except ValueError as error:
        sys.exit(str(error))
    # If one cannot be removed, the other one is.
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stacks:
        for name in (MAIN, AGAIN):
            stacks.callback(_remove_and_say, name, account, Path(folder))


def _remove_and_say(name: str, account: AwsAccount, folder: Path) -> None:
    remove(name, account, write(name, account, folder))
    sys.stdout.write(f"{stack_name(name)}: nothing of it is left in {account.number}/{account.region}\n")


if __name__ == "__main__":
    main()
