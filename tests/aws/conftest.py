"""One stack and one set of jobs for all tests of a session, and what is printed about them."""

import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kedro_batch.plan.register_definition import register_request
from tests.aws.account import AwsAccount, open_account, until, why_skipped
from tests.aws.cost import statement
from tests.aws.jobs import JOBS, busybox, request
from tests.aws.stack import MAIN, Stack, deployed, refuse_if_deployed

ENDED = ("SUCCEEDED", "FAILED")
_ENDED_WITHIN_S = 900.0
_POLL_S = 2.0

Say = Callable[[str], None]
Seen = Callable[..., None]


class Jobs:
    """The jobs of the table, as they are on AWS Batch: each is submitted once."""

    def __init__(self, account: AwsAccount, stack: Stack) -> None:
        self.account, self.stack = account, stack
        self.run = f"KB-{uuid.uuid4().hex[:8]}"
        self.refused: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._definitions: dict[str, str] = {}

    def id_of(self, name: str) -> str:
        if name in self.refused:
            pytest.fail(f"AWS Batch refused {name}: {self.refused[name]}")
        return self._ids[name]

    def submit(self, name: str, *parents: str) -> str:
        """Submit a job below those of the table, and further ids; return its id. ``cost`` counts each job once."""
        assert name not in self._ids, name
        above = [*(self.id_of(one) for one in JOBS[name].after), *parents]
        arguments = request(self.run, name, self.stack.queue, self.definition(JOBS[name].image_tag), above)
        self._ids[name] = self.account.batch.submit_job(**arguments)["jobId"]
        return self._ids[name]

    def definition(self, tag: str) -> str:
        """Return the ARN of a definition of busybox with this tag, which is registered when it is first needed."""
        if tag not in self._definitions:
            name = f"{self.stack.name}_{tag.replace('.', '_')}"
            arguments = register_request(name, busybox(tag, self.stack.declared), tags=True)
            self._definitions[tag] = self.account.batch.register_job_definition(**arguments)["jobDefinitionArn"]
        return self._definitions[tag]

    def described(self, name: str) -> dict[str, Any]:
        """Describe a job now."""
        (found,) = self.account.described(self.id_of(name))
        return found

    def wait(self, name: str, *states: str) -> tuple[float, dict[str, Any]]:
        """Wait until a job is in a state; return after how many seconds it was, and its description."""
        return until(
            lambda: self.described(name), lambda one: one["status"] in states, within_s=_ENDED_WITHIN_S, every_s=_POLL_S
        )

    def ended(self, name: str) -> dict[str, Any]:
        """Wait until a job has ended, and describe it."""
        return self.wait(name, *ENDED)[1]

    def log(self, stream: str) -> list[str]:
        """Return the lines of a stream of the log, once it has some."""
        logs, group = self.account.logs, self.stack.declared["log_group"]

        def lines() -> list[str]:
            try:
                reply = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)
            except logs.exceptions.ResourceNotFoundException:
                return []
            return [one["message"] for one in reply["events"]]

        return until(lines, bool, within_s=120, every_s=_POLL_S)[1]


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> Say:
    """Prints a text at once, whatever pytest captures."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    terminal = pytestconfig.pluginmanager.getplugin("terminalreporter")

    def print_now(text: str) -> None:
        assert terminal is not None
        assert capture is not None
        with capture.global_and_fixture_disabled():
            terminal.ensure_newline()
            terminal.write_line(text)

    return print_now


@pytest.fixture
def seen(say: Say) -> Seen:
    """Prints what was seen on AWS beside the place in the code that assumes something about it.

    A place is a path, in the package or the templates, and a word in it: ``test_offline`` looks whether it is there.
    """

    def print_both(what: str, *, code: str) -> None:
        say(f"    seen: {what}\n    code: {code}")

    return print_both


@pytest.fixture(scope="session")
def account(say: Say) -> AwsAccount:
    """The account, once it is certain that it is the allowed one, and that no other session is in it.

    The cost is said before anything is made.
    """
    if reason := why_skipped(os.environ):
        pytest.skip(reason)
    try:
        it = open_account()
        refuse_if_deployed(it)
    except ValueError as error:
        pytest.exit(str(error), returncode=1)
    say(statement())
    return it


@pytest.fixture(scope="session")
def stack(account: AwsAccount, say: Say, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    say(f"Deploying {MAIN} into {account.number}/{account.region} ...")
    with deployed(MAIN, account, tmp_path_factory.mktemp("stack")) as it:
        yield it
        say(f"Removing {MAIN} ...")


@pytest.fixture(scope="session")
def jobs(account: AwsAccount, stack: Stack) -> Jobs:
    """All jobs that need nothing else to have happened: they are submitted together, since each takes a minute."""
    it = Jobs(account, stack)
    for name, one in JOBS.items():
        if one.at_once:
            try:
                it.submit(name)
            except account.batch.exceptions.ClientException as error:
                it.refused[name] = str(error)
    return it
