"""The session with AWS Batch: its clients, and their credentials, which are renewed while a run goes on.

SubmitJob has no idempotency token, so the client that submits makes no retries of its own: a second call after a lost
reply would be a second job. So it is with RegisterJobDefinition. Everything else is retried as boto3 does by default.
"""

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.config import Config

from kedro_batch.cloud.aws_errors import SET_UP, no_region
from kedro_batch.cloud.identity import caller_identity
from kedro_batch.cloud.mfa import AskCode, may_pass
from kedro_batch.cloud.replies import Identity
from kedro_batch.cloud.session import (
    Renewal,
    access_key_of,
    make_client,
    open_session,
    refuse_lasting,
    renewal_of,
)
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.submitter.service.api import Check
from kedro_batch.submitter.service.call_pool import LANES, Lane
from kedro_batch.submitter.service.cloudwatch_logs import CloudWatchLogs
from kedro_batch.submitter.service.limits import CONNECT_S, LOG_S, READ_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """The clients of one session.

    Attributes:
        submitting: Makes no retries of its own.
        asking: For everything else.
        logs: Of CloudWatch Logs; made when they are needed.
    """

    submitting: Any
    asking: Any
    logs: CloudWatchLogs


class AwsSession:
    """A session in the account that boto3 finds in its usual places; its clients may be used in threads."""

    def __init__(
        self,
        region: str | None = None,
        account: str | None = None,
        *,
        new_run: bool = True,
        ask: AskCode | None = None,
    ) -> None:
        """Make the clients.

        Args:
            region: The region that the plan is for; None for the one that boto3 finds in its usual places.
            account: The account that the plan is for; None for any.
            new_run: No run is bound to this plan yet, so that another one might do.
            ask: Asks for the MFA code of a role that wants one, here and in ``renew_here``; None if nobody can be.

        Raises:
            ServiceError: Region or profile are missing or unknown, or boto3 finds another region; or a role wants an
                MFA code that nobody types.
        """
        self._region = region
        self._account = account
        self._ask = ask
        self._before_sending = threading.local()  # what to check, in the thread of each call
        self._session = self._session_here()
        self._made: Clients | None = None
        self._making = threading.Lock()
        with _later():  # what credentials come from may fail now: the first call says so, and can wait
            self._use(self._session)
        here = self._session.region_name
        if region not in (None, here):
            otherwise = f"; or, if the plan is for {here}, change `region` in aws_batch.yml and compile again"
            raise ServiceError(
                f"the plan is for region {region}, and yours is {here}: nothing was sent. Set "
                f"AWS_DEFAULT_REGION={region}, or choose another profile with AWS_PROFILE{otherwise if new_run else ''}"
            )

    def _session_here(self, refused: Collection[str] = ()) -> Any:
        """Return a session with what boto3 finds now in its usual places, but without keys that were refused."""
        session = open_session(self._region, self._ask, refused=refused)
        if not session.region_name:
            raise no_region(SET_UP)
        return session

    def _use(self, session: Any) -> None:
        self._made, self._session = self._made_with(session), session

    def _made_with(self, session: Any) -> Clients:
        no_retries = {"retries": {"total_max_attempts": 1}, "max_pool_connections": LANES[Lane.SUBMIT]}
        submitting = make_client(session, "batch", config=_config(**no_retries))
        submitting.meta.events.register("before-send.batch.SubmitJob", self._check)
        few = _config(read_timeout=LOG_S, retries={"total_max_attempts": 2})  # a log is looked at again anyway
        logs = CloudWatchLogs(lambda where: make_client(session, "logs", region_name=where, config=few))
        return Clients(submitting=submitting, asking=make_client(session, "batch", config=_config()), logs=logs)

    @property
    def clients(self) -> Clients:
        """The clients; they are made now if they could not be made before."""
        with self._making:
            if self._made is None:
                self._made = self._made_with(self._session)
            return self._made

    @property
    def region(self) -> str:
        """The region in use."""
        region: str = self._session.region_name
        return region

    def caller(self) -> Identity:
        """Ask AWS STS whose credentials are in use."""
        return _caller_of(self._session)

    def check_before_sending(self, check: Check) -> None:
        """Let the next SubmitJob of this thread check this, when its request is signed."""
        self._before_sending.check = check

    def _check(self, **_request: Any) -> None:
        """Called by botocore when a request is signed; what follows are only name resolution and connection."""
        self._before_sending.check()

    def renew(self) -> None:
        """Look for credentials again: somebody may have logged in. They are used only if they are of the same place.

        Raises:
            ServiceError: They are of another account or region than the plan, or AWS STS may not tell.
        """
        if renewal_of(self._session) is not Renewal.BY_CODE:
            self._use_if_of_plan(self._session_here())

    def renew_here(self, error: ServiceError) -> bool:
        """Renew credentials that only this process can renew; True if that is done. A clock that is wrong needs none.

        Raises:
            ServiceError: Nobody can renew them, or nobody types the MFA code that they need.
            Interrupted: A signal came while it was asked for.
        """
        if error.of_clock:
            return False
        refuse_lasting(self._session, error)
        if renewal_of(self._session) is not Renewal.BY_CODE or not self._is_refused():
            return False
        refused = access_key_of(self._session)
        try:
            session = self._session_here({refused})
        except BaseException as problem:
            if isinstance(problem, ServiceError) and may_pass(problem):
                return False
            self._ask = None  # nobody is asked again on the way out
            raise
        self._use_if_of_plan(session)
        return access_key_of(self._session) != refused

    def _is_refused(self) -> bool:
        """True if AWS STS does not take the credentials in use; a call may have failed that was sent with others."""
        try:
            _caller_of(self._session)
        except ServiceError as error:
            return error.fault is Fault.CREDENTIALS and not error.of_clock
        return False

    def _use_if_of_plan(self, session: Any) -> None:
        if self._region not in (None, session.region_name):
            raise ServiceError(
                f"the plan is for region {self._region}, and yours is {session.region_name} now: nothing more is "
                f"sent. Set AWS_DEFAULT_REGION={self._region}, or choose another profile with AWS_PROFILE"
            )
        if self._account:
            try:
                caller = _caller_of(session)
            except ServiceError as error:
                if error.passing:  # they are not valid yet, or nobody can tell now: this is asked again
                    return
                raise
            if caller.account != self._account:
                raise ServiceError(
                    f"the plan is for account {self._account}, and your new credentials are of account "
                    f"{caller.account} ({caller.arn}): nothing more is sent. Choose credentials of "
                    f"{self._account} with AWS_PROFILE"
                )
        self._use(session)


def _caller_of(session: Any) -> Identity:
    return caller_identity(make_client(session, "sts", config=_config()))


@contextmanager
def _later() -> Iterator[None]:
    """Leave what may pass to the first call."""
    try:
        yield
    except ServiceError as error:
        if not error.passing:
            raise


def _config(**more: Any) -> Config:
    usual = {"connect_timeout": CONNECT_S, "read_timeout": READ_S, "user_agent_extra": "kedro-batch"}
    return Config(**{**usual, **more})
