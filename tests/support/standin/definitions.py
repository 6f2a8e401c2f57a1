"""The job definitions that there are: those that the configuration names, and those that were registered."""

from dataclasses import dataclass
from typing import Any

from .config import Config
from .limits import client_error
from .targets import ARN

_MOST_SWAPPINESS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    name: str
    number: int
    described: dict[str, Any]
    registered_at: float | None
    """On the clock of the service; None for one that the configuration names."""

    @property
    def arn(self) -> str:
        return f"{ARN}:job-definition/{self.name}:{self.number}"


class Definitions:
    """All job definitions of the service."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._registered: list[Revision] = []

    def register(self, body: dict[str, Any], now: float) -> dict[str, Any]:
        """Register one more revision."""
        name = str(body.get("jobDefinitionName") or "")
        container = body.get("containerProperties")
        if not name or body.get("type") not in ("container", "multinode"):
            raise client_error("jobDefinitionName and type are required")
        if container is not None and not container.get("image"):
            raise client_error("Container properties should not be empty: image is required")
        if (container or {}).get("linuxParameters", {}).get("swappiness", 0) > _MOST_SWAPPINESS:
            raise client_error(f"swappiness must be between 0 and {_MOST_SWAPPINESS}")
        number = max((one.number for one in self._all() if one.name == name), default=0) + 1
        revision = Revision(name=name, number=number, described=_described(body), registered_at=now)
        self._registered.append(revision)
        return {"jobDefinitionName": name, "jobDefinitionArn": revision.arn, "revision": number}

    def for_job(self, given: str, now: float) -> Revision:
        """Give the revision that a job with this definition gets: the newest one unless one is given.

        Raises:
            RefusedError: There is none, or it is too new to be known here.
        """
        delay = self._config.definition_submit_delay_s
        short = given.removeprefix(f"{ARN}:job-definition/")
        known = [one for one in self._all() if self._active(one) and _seen(one, delay, now)]
        found = [one for one in known if short in (one.name, f"{one.name}:{one.number}")]
        if not found:
            raise client_error(f"JobDefinition {given} not found")
        return max(found, key=lambda one: one.number)

    def describe(self, body: dict[str, Any], now: float) -> dict[str, Any]:
        wanted = body.get("jobDefinitions") or [name for name in [body.get("jobDefinitionName")] if name]
        delay = self._config.definition_describe_delay_s
        found = [
            {
                **one.described,
                "jobDefinitionName": one.name,
                "jobDefinitionArn": one.arn,
                "revision": one.number,
                "status": "ACTIVE" if self._active(one) else "INACTIVE",
            }
            for one in self._all()
            if _seen(one, delay, now)
            and (not wanted or not {one.name, f"{one.name}:{one.number}", one.arn}.isdisjoint(wanted))
        ]
        if "status" in body:
            found = [one for one in found if one["status"] == body["status"]]
        # A page at a time, as the service may do.
        start = int(body.get("nextToken", 0))
        page: dict[str, Any] = {"jobDefinitions": found[start : start + 1]}
        if start + 1 < len(found):
            page["nextToken"] = str(start + 1)
        return page

    def _all(self) -> list[Revision]:
        named = [
            Revision(
                name=name,
                number=number,
                described={"type": "container", **self._config.definition_details.get(name, {})},
                registered_at=None,
            )
            for name, newest in self._config.definitions.items()
            for number in range(1, newest + 1)
        ]
        return [*named, *self._registered]

    def _active(self, one: Revision) -> bool:
        # The first revision that the configuration names is an old one that nobody may use any more.
        old = one.registered_at is None and one.number == 1
        return not old and f"{one.name}:{one.number}" not in self._config.deregistered


def _seen(one: Revision, delay_s: float, now: float) -> bool:
    return one.registered_at is None or one.registered_at + delay_s <= now


def _described(body: dict[str, Any]) -> dict[str, Any]:
    """Fill in what AWS Batch fills in, and give back variables in another order."""
    described = {"parameters": {}, "tags": {}, "platformCapabilities": ["EC2"], "propagateTags": False, **body}
    described["containerOrchestrationType"] = "ECS"
    container = body.get("containerProperties")
    if container is not None:
        empty = ("command", "volumes", "environment", "mountPoints", "ulimits", "resourceRequirements", "secrets")
        filled: dict[str, Any] = {**{field: [] for field in empty}, **container}
        filled["environment"] = list(reversed(filled["environment"]))
        if described["platformCapabilities"] == ["FARGATE"]:
            filled.setdefault("fargatePlatformConfiguration", {"platformVersion": "LATEST"})
        described["containerProperties"] = filled
    return described
