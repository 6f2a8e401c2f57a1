"""Events of a stack, and following it to the end of what CloudFormation is doing."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from kedro_batch.cloud.aws_errors import parsing
from kedro_batch.cloud.clients import Clients
from kedro_batch.cloud.infrastructure.stacks import IN_PROGRESS, SERVICE, Stack, describe_stack
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.text.escaping import one_line
from kedro_batch.text.wording import duration

_T = TypeVar("_T")

_FIRST_S, _LONGEST_S, _FACTOR = 0.1, 4.0, 1.5
"""Pauses between polls: short ones first, and none after an event, since events come in bursts."""
_PATIENCE_S = 15 * 60.0
"""How long trouble of the network or with credentials is waited out; the stack goes on without us meanwhile."""
_LONGEST_TROUBLE_S = 20.0
_POLLS_WITHOUT_EVENT = 6
"""So often a stack at rest is asked again while no event tells that its operation has ended."""
_STARTED = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a stack or to a resource in it.

    Attributes:
        id: Its own id.
        at: When.
        logical_id: The resource's name in the template; that of the stack for the stack itself.
        physical_id: The resource's name or ARN on AWS, if it has one yet.
        kind: The resource's type.
        status: Such as ``CREATE_COMPLETE``.
        reason: Why; mostly empty.
        of_stack: It is about the stack as a whole.
    """

    id: str
    at: datetime
    logical_id: str
    physical_id: str
    kind: str
    status: str
    reason: str
    of_stack: bool


def newest_event(clients: Clients, stack: Stack) -> str | None:
    """Return the id of a stack's newest event; None if it has none."""
    return next((event.id for event in _newest_first(clients, stack.id)), None)


def last_operation(clients: Clients, stack: Stack) -> tuple[Event, ...]:
    """Return the events of the last creation, update or deletion of a stack, the oldest first."""
    found: list[Event] = []
    for event in _newest_first(clients, stack.id):
        found.append(event)
        if event.of_stack and event.status in _STARTED:
            break
    return tuple(reversed(found))


def follow(
    clients: Clients,
    stack: Stack,
    *,
    since: str | None,
    on_event: Callable[[Event], None],
    on_trouble: Callable[[str], None],
) -> Stack:
    """Follow a stack until CloudFormation has ended its work, and return it as it is then.

    Args:
        clients: The account.
        stack: The stack.
        since: The id of the last event that is known already.
        on_event: Gets each event once, in the order of time.
        on_trouble: Gets a message when AWS cannot be asked for now, and when it answers again.

    Raises:
        ServiceError: AWS cannot be asked, and waiting does not help or has not helped.
    """
    patience = _Patience(clients, on_trouble)
    pause, quiet_polls, goes_on = _FIRST_S, 0, True
    while True:
        now = patience.ask(partial(describe_stack, clients, stack.id))
        if now is None:  # it is deleted, and forgotten already
            return Stack(name=stack.name, id=stack.id, status="DELETE_COMPLETE")
        news = patience.ask(partial(_later_than, clients, stack.id, since))
        quiet_polls += 1
        for event in news:
            on_event(event)
            since, quiet_polls = event.id, 0
            goes_on = event.status.endswith(IN_PROGRESS) if event.of_stack else goes_on
        # Right after the start, the state may still be the one before: the events tell whether it is the last one.
        if now.ended and (not goes_on or quiet_polls >= _POLLS_WITHOUT_EVENT):
            return now
        if news:
            pause = _FIRST_S
        else:
            time.sleep(pause)
            pause = min(_LONGEST_S, pause * _FACTOR)


class _Patience:
    """Repeats calls that may succeed later, for a quarter of an hour at most."""

    def __init__(self, clients: Clients, on_trouble: Callable[[str], None]) -> None:
        self._clients = clients
        self._on_trouble = on_trouble

    def ask(self, call: Callable[[], _T]) -> _T:
        began, pause, told = time.monotonic(), _FIRST_S, False
        while True:
            try:
                answer = call()
            except ServiceError as error:
                if not error.passing or time.monotonic() - began > _PATIENCE_S:
                    raise
                if error.fault is Fault.CREDENTIALS:
                    self._clients.renew(error)
                if not told:
                    limit = duration(_PATIENCE_S)
                    self._on_trouble(f"{error}. Trying again for up to {limit}; the stack goes on changing meanwhile")
                told = True
            else:
                if told:
                    self._on_trouble(f"{SERVICE} answers again")
                return answer
            time.sleep(pause)
            pause = min(_LONGEST_TROUBLE_S, pause * 2)


def _later_than(clients: Clients, stack_id: str, since: str | None) -> list[Event]:
    """Return the events after one, the oldest first; the pages of AWS begin with the newest."""
    found: list[Event] = []
    for event in _newest_first(clients, stack_id):
        if event.id == since:
            break
        found.append(event)
    return found[::-1]


def _newest_first(clients: Clients, stack_id: str) -> Iterator[Event]:
    more: dict[str, str] = {}
    while True:
        reply = clients.call("cloudformation", "describe_stack_events", StackName=stack_id, **more)
        with parsing("DescribeStackEvents", SERVICE):
            events = [_event(one) for one in reply["StackEvents"]]
        yield from events
        if not reply.get("NextToken"):
            return
        more = {"NextToken": reply["NextToken"]}


def _event(reply: Mapping[str, Any]) -> Event:
    return Event(
        id=reply["EventId"],
        at=reply["Timestamp"],
        logical_id=reply["LogicalResourceId"],
        physical_id=reply.get("PhysicalResourceId", ""),
        kind=reply.get("ResourceType", ""),
        status=reply.get("ResourceStatus", ""),
        reason=one_line(reply.get("ResourceStatusReason", "")),
        of_stack=reply.get("PhysicalResourceId") == reply["StackId"],
    )
