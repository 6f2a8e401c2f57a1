"""The account that checks are made of: clients of boto3 that ask once or twice, and never for long.

Nothing here changes anything in the account. A service that has not answered is not asked again.
"""

import threading
import time
from collections.abc import Callable
from functools import cached_property
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import boto3
from botocore.config import Config

from kedro_batch.cloud.aws_errors import calling
from kedro_batch.cloud.identity import Identity, caller_identity
from kedro_batch.cloud.targets import Targets
from kedro_batch.errors import Fault, ServiceError

_T = TypeVar("_T")

PATIENCE_S = 30.0
"""How long a service is waited for, all its calls together."""
_CONNECT_S, _READ_S, _ATTEMPTS = 4, 9, 2
"""Together less than PATIENCE_S, so that the message says what did not work."""
_SILENT = (Fault.UNREACHABLE, Fault.AMBIGUOUS)
_SERVICES = {"batch": "AWS Batch", "sts": "AWS STS", "ec2": "Amazon EC2"}


class Account:
    """An AWS account as boto3 finds it in its usual places."""

    def __init__(self, *, region: str | None = None) -> None:
        """Ask this account; ``region`` is that of the plan, for where the shell names none."""
        self._pinned = region
        self._clients: dict[str, Any] = {}
        self._left: dict[str, float] = {}
        self._silent: dict[str, ServiceError] = {}

    @cached_property
    def region(self) -> str | None:
        """The region that is asked; None if there is none.

        Raises:
            ServiceError: The profile is unknown.
        """
        region: str | None = self._session.region_name
        return region

    @cached_property
    def identity(self) -> Identity:
        """Whose credentials these are.

        Raises:
            ServiceError: AWS does not take them, or did not answer.
        """
        return self.ask("sts", caller_identity)

    def ask(self, service: str, call: Callable[[Any], _T]) -> _T:
        """Call a service with its client, and wait for the reply, but not for long.

        Args:
            service: As boto3 names it, such as ``batch``.
            call: Gets the client; it raises ServiceError, as ``aws_errors.calling`` does.

        Raises:
            ServiceError: It was refused, or was not answered, now or before.
        """
        if service in self._silent:
            raise self._silent[service]
        answers: SimpleQueue[Any] = SimpleQueue()
        began = time.monotonic()
        # In a thread that ends with the program: a reply that trickles in keeps a call of boto3 busy for hours.
        threading.Thread(target=self._answer, args=(answers, service, call), daemon=True).start()
        left = self._left.get(service, PATIENCE_S)
        try:
            value, error = answers.get(timeout=max(0.0, left))
        except Empty:
            named = _SERVICES.get(service, service)
            message = f"{named} has not answered within {PATIENCE_S:.0f} s"
            value, error = None, ServiceError(message, fault=Fault.UNREACHABLE)
        self._left[service] = left - (time.monotonic() - began)
        if isinstance(error, ServiceError) and error.fault in _SILENT:
            self._silent[service] = error
        if error:
            raise error
        answer: _T = value
        return answer

    def ask_targets(self, call: Callable[[Targets], _T], /) -> _T:
        """Ask AWS Batch for targets of jobs; as ``ask``."""
        return self.ask("batch", lambda client: call(Targets(client)))

    def _answer(self, answers: "SimpleQueue[Any]", service: str, call: Callable[[Any], Any]) -> None:
        try:
            answers.put((call(self._client(service)), None))
        except BaseException as error:  # noqa: BLE001  it is raised where the answer is waited for
            answers.put((None, error))

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            with calling("set up the client"):
                config = Config(
                    connect_timeout=_CONNECT_S,
                    read_timeout=_READ_S,
                    retries={"total_max_attempts": _ATTEMPTS},
                    user_agent_extra="kedro-batch",
                )
                self._clients[service] = self._session.client(service, config=config)
        return self._clients[service]

    @cached_property
    def _session(self) -> Any:
        with calling("set up the client"):
            session: Any = boto3.Session()
            if session.region_name is None and self._pinned:
                session = boto3.Session(region_name=self._pinned)
            return session
