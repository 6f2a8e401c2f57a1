"""What each risk says: its subject, and its values, spelled. Nothing is escaped yet. Pure."""

import re
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, NamedTuple, assert_never

from kedro_batch.diagnostics import path_text
from kedro_batch.review.diff.changed_values import Spelled, changed_parts
from kedro_batch.review.diff.model import Risk, RiskKind
from kedro_batch.review.diff.name_patterns import pattern_of
from kedro_batch.review.diff.risk_values import amount_name, spell_value
from kedro_batch.review.formatting import name_text, quote_names, value_text
from kedro_batch.review.job_sets import JobSets
from kedro_batch.text.wording import counted

_BEGIN = re.compile(r"[^._-]+(?=[._-])")
_READERS = 5
"""Readers of a dataset that are named, if nothing describes them."""


class RiskPart(NamedTuple):
    """A risk, or a part of a job definition in it: the name of the part, and its values."""

    risk: Risk
    name: str
    values: Spelled

    @property
    def group(self) -> Hashable:
        """Parts of one group share lines: those of one kind about jobs, or about definitions, or about one field."""
        risk = self.risk
        read = risk.kind is RiskKind.DATASET_NOT_WRITTEN and risk.job is not None
        return risk.kind, risk.job is None and risk.definition is not None, risk.field, read

    @property
    def cause(self) -> Hashable | None:
        """Equal for what follows from one change of a job definition, in its place or by a job that moves or is new."""
        risk = self.risk
        if risk.definition_before:
            return risk.definition_before, risk.definition
        if risk.definition:
            declared = risk.kind is RiskKind.IMAGE_CHANGED and None in (risk.before, risk.after)  # or no longer
            follows = declared or risk.kind is RiskKind.DEFINITION_CHANGED or amount_name(risk.kind, risk.field)
            return risk.definition if follows else None
        if risk.job and risk.kind is RiskKind.DEFINITION_CHANGED:
            return (risk.before, risk.after) if risk.before else risk.after
        return None


def parts_of_risks(risks: Iterable[Risk]) -> Iterator[RiskPart]:
    """Yield what each risk says; of a definition that changed, part by part."""
    for risk in risks:
        for path, values in _parts(risk):
            yield RiskPart(risk, path, values)


def _parts(risk: Risk) -> Iterator[tuple[str, Spelled]]:
    """Yield the values of a risk; those of a definition part by part, with their paths."""
    amount = amount_name(risk.kind, risk.field)
    if risk.kind is RiskKind.UNORDERED_READ:  # ``after`` is the writer there: the subject names it
        yield "", (None, None)
    elif risk.kind is RiskKind.DATASET_NOT_WRITTEN:
        yield "", pattern_of(risk.before, risk.after) if risk.before else (None, None)
    elif risk.kind is RiskKind.NODE_REPLACED:
        yield "", (_listed(risk.before), _listed(risk.after))
    elif risk.field and not amount:
        yield "", (_named(risk, risk.before), _named(risk, risk.after))
    elif risk.definition is None or amount:
        yield "", (spell_value(risk, risk.before), spell_value(risk, risk.after))
    else:
        for path, values in changed_parts(risk.before, risk.after):
            yield path_text(path) if path else "", values


def read_of(risk: Risk) -> tuple[str, str]:
    """Return what a job reads without waiting, and which job writes it."""
    return name_text(risk.dataset or ""), str(risk.after)


def pattern_of_read(risk: Risk) -> tuple[str, str]:
    """Return the same, with ``*`` for how both names and that of the job begin, such as their namespace."""
    names = (*read_of(risk), risk.job or "")
    begins = {begin[0] if (begin := _BEGIN.match(name)) else "" for name in names}
    length = len(begins.pop()) if len(begins) == 1 else 0
    return (f"*{names[0][length:]}", f"*{names[1][length:]}") if length else (names[0], names[1])


def _listed(nodes: str | list[str]) -> str:
    """Spell the nodes that were replaced, or those in their place."""
    return ", ".join(quote_names([nodes] if isinstance(nodes, str) else nodes))


def subject_of(part: RiskPart, readers: JobSets, *, with_values: bool, in_short: bool, full: bool) -> str:
    """Return what a risk is about; nothing if it is about the whole plan.

    Args:
        part: The risk, or a part of it.
        readers: The jobs of the new plan.
        with_values: The subject tells its values.
        in_short: What all reads that wait for no writer have in common is told elsewhere.
        full: Name all readers of a dataset.
    """
    risk = part.risk
    dataset, node = (name and name_text(name) for name in (risk.dataset, risk.node))
    match risk.kind:
        case RiskKind.UNORDERED_READ if in_short:
            return f"{risk.job}: {dataset} of {risk.after}"
        case RiskKind.UNORDERED_READ:
            return f"{risk.job} reads {dataset} without waiting for {risk.after}, which writes it"
        case RiskKind.DATASET_NOT_WRITTEN:
            now = f" (now {name_text(risk.after)})" if risk.after and with_values else ""
            read = risk.readers and readers.describe(risk.readers, full=full, most=_READERS)
            return f"{dataset} (read by {read})" if read else f"{dataset}{now}"
        case RiskKind.ACCOUNT_CHANGED | RiskKind.REGION_CHANGED:
            return ""
        case RiskKind.ENV_CHANGED if risk.job is None:
            return ""
        case (
            RiskKind.SHELL_COMMAND
            | RiskKind.PROGRAM_CHANGED
            | RiskKind.RISKY_VARIABLE
            | RiskKind.ENV_CHANGED
            | RiskKind.QUEUE_CHANGED
            | RiskKind.DEFINITION_CHANGED
            | RiskKind.IMAGE_CHANGED
            | RiskKind.SUBMIT_CHANGED
            | RiskKind.JOB_REMOVED
            | RiskKind.NODE_REMOVED
            | RiskKind.MEMORY_LOWERED
            | RiskKind.GPUS_LOWERED
            | RiskKind.TIMEOUT_LOWERED
            | RiskKind.NO_LONGER_STATED
            | RiskKind.RETRY_CHANGED
            | RiskKind.NODE_REPLACED
            | RiskKind.GPUS_RAISED
            | RiskKind.MEMORY_RAISED
            | RiskKind.VCPUS_RAISED
            | RiskKind.TIMEOUT_RAISED
            | RiskKind.ATTEMPTS_RAISED
            | RiskKind.RETRY_WIDENED
        ):
            subject = f"{risk.job}: node {node}" if node else risk.job or _definition(part)
        case _:
            assert_never(risk.kind)
    if with_values:
        before, after = ("none" if value is None else value for value in part.values)
        subject += f" ({before} -> {after})"
    return subject


def _named(risk: Risk, value: Any) -> str | None:
    """Return a value with the name of its variable or field."""
    between = "=" if risk.kind is RiskKind.RISKY_VARIABLE else ": "
    return None if value is None else f"{risk.field}{between}{value_text(value)}"


def _definition(part: RiskPart) -> str:
    jobs = f" ({counted(part.risk.jobs, 'job')})" if part.risk.jobs else ""
    before = f"{part.risk.definition_before} -> " if part.risk.definition_before else ""
    return f"job definition {before}{part.risk.definition}{jobs}{part.name and f': {part.name}'}"
