"""What an engine answers that has no account: this machine stands for its queues and its job definitions."""

from collections.abc import Sequence
from typing import Any

from kedro_batch.cloud.replies import DefinitionDetail, EnvironmentDetail, Identity, QueueDetail


class NoAccount:
    """The answers about an account of an engine that has none."""

    def describe_job_queues(self, names: Sequence[str]) -> list[QueueDetail]:
        """Describe this machine: it is every queue."""
        return [QueueDetail(name=name, arn=name, state="ENABLED", status="VALID", reason="") for name in names]

    def describe_job_definitions(self, name: str) -> list[DefinitionDetail]:
        """Describe this machine: it is every definition."""
        return [DefinitionDetail(arn=name, revision=1, status="ACTIVE")]

    def describe_compute_environments(
        self,
        names: Sequence[str],  # noqa: ARG002  as all engines are called
    ) -> list[EnvironmentDetail]:
        """Describe none: there are no queues behind which they could be."""
        return []

    def list_job_queues(self) -> list[QueueDetail]:
        """Describe none: no name is wrong here."""
        return []

    def list_job_definitions(self) -> list[DefinitionDetail]:
        """Describe none: no name is wrong here."""
        return []

    def caller_identity(self) -> Identity:
        """Return that this machine is in no account."""
        return Identity(account="", arn="")

    def register_job_definition(self, request: dict[str, Any]) -> str:
        """Register nothing: this machine is every definition."""
        return str(request["jobDefinitionName"])
