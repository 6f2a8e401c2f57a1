"""The account that checks are made of: clients of boto3 that ask once or twice, and never for long.

Nothing here changes anything in the account. A service that has not answered is not asked again.
"""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import cached_property
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from botocore.config import Config

from kedro_batch.cloud.error_codes import is_from_aws
from kedro_batch.cloud.identity import caller_identity
from kedro_batch.cloud.mfa import AskCode
from kedro_batch.cloud.replies import Identity
from kedro_batch.cloud.session import SERVICE_NAMES, call_once, make_client, open_session
from kedro_batch.cloud.targets import Targets
from kedro_batch.errors import Fault, ServiceError

_T = TypeVar("_T")

PATIENCE_S = 30.0
"""How long a service is waited for, all its calls together."""
_CONNECT_S, _READ_S, _ATTEMPTS = 4, 9, 2
"""Together less than PATIENCE_S, so that the message says what did not work."""
_SILENT = (Fault.UNREACHABLE, Fault.AMBIGUOUS)


class Account:
    """An AWS account as boto3 finds it in its usual places."""

    def __init__(
        self, *, region: str | None = None, patience_s: float = PATIENCE_S, ask: AskCode | None = None
    ) -> None:
        """Ask this account.

        Args:
            region: That of the plan, for where the shell names none.
            patience_s: How long each service is waited for.
            ask: Asks for the MFA code of a role that wants one; None if nobody can be asked.
        """
        self._patience_s = patience_s
        self._pinned = region
        self._ask = ask
        self._clients: dict[tuple[str, str | None], Any] = {}
        self._left: dict[str, float] = {}
        self._silent: dict[str, ServiceError] = {}
        self.clock_ahead_s: float | None = None
        """By how much this machine's clock is ahead of that of AWS; None before the first reply."""

    @cached_property
    def region(self) -> str | None:
        """The region that is asked; None if there is none.

        Raises:
            ServiceError: The profile is unknown, or the configuration cannot be read.
        """
        return self._session.region_name or None

    @cached_property
    def identity(self) -> Identity:
        """Whose credentials these are.

        Raises:
            ServiceError: AWS does not take them, or did not answer.
        """
        return self.ask("sts", caller_identity)

    def regions(self, service: str) -> list[str]:
        """Return the regions where a service is, as far as this boto3 knows them; nothing is asked."""
        partitions = self._session.get_available_partitions()
        return [one for partition in partitions for one in self._session.get_available_regions(service, partition)]

    def call(self, service: str, method: str, *, region: str | None = None, **arguments: Any) -> Any:
        """Make one call of a service, and return the reply as it is.

        Args:
            service: As boto3 names it, such as ``iam``.
            method: The operation as boto3 names it, such as ``get_role``.
            region: Where to ask, if that is not the account's region.
            arguments: Those of the operation.

        Raises:
            ServiceError: As for ``ask``.
        """

        def call(client: Any) -> Any:
            return call_once(client, service, method, arguments)

        return self.ask(service, call, region=region)

    def ask(self, service: str, call: Callable[[Any], _T], *, region: str | None = None) -> _T:
        """Call a service with its client, and wait for the reply, but not for long.

        Args:
            service: As boto3 names it, such as ``batch``.
            call: Gets the client; it raises ServiceError, as ``aws_errors.calling`` does.
            region: Where to ask, if that is not the account's region.

        Raises:
            ServiceError: It was refused, or was not answered, now or before.
        """
        region = None if region == self.region else region
        where = service if region is None else f"{service} in {region}"
        if where in self._silent:
            raise self._silent[where]
        answers: SimpleQueue[Any] = SimpleQueue()
        began = time.monotonic()
        # In a thread that ends with the program: a reply that trickles in keeps a call of boto3 busy for hours.
        threading.Thread(target=self._answer, args=(answers, service, region, call), daemon=True).start()
        left = self._left.get(where, self._patience_s)
        try:
            value, error = answers.get(timeout=max(0.0, left))
        except Empty:
            named = SERVICE_NAMES.get(service, service)
            message = f"{named} has not answered within {self._patience_s:g} s"
            value, error = None, ServiceError(message, fault=Fault.UNREACHABLE)
        self._left[where] = left - (time.monotonic() - began)
        if isinstance(error, ServiceError) and error.fault in _SILENT:
            self._silent[where] = error
        if error:
            raise error
        answer: _T = value
        return answer

    @property
    def known_identity(self) -> Identity | None:
        """The same, if it was asked for already, with success."""
        known: Identity | None = self.__dict__.get("identity")
        return known

    def ask_targets(self, call: Callable[[Targets], _T], /) -> _T:
        """Ask AWS Batch for targets of jobs; as ``ask``."""
        return self.ask("batch", lambda client: call(Targets(client)))

    def _answer(
        self, answers: "SimpleQueue[Any]", service: str, region: str | None, call: Callable[[Any], Any]
    ) -> None:
        try:
            answers.put((call(self._client(service, region)), None))
        except BaseException as error:  # noqa: BLE001  it is raised where the answer is waited for
            answers.put((None, error))

    def _client(self, service: str, region: str | None) -> Any:
        if (service, region) not in self._clients:
            config = Config(
                connect_timeout=_CONNECT_S,
                read_timeout=_READ_S,
                retries={"total_max_attempts": _ATTEMPTS},
                user_agent_extra="kedro-batch",
            )
            client = make_client(self._session, service, region_name=region, config=config)
            client.meta.events.register("response-received", self._compare_clocks)
            self._clients[service, region] = client
        return self._clients[service, region]

    def _compare_clocks(
        self, response_dict: Mapping[str, Any] | None, parsed_response: Mapping[str, Any] | None, **_: Any
    ) -> None:
        date = (response_dict or {}).get("headers", {}).get("date")
        if date and is_from_aws(parsed_response or {}):  # a proxy on the way has a clock of its own
            with suppress(ValueError):
                self.clock_ahead_s = time.time() - parsedate_to_datetime(date).timestamp()

    @cached_property
    def _session(self) -> Any:
        return open_session(self._pinned, self._ask)
