"""The dataclasses of a policy and of what a plan breaks; its file follows ``schemas/policy.schema.json``."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kedro_batch.diagnostics import FieldPath, Severity
from kedro_batch.plan.job_resources import Unknown


class RuleName(StrEnum):
    """The rules that a policy may have, in the order of the schema."""

    JOB_QUEUES = "job_queues"
    JOB_DEFINITIONS = "job_definitions"
    DEFINITIONS_BY_REVISION = "definitions_by_revision"
    REGISTRIES = "registries"
    IMAGES_BY_DIGEST = "images_by_digest"
    JOB_ROLES = "job_roles"
    EXECUTION_ROLES = "execution_roles"
    NO_HOST_ACCESS = "no_host_access"
    ACCOUNTS = "accounts"
    REGIONS = "regions"
    MAX_VCPUS = "max_vcpus"
    MAX_MEMORY_MIB = "max_memory_mib"
    MAX_GPUS = "max_gpus"
    MAX_TIMEOUT_S = "max_timeout_s"
    MAX_ATTEMPTS = "max_attempts"
    MAX_JOBS = "max_jobs"
    MAX_VCPU_HOURS = "max_vcpu_hours"
    REQUIRED_TAGS = "required_tags"
    PROGRAMS = "programs"
    NO_SHELL = "no_shell"
    FORBIDDEN_VARIABLES = "forbidden_variables"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a policy.

    Attributes:
        name: Which rule it is.
        value: What it allows or forbids: ``ListedNames``, the most of something, or true; for tags the names by key.
        severity: ERROR refuses a plan that breaks it, WARNING does not.
        line: Its line in the policy.
    """

    name: RuleName
    value: Any
    severity: Severity
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of one file.

    Attributes:
        source: The file's name, for messages.
        rules: In the order of the file, those that refuse first.
    """

    source: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One way in which a plan breaks one rule, with all jobs that break it so.

    Attributes:
        rule: The rule.
        found: What the plan has, such as the name of a queue, or an amount; None if it is not known.
        unknown: Why it is not known: the plan breaks the rule then.
        field: What is judged, where the rule alone does not say it: a setting, or the key of a tag.
        definition: The job definition that has the value, or leaves it unknown; empty if that is none.
        path: Where in the plan: of several jobs, in the first one, or where the defaults state it.
        jobs: The names of the jobs, in the order of the plan; none if it is about the plan as a whole.
        listed: How many ways to break its rule are listed, if this one stands for all further ones; else 0.
    """

    rule: Rule
    found: Any = None
    unknown: Unknown | None = None
    field: str = ""
    definition: str = ""
    path: FieldPath = ()
    jobs: tuple[str, ...] = ()
    listed: int = 0
