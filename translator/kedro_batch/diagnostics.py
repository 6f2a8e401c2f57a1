"""Diagnostics: what is wrong, or worth knowing, in one place of a file or a project.

Checks yield them; ``errors.Refused`` carries them; ``review.diagnostics`` shows them as text and JSON.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

FieldPath = tuple[str | int, ...]
"""A place in a file's structure, such as ``("jobs", 2, "timeout_s")``."""

PathMessage = tuple[FieldPath, str]
"""A place, and what is wrong there: what becomes a diagnostic once its file is known."""


class Severity(StrEnum):
    """Whether a diagnostic refuses, warns or notes."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Code(StrEnum):
    """Kinds of diagnostics: short names that tools may look for.

    The first five are the codes of Kedro's own check of a deployment (``kedro.inspection``, Kedro 1.8).
    """

    EPHEMERAL_BOUNDARY = "ephemeral_boundary"
    GROUP_CYCLE = "group_cycle"
    INVALID_GROUPING = "invalid_grouping"
    LOCAL_BOUNDARY = "local_boundary"
    SINGLE_NODE_GROUPS = "single_node_groups"
    UNKNOWN_BOUNDARY = "unknown_boundary"
    VERSIONED_BOUNDARY = "versioned_boundary"
    CONFIRMED_ELSEWHERE = "confirmed_elsewhere"
    DATASET_STATE = "dataset_state"
    SHARED_PLACE = "shared_place"
    LOCAL_INPUT = "local_input"
    LOCAL_OUTPUT = "local_output"
    UNKNOWN_STORAGE = "unknown_storage"
    REPEATED_APPEND = "repeated_append"
    HOOKS_PER_JOB = "hooks_per_job"
    MISSING_OPTION = "missing_option"
    MISSING_CLASS = "missing_class"
    UNDEFINED_CREDENTIALS = "undefined_credentials"
    UNLISTED_PACKAGE = "unlisted_package"
    PLACEHOLDER = "placeholder"
    UNSTORED_OUTPUT = "unstored_output"
    MISSING_INPUT = "missing_input"
    LOST_PARAMETERS = "lost_parameters"
    UNPROVED_PARAMETERS = "unproved_parameters"
    MERGED_CYCLE = "merged_cycle"
    MISSING_ENVIRONMENT = "missing_environment"
    UNNAMED_NODES = "unnamed_nodes"
    UNMATCHED = "unmatched"
    UNORDERED_READ = "unordered_read"
    MOVING_IMAGE = "moving_image"
    MOVING_DEFINITION = "moving_definition"
    CREDENTIAL = "credential"
    OVER_LIMIT = "over_limit"
    POLICY = "policy"
    INVALID_CONFIG = "invalid_config"
    INVALID_PLAN = "invalid_plan"
    INVALID_POLICY = "invalid_policy"
    INVALID_PROJECT = "invalid_project"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One thing that is wrong, or worth knowing, in one place.

    Attributes:
        source: The file as the user named it, or the part of the project that it is about; empty until the reader of
            the file fills it in.
        message: What is wrong here, and what to do if ``advice`` does not say it.
        path: Where in the file's structure.
        line: The line in the file, counted from 1, where it is known.
        code: Its kind; None: that of the error that carries it.
        severity: Whether it refuses, warns or informs.
        about: Names of what it is about, such as ``{"dataset": ("x",), "producer": ("a",)}``.
        advice: What to do, in words that fit all diagnostics of this code: it is shown once for all of them.
        remedy: Lines for a file that put it right, ready to paste.
    """

    source: str = ""
    message: str
    path: FieldPath = ()
    line: int | None = None
    code: Code | None = None
    severity: Severity = Severity.ERROR
    about: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    advice: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        dotted = path_text(self.path)
        return f"{place}: {dotted}: {self.message}" if dotted else f"{place}: {self.message}"


def diagnostics_of(found: Iterable[PathMessage], below: FieldPath = ()) -> Iterator[Diagnostic]:
    """Make diagnostics of places and messages.

    Args:
        found: The places, as seen from ``below``.
        below: The path that all of them stand under.
    """
    for path, message in found:
        yield Diagnostic(path=(*below, *path), message=message)


_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def sorted_diagnostics(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort diagnostics: errors first, then by code and by place, ``[2]`` before ``[10]``."""
    return tuple(sorted(diagnostics, key=_place))


def _place(diagnostic: Diagnostic) -> tuple[object, ...]:
    path = tuple((0, step, "") if isinstance(step, int) else (1, 0, step) for step in diagnostic.path)
    return (
        _WEIGHT[diagnostic.severity],
        diagnostic.code or "",
        diagnostic.source,
        math.inf if diagnostic.line is None and path else diagnostic.line or 0,  # what is missing comes last
        path,
        diagnostic.message,
    )


_PART_OF_A_PATH = re.compile(r"[.\[\]]")


def path_text(path: FieldPath) -> str:
    """Spell a path as people write it: ``jobs[2].resources.memory_mib``; a key that looks like several in quotes."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            word = step if step.isprintable() else repr(step)[1:-1]
            if not word or _PART_OF_A_PATH.search(word):
                word = f'"{word}"'
            text += f".{word}" if text else word
    return text
