"""Replies about an account, parsed once: what AWS spells and may invent stays outside. Loads nothing of boto3."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kedro_batch.text.escaping import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resource:
    """What queues and compute environments have in common; ``reply`` is all of it, in AWS's shape."""

    name: str
    arn: str
    state: str
    status: str
    reason: str
    reply: Mapping[str, Any] = field(default_factory=dict)


class QueueDetail(_Resource):
    """One queue of a DescribeJobQueues reply."""


class EnvironmentDetail(_Resource):
    """One compute environment of a DescribeComputeEnvironments reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionDetail:
    """One job definition of a DescribeJobDefinitions reply; ``reply`` is all of it, in AWS's shape."""

    arn: str
    revision: int
    status: str
    reply: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A GetCallerIdentity reply: the account, 12 digits, and the ARN of the user or role."""

    account: str
    arn: str


def queue_detail(reply: Mapping[str, Any]) -> QueueDetail:
    """Parse one queue of a DescribeJobQueues reply.

    Raises:
        KeyError, TypeError, AttributeError: It lacks what every queue has.
    """
    return QueueDetail(
        name=reply["jobQueueName"],
        arn=reply["jobQueueArn"],
        state=reply["state"],
        status=reply.get("status", "VALID"),
        reason=one_line(reply.get("statusReason", "no reason given")),
        reply=reply,
    )


def environment_detail(reply: Mapping[str, Any]) -> EnvironmentDetail:
    """Parse one compute environment of a DescribeComputeEnvironments reply.

    Raises:
        KeyError, TypeError, AttributeError: It lacks what every environment has.
    """
    return EnvironmentDetail(
        name=reply["computeEnvironmentName"],
        arn=reply["computeEnvironmentArn"],
        state=reply.get("state", "ENABLED"),
        status=reply.get("status", "VALID"),
        reason=one_line(reply.get("statusReason") or "no reason given"),
        reply=reply,
    )


def identity(reply: Mapping[str, Any]) -> Identity:
    """Parse a GetCallerIdentity reply.

    Raises:
        KeyError, TypeError: It lacks what every one has.
    """
    return Identity(account=one_line(str(reply["Account"])), arn=one_line(str(reply["Arn"])))


def definition_detail(reply: Mapping[str, Any]) -> DefinitionDetail:
    """Parse one job definition of a DescribeJobDefinitions reply.

    Raises:
        KeyError, TypeError, AttributeError: It lacks what every definition has.
    """
    return DefinitionDetail(
        arn=reply["jobDefinitionArn"],
        revision=reply["revision"],
        status=reply.get("status", "ACTIVE"),
        reply=reply,
    )
