"""Write diagnostics as text for a terminal, and as JSON for tools (``schemas/diagnostics.schema.json``)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.errors import Refused
from kedro_batch.text.wording import counted

DIAGNOSTICS_SCHEMA = "kedro-batch/diagnostics/v1"
_SHOWN = 20
"""The most warnings, or notes, of one kind that are shown."""
_PLAIN = (None, Code.INVALID_CONFIG, Code.INVALID_PLAN, Code.INVALID_PROJECT)
"""Kinds that only repeat the headline above them."""


def refusal_text(error: Refused) -> str:
    """Return what was refused, why, and the lines to paste that fix it."""
    return "\n".join([error.headline, *diagnostic_lines(error.diagnostics), *_remedies(error.diagnostics)])


def diagnostic_lines(diagnostics: Sequence[Diagnostic], *, every: bool = False) -> Iterator[str]:
    """Yield a line for each error, and for the first warnings and notes of each kind.

    Args:
        diagnostics: The diagnostics, sorted.
        every: Yield all warnings and notes.
    """
    shown: Counter[tuple[Severity, Code | None]] = Counter()
    left_out: defaultdict[tuple[Severity, Code | None], int] = defaultdict(int)
    for diagnostic in diagnostics:
        kind = (diagnostic.severity, diagnostic.code)
        if diagnostic.severity is Severity.ERROR or every or shown[kind] < _SHOWN:
            shown[kind] += 1
            yield f"  {_head(diagnostic)}{diagnostic}"
        else:
            left_out[kind] += 1
    for (severity, code), count in left_out.items():
        yield f"  {severity} {code}: {count} more like these; -v shows them all, --json lists them"


def diagnostics_headline(diagnostics: Iterable[Diagnostic]) -> str:
    """Count diagnostics by severity: ``2 warnings, 1 note``."""
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    nouns = {severity: str(severity) for severity in Severity} | {Severity.INFO: "note"}
    return ", ".join(counted(counts[severity], nouns[severity]) for severity in Severity if counts[severity])


def diagnostics_document(diagnostics: Iterable[Diagnostic], digest: str | None, code: Code) -> dict[str, Any]:
    """Return the JSON document of diagnostics.

    Args:
        diagnostics: The diagnostics, sorted.
        digest: The digest of the plan; None if there is no plan.
        code: The kind of diagnostics without one.
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
        "remedy": diagnostic.remedy,
    }


def _head(diagnostic: Diagnostic) -> str:
    return "" if diagnostic.code in _PLAIN else f"{diagnostic.severity} {diagnostic.code}: "


def _remedies(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    remedies = "".join(dict.fromkeys(diagnostic.remedy for diagnostic in diagnostics))
    if remedies:
        yield "\nReady to paste into the catalog; adapt the bucket and the type:\n"
        yield remedies.rstrip("\n")
