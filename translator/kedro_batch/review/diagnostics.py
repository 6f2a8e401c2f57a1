"""Shows diagnostics: as text for a terminal, and as JSON for tools (``schemas/diagnostics.schema.json``)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.errors import Refused
from kedro_batch.text.wording import counted

DIAGNOSTICS_SCHEMA = "kedro-batch/diagnostics/v1"
_MAX_SHOWN = 20
_GENERAL = (None, Code.INVALID_CONFIG, Code.INVALID_PLAN, Code.INVALID_PROJECT)
"""Codes that say no more than the headline, so they are not shown."""


def refusal_text(error: Refused) -> str:
    """Return what was refused and why, and lines to paste that correct it."""
    return "\n".join([error.headline, *diagnostic_lines(error.diagnostics), *_remedies(error.diagnostics)])


def diagnostic_lines(diagnostics: Sequence[Diagnostic], *, every: bool = False) -> Iterator[str]:
    """Yield a line for each error, and for the first warnings and notes of each code.

    Args:
        diagnostics: Sorted.
        every: Yield a line for every warning and note as well.
    """
    shown: Counter[tuple[Severity, Code | None]] = Counter()
    left_out: defaultdict[tuple[Severity, Code | None], int] = defaultdict(int)
    for diagnostic in diagnostics:
        kind = (diagnostic.severity, diagnostic.code)
        if diagnostic.severity is Severity.ERROR or every or shown[kind] < _MAX_SHOWN:
            shown[kind] += 1
            yield f"  {_head(diagnostic)}{diagnostic}"
        else:
            left_out[kind] += 1
    for (severity, code), count in left_out.items():
        yield f"  {severity} {code}: {count} more like these; -v shows them all, --json lists them"


def diagnostics_headline(diagnostics: Iterable[Diagnostic]) -> str:
    """Count diagnostics by severity: ``2 warnings, 1 note``."""
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    nouns = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
    return ", ".join(counted(counts[severity], noun) for severity, noun in nouns.items() if counts[severity])


def diagnostics_document(diagnostics: Iterable[Diagnostic], digest: str | None, code: Code) -> dict[str, Any]:
    """Return the JSON document of diagnostics.

    Args:
        diagnostics: Sorted.
        digest: The plan's digest; None if there is no plan.
        code: The code of diagnostics that have none of their own.
    """
    return {"schema": DIAGNOSTICS_SCHEMA, "digest": digest, "diagnostics": [_fields(one, code) for one in diagnostics]}


def _fields(diagnostic: Diagnostic, code: Code) -> dict[str, Any]:
    return {
        "severity": str(diagnostic.severity),
        "code": str(diagnostic.code or code),
        "source": diagnostic.source,
        "line": diagnostic.line,
        "path": list(diagnostic.path),
        "message": diagnostic.message,
        "about": {name: list(values) for name, values in diagnostic.about.items()},
        "advice": diagnostic.advice,
        "remedy": diagnostic.remedy,
    }


def _head(diagnostic: Diagnostic) -> str:
    return "" if diagnostic.code in _GENERAL else f"{diagnostic.severity} {diagnostic.code}: "


def _remedies(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    remedies = "".join(dict.fromkeys(diagnostic.remedy for diagnostic in diagnostics))
    if remedies:
        yield "\nPaste into the catalog, and change bucket and type as needed:\n"
        yield remedies.rstrip("\n")
