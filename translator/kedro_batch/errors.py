"""The exceptions that a user can cause, and the diagnostics that they carry.

Every class carries the exit code of the command line. A message says what, where, why and what to do. Code that
finds several things wrong reports all of them at once, as diagnostics. Any other exception is a bug of ours: it keeps
its traceback and ends with exit code 1.

    KedroBatchError
    ├── UsageError      2    the command line asks for something impossible
    ├── PlanDiffers     3    `compile --check`, `diff --exit-code`: the plans differ; `--fail-on`: by such a risk
    ├── Refused         4    project, configuration or plan refused
    │   ├── ProjectError         the Kedro project could not be loaded, or the selection does not fit it
    │   ├── ConfigError          aws_batch.yml is wrong or incomplete
    │   ├── PlanError            a plan file is wrong
    │   ├── PolicyError          a policy is wrong
    │   └── PolicyViolated       a plan breaks rules of a policy
    ├── JobRefused      4    a job of a run cannot begin: the data or the variables are not as its run needs them
    ├── ServiceError    5    AWS refused or was unreachable; 2 if the settings for it are wrong
    ├── JobsFailed      6    the run ended with failed jobs
    ├── RunCancelled    6    another command has cancelled the run
    ├── RunUnfinished   7    the run has not ended: jobs are still running, or were never submitted
    ├── RunUnknown      8    no such run, or AWS Batch has forgotten how its jobs ended
    └── LogsMissing     8    `logs`: there is no line to show
    Interrupted         129, 130, 131, 143: a signal ended the command (a BaseException, as KeyboardInterrupt is)
"""

import signal
from collections.abc import Sequence
from enum import StrEnum

from kedro_batch.diagnostics import Code, Diagnostic, sorted_diagnostics


class KedroBatchError(Exception):
    """The root of everything that a user can cause."""

    exit_code = 1


class UsageError(KedroBatchError):
    """The command line asks for something impossible."""

    exit_code = 2


class PlanDiffers(KedroBatchError):  # noqa: N818  an outcome that scripts ask for, not a fault
    """The checked plan file is out of date, or two plans differ, perhaps by what must not change."""

    exit_code = 3


class Refused(KedroBatchError):  # noqa: N818  the root of three errors, named for what happened
    """A project, a configuration or a plan is refused, for one reason or more.

    Attributes:
        code: The code of the diagnostics that have none of their own.
        headline: What was refused.
        diagnostics: Why; sorted, errors first.
        advice: What to do about all of it; empty if the diagnostics tell.
    """

    exit_code = 4
    code = Code.INVALID_PROJECT

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = (), advice: str = "") -> None:
        """Take the headline, the diagnostics below it, and what comes last."""
        self.headline = message
        self.diagnostics = sorted_diagnostics(diagnostics)
        self.advice = advice
        reasons = (f"  {diagnostic}" for diagnostic in self.diagnostics)
        super().__init__("\n".join([message, *reasons, *([advice] if advice else [])]))


class ProjectError(Refused):
    """The Kedro project could not be loaded, or the selection or the grouping does not fit it."""


class ConfigError(Refused):
    """``aws_batch.yml`` is wrong or incomplete."""

    code = Code.INVALID_CONFIG


class PlanError(Refused):
    """A plan is wrong."""

    code = Code.INVALID_PLAN


class PolicyError(Refused):
    """A policy is wrong, so nothing can be judged by it."""

    code = Code.INVALID_POLICY


class PolicyViolated(Refused):
    """A plan breaks rules of a policy.

    Attributes:
        diagnostics: How, rule by rule, in the order in which they are shown.
    """

    code = Code.POLICY

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        """Take the headline and the diagnostics below it, in their order."""
        super().__init__(message, diagnostics)
        self.diagnostics = tuple(diagnostics)


class JobRefused(KedroBatchError):  # noqa: N818  named for what happened
    """In a job of a run: it cannot begin, for its data or its environment variables are not as the run needs them."""

    exit_code = 4


class Fault(StrEnum):
    """What is known about a failed call. Only an AMBIGUOUS one may have been executed."""

    THROTTLED = "throttled"
    """There were too many calls: it was not executed, and may be sent again."""
    UNREACHABLE = "unreachable"
    """No connection could be opened: it was not executed."""
    CREDENTIALS = "credentials"
    """There are no credentials, or they have expired: it was not executed."""
    AMBIGUOUS = "ambiguous"
    """No reply came, or the reply reports an error inside the service: it may have been executed."""
    DENIED = "denied"
    """The account may not make this call: it was not executed."""
    REFUSED = "refused"
    """The service rejected the request: it was not executed."""
    SETTINGS = "settings"
    """Region, profile, endpoint or configuration are wrong, so nothing was sent."""


_PASSING = frozenset({Fault.THROTTLED, Fault.UNREACHABLE, Fault.CREDENTIALS, Fault.AMBIGUOUS})


class ServiceError(KedroBatchError):
    """AWS refused a call or was unreachable.

    Attributes:
        fault: What is known about the call.
        problem: What went wrong, without what to do.
        remedy: What to do; empty if that depends on who called.
        objection: What the service says against this request, in its own words; empty unless it has read and rejected
            it.
        set_up_wrong: It looks like credentials that never worked. Waiting helps only if they have worked before.
        of_clock: AWS has another time than this machine: other credentials would be refused, too.
        of_token: A web identity token does not work: nobody can log in, but whoever gave it can give another one.
        service: What was called.
        operation: Its operation; empty if none was called yet.
    """

    exit_code = 5

    def __init__(  # noqa: PLR0913  what is known of a call
        self,
        problem: str,
        *,
        fault: Fault = Fault.REFUSED,
        remedy: str = "",
        set_up_wrong: bool = False,
        of_clock: bool = False,
        of_token: bool = False,
        service: str = "AWS Batch",
        operation: str = "",
        objection: str = "",
    ) -> None:
        """Take what went wrong, what is known about the call, and what to do: the message has both."""
        self.fault, self.problem, self.remedy = fault, problem, remedy
        self.set_up_wrong, self.of_clock, self.of_token = set_up_wrong, of_clock, of_token
        self.service, self.operation = service, operation
        self.objection = objection
        if fault is Fault.SETTINGS:
            self.exit_code = UsageError.exit_code
        super().__init__(f"{problem}. {remedy}" if remedy else problem)

    @property
    def passing(self) -> bool:
        """True if the same call may succeed later, at least in a process whose credentials have worked before."""
        return self.fault in _PASSING

    def is_worth_waiting(self, *, accepted: bool) -> bool:
        """True if the same call may succeed later.

        Args:
            accepted: AWS has accepted a call of this process before.
        """
        return self.passing and (accepted or not self.set_up_wrong)


class JobsFailed(KedroBatchError):  # noqa: N818  an outcome of the run, reported as such
    """The run ended with failed jobs."""

    exit_code = 6


class RunCancelled(KedroBatchError):  # noqa: N818  an outcome of the run, reported as such
    """Another command has cancelled the run that this one works on."""

    exit_code = 6


class RunUnfinished(KedroBatchError):  # noqa: N818  an outcome of the run, reported as such
    """The run has not ended: jobs are still running, or were never submitted."""

    exit_code = 7


class RunUnknown(KedroBatchError):  # noqa: N818  an outcome that scripts ask for: there is nothing to follow
    """Neither the journal nor AWS Batch has the run, or AWS Batch has forgotten how its jobs ended."""

    exit_code = 8


class LogsMissing(KedroBatchError):  # noqa: N818  an outcome that scripts ask for
    """Of the logs that are asked for, there is none, or no line."""

    exit_code = 8


class Interrupted(BaseException):
    """A signal ended the command: exit code 128 plus its number.

    Attributes:
        number: The signal, such as ``signal.SIGINT``.
        message: What the command says at its end; empty if that was said already.
    """

    def __init__(self, signal_number: int) -> None:
        """Take the number of the signal."""
        self.number = signal_number
        self.signal_name = signal.Signals(signal_number).name
        self.message = f"Stopped by {self.signal_name}."
        self.exit_code = 128 + signal_number
        super().__init__(self.signal_name)
