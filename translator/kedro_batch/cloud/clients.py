"""Clients of boto3 for commands that change an account: infrastructure, images, uploads.

``cloud.account`` asks an account that may be out of order, and never for long. Here a call is repeated as boto3's
standard mode does, so only what may be done twice is called here. Jobs are submitted elsewhere.
"""

import threading
import time
from functools import cached_property
from typing import Any

from botocore.config import Config

from kedro_batch.cloud.aws_errors import no_region
from kedro_batch.cloud.identity import caller_identity
from kedro_batch.cloud.mfa import AskCode
from kedro_batch.cloud.replies import Identity
from kedro_batch.cloud.session import (
    Renewal,
    access_key_of,
    call_once,
    make_client,
    open_session,
    refuse_lasting,
    renewal_of,
)
from kedro_batch.errors import ServiceError

_CONNECT_S, _READ_S, _ATTEMPTS = 5, 12, 4
_PATIENCE_S = 30.0
"""How long a call and its repetitions are waited for where no reply comes, about: a try that would end later than that
is not begun."""


class Clients:
    """The services of the account and region that the shell gives. Each call raises ``ServiceError`` if it fails."""

    def __init__(self, *, region: str | None = None, ask: AskCode | None = None) -> None:
        """Open none yet.

        Args:
            region: That of the settings, for where the shell names none.
            ask: Asks for the MFA code of a role that wants one; None if nobody can be asked.
        """
        self._ask = ask
        self._pinned = region
        self._refused = set[str]()
        self._clients: dict[str, Any] = {}
        self._began = threading.local()  # when the call of each thread began

    @cached_property
    def region(self) -> str:
        """The region that is called."""
        region: str | None = self._session.region_name
        if not region:
            raise no_region("AWS")
        return region

    @cached_property
    def identity(self) -> Identity:
        """Whose credentials these are."""
        return caller_identity(self.client("sts"))

    def call(self, service: str, method: str, **arguments: Any) -> Any:
        """Make one call of a service, and return the reply as it is.

        Args:
            service: As boto3 names it, such as ``cloudformation``.
            method: The operation as boto3 names it, such as ``describe_stacks``.
            arguments: Those of the operation.
        """
        return call_once(self.client(service), service, method, arguments)

    def client(self, service: str) -> Any:
        """Return the client of a service, for what ``call`` does not do, such as uploads; use ``calling`` around it."""
        if service not in self._clients:
            region = self.region
            config = Config(
                connect_timeout=_CONNECT_S,
                read_timeout=_READ_S,
                retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
                user_agent_extra="kedro-batch",
            )
            client = make_client(self._session, service, region_name=region, config=config)
            client.meta.events.register("before-call", self._begin)
            client.meta.events.register_first("needs-retry", self._give_up)
            self._clients[service] = client
        return self._clients[service]

    def _begin(self, **_: Any) -> None:
        """Called by botocore before a call."""
        self._began.at = time.monotonic()

    def _give_up(self, caught_exception: Exception | None, **_: Any) -> None:
        """Called by botocore before it judges whether a call is repeated: for silence, not for ever."""
        if caught_exception and time.monotonic() - self._began.at > _PATIENCE_S - _CONNECT_S - _READ_S:
            raise caught_exception

    def renew(self, error: ServiceError) -> None:
        """Look for the credentials again with the next call: the present ones have expired.

        Args:
            error: What has failed for them.

        Raises:
            ServiceError: Nobody can renew them.
        """
        refuse_lasting(self._session, error, ", and repeat the command: it continues from there")
        if renewal_of(self._session) is Renewal.BY_CODE and not error.of_clock:
            self._refused.add(access_key_of(self._session))
        self._clients.clear()
        self.__dict__.pop("_session", None)

    @cached_property
    def _session(self) -> Any:
        return open_session(self._pinned, self._ask, refused=self._refused)
