"""The exceptions that a user can cause, and the findings that they carry.

Every class carries the exit code that the command line ends with. A message says what, where, why and what
to do; whoever finds several things wrong reports them all at once, as findings. Anything that is not in this
tree is a bug of ours: it keeps its traceback and ends with exit code 1.

    KedroBatchError
    ├── UsageError      2    the command line asks for something that cannot be done
    ├── PlanDiffers     3    `compile --check`, `diff --exit-code`: the plans differ
    ├── Refused         4    project, configuration or plan refused
    │   ├── ProjectError         the Kedro project could not be loaded, or the selection does not fit it
    │   ├── ConfigError          aws_batch.yml is wrong or incomplete
    │   └── PlanError            a plan file is wrong
    ├── ServiceError    5    AWS refused or was unreachable
    ├── JobsFailed      6    the run ended with failed jobs
    └── RunUnfinished   7    the run has not ended: jobs are still going on, or were never submitted
    Interrupted         129, 130, 131, 143: a signal ended the command (a BaseException, as KeyboardInterrupt is)
"""

import difflib
import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

FieldPath = tuple[str | int, ...]
"""Where in a file's structure, such as ``("jobs", 2, "timeout_s")``."""


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Code(StrEnum):
    """What kind of finding it is: short names that tools may look for.

    The first five are those of Kedro's own check of a deployment (``kedro.inspection``, Kedro 1.8).
    """

    EPHEMERAL_BOUNDARY = "ephemeral_boundary"
    GROUP_CYCLE = "group_cycle"
    INVALID_GROUPING = "invalid_grouping"
    LOCAL_BOUNDARY = "local_boundary"
    SINGLE_NODE_GROUPS = "single_node_groups"
    UNKNOWN_BOUNDARY = "unknown_boundary"
    VERSIONED_BOUNDARY = "versioned_boundary"
    UNSTORED_OUTPUT = "unstored_output"
    MISSING_INPUT = "missing_input"
    MERGED_CYCLE = "merged_cycle"
    MISSING_ENVIRONMENT = "missing_environment"
    UNNAMED_NODES = "unnamed_nodes"
    UNMATCHED = "unmatched"
    UNORDERED_READ = "unordered_read"
    CREDENTIAL = "credential"
    OVER_LIMIT = "over_limit"
    INVALID_CONFIG = "invalid_config"
    INVALID_PLAN = "invalid_plan"
    INVALID_PROJECT = "invalid_project"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, or worth knowing, in one place.

    Attributes:
        source: The file as the user named it, or the part of the project that it is about.
        message: What is wrong and what to do.
        path: Where in the file's structure.
        line: The line in the file, counted from 1, where it is known.
        code: Its kind; None takes that of the error that reports it.
        severity: How much it weighs.
        about: Names of what it is about, such as ``{"dataset": ("x",), "producer": ("a",)}``.
        remedy: Lines for a file, ready to paste, that mend it.
    """

    source: str
    message: str
    path: FieldPath = ()
    line: int | None = None
    code: Code | None = None
    severity: Severity = Severity.ERROR
    about: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remedy: str = ""

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        dotted = path_text(self.path)
        return f"{place}: {dotted}: {self.message}" if dotted else f"{place}: {self.message}"


_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def sorted_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings: errors first, then as they stand in their files, ``[2]`` before ``[10]``."""
    return tuple(sorted(findings, key=_place))


def _place(finding: Finding) -> tuple[object, ...]:
    path = tuple((0, step, "") if isinstance(step, int) else (1, 0, step) for step in finding.path)
    return _WEIGHT[finding.severity], finding.code or "", finding.source, finding.line or 0, path, finding.message


FINDINGS_AT_MOST = 1000
"""Of one plan file. It takes time to find what is wrong, and nobody reads more."""

MORE_IS_WRONG = f"more than {FINDINGS_AT_MOST:,} things are wrong; here are {FINDINGS_AT_MOST:,} of them"


def path_text(path: FieldPath) -> str:
    """Spell a path as people write it: ``jobs[2].resources.memory_mib``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            word = step if step.isprintable() else repr(step)[1:-1]
            text += f".{word}" if text else word
    return text


_QUOTED_WHOLE = 80


def quoted(text: str) -> str:
    """Put a text in quotes for a message, and only its beginning where it is long."""
    return repr(text) if len(text) <= _QUOTED_WHOLE else f"{text[:_QUOTED_WHOLE]!r}..."


_LONGEST_GUESSED_AT = 1000  # characters; comparing takes time in proportion to their square


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give ``" Did you mean 'x'?"`` for the nearest known words, or nothing when none is near."""
    if len(word) > _LONGEST_GUESSED_AT:
        return ""
    near = difflib.get_close_matches(word, sorted(known), n=3, cutoff=0.6)
    if not near:
        return ""
    return f" Did you mean {' or '.join(repr(name) for name in near)}?"


def listed(names: Iterable[str], most: int = 5, separator: str = ", ") -> str:
    """Give names with commas, the first of them where they are many: ``a, b and 3 more``."""
    every = list(names)
    shown = separator.join(every[:most])
    return shown if len(every) <= most else f"{shown} and {len(every) - most} more"


class KedroBatchError(Exception):
    """The root of everything that a user can cause."""

    exit_code = 1


class UsageError(KedroBatchError):
    """The command line asks for something that cannot be done."""

    exit_code = 2


class PlanDiffers(KedroBatchError):  # noqa: N818  an outcome that scripts ask for, not a fault
    """The checked file is not what compiling gives now, or two plans differ."""

    exit_code = 3


class Refused(KedroBatchError):  # noqa: N818  the root of three errors, named for what happened
    """Project, configuration or plan refused, for one reason or for several.

    Attributes:
        code: What the findings are that do not say so themselves.
        headline: What was refused.
        findings: Why, sorted; errors first.
    """

    exit_code = 4
    code = Code.INVALID_PROJECT

    def __init__(self, message: str, findings: Sequence[Finding] = ()) -> None:
        """Take the headline and the findings below it."""
        self.headline = message
        self.findings = sorted_findings(findings)
        super().__init__("\n".join([message, *(f"  {finding}" for finding in self.findings)]))


class ProjectError(Refused):
    """The Kedro project could not be loaded, or the selection or the grouping does not fit it."""


class ConfigError(Refused):
    """``aws_batch.yml`` is wrong or incomplete."""

    code = Code.INVALID_CONFIG


class PlanError(Refused):
    """A plan is wrong."""

    code = Code.INVALID_PLAN


class Fault(StrEnum):
    """What is known of a call that failed. Only after AMBIGUOUS may it have been executed all the same."""

    THROTTLED = "throttled"
    """Too many calls: it was not executed, and may simply be sent again."""
    UNREACHABLE = "unreachable"
    """No connection could be opened: it was not executed."""
    CREDENTIALS = "credentials"
    """There are none, or they have expired: it was not executed."""
    AMBIGUOUS = "ambiguous"
    """The reply is missing, or tells of an error of the service: it may have been executed."""
    DENIED = "denied"
    """The account may not make this call: it was not executed."""
    REFUSED = "refused"
    """The service does not take what it was sent: it was not executed."""


class ServiceError(KedroBatchError):
    """AWS refused a call or was unreachable.

    Attributes:
        fault: What is known of the call.
    """

    exit_code = 5

    def __init__(self, message: str, *, fault: Fault = Fault.REFUSED) -> None:
        """Take the message, and what is known of the call."""
        self.fault = fault
        super().__init__(message)

    @property
    def passing(self) -> bool:
        """The same call may well succeed later."""
        return self.fault in _PASSING


_PASSING = frozenset({Fault.THROTTLED, Fault.UNREACHABLE, Fault.CREDENTIALS, Fault.AMBIGUOUS})


class JobsFailed(KedroBatchError):  # noqa: N818  an outcome of the run, reported as such
    """The run ended with failed jobs."""

    exit_code = 6


class RunUnfinished(KedroBatchError):  # noqa: N818  an outcome of the run, reported as such
    """The run has not ended: jobs are still going on, or were never submitted."""

    exit_code = 7


class Interrupted(BaseException):
    """A signal ended the command: exit code 128 plus its number."""

    def __init__(self, signal_number: int) -> None:
        """Take the number of the signal, such as ``signal.SIGINT``."""
        self.number = signal_number
        self.signal_name = signal.Signals(signal_number).name
        self.exit_code = 128 + signal_number
        super().__init__(self.signal_name)
