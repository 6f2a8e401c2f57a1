"""Findings as text for a terminal and as JSON for tools (``schemas/findings.schema.json``)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kedro_batch.diagnostics import Code, Finding, Severity
from kedro_batch.errors import Refused
from kedro_batch.text.wording import counted

FINDINGS_SCHEMA = "kedro-batch/findings/v1"
_SHOWN = 20
_PLAIN = (None, Code.INVALID_CONFIG, Code.INVALID_PLAN, Code.INVALID_PROJECT)
"""Kinds that say no more than the headline above them."""


def refusal_text(error: Refused) -> str:
    """Say what was refused and why, with the lines that mend it, ready to paste."""
    return "\n".join([error.headline, *finding_lines(error.findings), *_remedies(error.findings)])


def finding_lines(findings: Sequence[Finding], *, every: bool = False) -> Iterator[str]:
    """Write a line for each finding: for every error, and for some of what is less.

    Args:
        findings: Sorted.
        every: Show all of what is less, too.
    """
    shown: Counter[tuple[Severity, Code | None]] = Counter()
    left_out: defaultdict[tuple[Severity, Code | None], int] = defaultdict(int)
    for finding in findings:
        kind = (finding.severity, finding.code)
        if finding.severity is Severity.ERROR or every or shown[kind] < _SHOWN:
            shown[kind] += 1
            yield f"  {_head(finding)}{finding}"
        else:
            left_out[kind] += 1
    for (severity, code), count in left_out.items():
        yield f"  {severity} {code}: {count} more like these; -v shows them all, --json lists them"


def findings_headline(findings: Iterable[Finding]) -> str:
    """Count findings by weight: ``2 warnings, 1 note``."""
    counts = Counter(finding.severity for finding in findings)
    nouns = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    return ", ".join(counted(counts[severity], noun) for severity, noun in nouns.items() if counts[severity])


def findings_document(findings: Iterable[Finding], digest: str | None, code: Code) -> dict[str, Any]:
    """Give the JSON document of findings.

    Args:
        findings: Sorted.
        digest: That of the plan; None where there is no plan.
        code: The kind of findings that do not tell it themselves.
    """
    return {"schema": FINDINGS_SCHEMA, "digest": digest, "findings": [_fields(one, code) for one in findings]}


def _fields(finding: Finding, code: Code) -> dict[str, Any]:
    return {
        "severity": str(finding.severity),
        "code": str(finding.code or code),
        "source": finding.source,
        "line": finding.line,
        "path": list(finding.path),
        "message": finding.message,
        "about": {name: list(values) for name, values in finding.about.items()},
        "remedy": finding.remedy,
    }


def _head(finding: Finding) -> str:
    return "" if finding.code in _PLAIN else f"{finding.severity} {finding.code}: "


def _remedies(findings: Iterable[Finding]) -> Iterator[str]:
    remedies = "".join(dict.fromkeys(finding.remedy for finding in findings))
    if remedies:
        yield "\nReady to paste into the catalog, with the bucket and the type that fit:\n"
        yield remedies.rstrip("\n")
