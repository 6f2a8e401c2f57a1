"""Gives warnings the severity that is asked for: accepted ones inform, and with ``--strict`` the others refuse."""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kedro_batch.compiler.inputs import CompileInputs
from kedro_batch.compiler.nodes import glob_regex
from kedro_batch.diagnostics import Code, Diagnostic, Severity, sorted_diagnostics
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.text.wording import sentences


def apply_severities(
    diagnostics: Iterable[Diagnostic], inputs: CompileInputs, *, strict: bool
) -> tuple[Diagnostic, ...]:
    """Make notes of accepted warnings, and errors of the others if strict; the runner also refuses lost results."""
    return sorted_diagnostics(_apply_severity(one, inputs, strict=strict) for one in diagnostics)


def _apply_severity(diagnostic: Diagnostic, inputs: CompileInputs, *, strict: bool) -> Diagnostic:
    if diagnostic.severity is not Severity.WARNING:
        return diagnostic
    if _is_accepted(diagnostic, inputs.settings.accept.get(str(diagnostic.code), ())):
        return replace(diagnostic, severity=Severity.NOTE, advice="", remedy="")
    name = "NAME" if diagnostic.about else '"*"'
    accept = f"{how_to_accept(diagnostic.code, name, inputs.source.aws_batch.get('accept'))} in aws_batch.yml"
    if strict:
        advice = sentences(diagnostic.advice, f"Refused because of --strict; to accept it, {accept}")
        return replace(diagnostic, severity=Severity.ERROR, advice=advice)
    if inputs.options.for_runner and _has_no_entry(diagnostic, inputs):
        advice = sentences(diagnostic.advice, f"Without a plan to review it is refused; to accept the loss, {accept}")
        return replace(diagnostic, severity=Severity.ERROR, advice=advice)
    if diagnostic.code in _OFTEN_HARMLESS:
        return replace(diagnostic, advice=sentences(diagnostic.advice, f"If it does no harm, {accept}"))
    return diagnostic


def _has_no_entry(diagnostic: Diagnostic, inputs: CompileInputs) -> bool:
    """True for a result that is lost because the catalog does not have it."""
    lost = diagnostic.about.get("dataset", ()) if diagnostic.code is Code.UNSTORED_OUTPUT else ()
    return any(inputs.catalog.entry(name) is None for name in lost)


_OFTEN_HARMLESS = {Code.HOOKS_PER_JOB}
"""Warnings that say how to accept them without ``--strict`` too: many projects have nothing to change."""


def how_to_accept(code: Code | None, names: str, accept: Any) -> str:
    """Return what to add to ``accept`` as it is now.

    Args:
        code: What is to be accepted.
        names: What it is about, with commas.
        accept: The setting as it is.
    """
    if isinstance(accept, Mapping) and code in accept:
        return f"add {names} to {code}, under accept"
    if isinstance(accept, list) and accept:
        return f"add {code} to accept"
    return f"write {code}: [{names}] under accept"


def _is_accepted(diagnostic: Diagnostic, patterns: Sequence[str]) -> bool:
    """True if a pattern matches a dataset that a diagnostic is about, or else its source or another of its names."""
    named = diagnostic.about.get("dataset") or (diagnostic.source, *itertools.chain(*diagnostic.about.values()))
    regex = re.compile("|".join(map(glob_regex, patterns)) or "(?!)")
    return any(regex.fullmatch(name) or regex.fullmatch(without_transcoding(name)) for name in named)
