"""How a try of a job ends, and whether AWS Batch makes another one. Pure."""

from dataclasses import dataclass
from typing import Any

from .config import Config

EXITED = "Essential container in task exited"
HOST_GONE = "Host EC2 (instance i-0123) terminated."
TIMED_OUT = "Job attempt duration exceeded timeout"
NOT_STARTED = "Task failed to start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of a try."""

    exit_code: int | None
    status_reason: str
    reason: str | None = None
    final: bool = False
    """Whether there is no other try, whatever the retry strategy says."""

    @property
    def succeeded(self) -> bool:
        return self.exit_code == 0


def outcome_of_start(config: Config, label: str, submission: int) -> Outcome | None:
    """Tell how a try ends that never gets to run; None if it runs."""
    if not _fails(config, label, submission) or _exit_code(config, label) is not None:
        return None
    said = config.fail_reasons.get(label, {})
    return Outcome(exit_code=None, status_reason=said.get("statusReason", NOT_STARTED), reason=said.get("reason"))


def outcome_of_run(config: Config, label: str, submission: int, *, host_gone: bool, timed_out: bool) -> Outcome:
    """Tell how a try ends that has run."""
    if host_gone:
        return Outcome(exit_code=None, status_reason=HOST_GONE)
    if timed_out:
        return Outcome(exit_code=137, status_reason=TIMED_OUT, final=True)
    if not _fails(config, label, submission):
        return Outcome(exit_code=0, status_reason=EXITED)
    said = config.fail_reasons.get(label, {})
    code = _exit_code(config, label)
    # The configuration may have changed while it was running: then there is no code that says how it failed.
    return Outcome(
        exit_code=1 if code is None else code,
        status_reason=said.get("statusReason", EXITED),
        reason=said.get("reason"),
    )


def tries_again(strategy: dict[str, Any], tries: int, outcome: Outcome) -> bool:
    """Tell whether a job that has failed so many tries is tried again.

    The first rule whose every condition holds decides; when none holds, the job is tried again.
    """
    if outcome.final or tries >= strategy.get("attempts", 1):
        return False
    for rule in strategy.get("evaluateOnExit", ()):
        code = None if outcome.exit_code is None else str(outcome.exit_code)
        conditions = (
            (rule.get("onStatusReason"), outcome.status_reason),
            (rule.get("onReason"), outcome.reason or ""),
            (rule.get("onExitCode"), code),
        )
        if all(pattern is None or _matches(pattern, value) for pattern, value in conditions):
            return str(rule["action"]).upper() == "RETRY"
    return True


def _matches(pattern: str, value: str | None) -> bool:
    """Compare as AWS Batch does: an asterisk means something at the end only."""
    if value is None:
        return False
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def _fails(config: Config, label: str, submission: int) -> bool:
    if label in config.fail_attempts:
        return submission <= config.fail_attempts[label]
    return label in config.fail_reasons or config.fail.get(label, 0) != 0


def _exit_code(config: Config, label: str) -> int | None:
    if label in config.fail:
        return config.fail[label]
    return 1 if label in config.fail_attempts else None
