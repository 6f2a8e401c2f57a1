"""Shows diagnostics: as text for a terminal, and as JSON for tools (``schemas/diagnostics.schema.json``)."""

import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.errors import Refused
from kedro_batch.text.wording import counted, listed, sentences

DIAGNOSTICS_SCHEMA = "kedro-batch/diagnostics/v1"
_MAX_SHOWN = 20
_HOW_TO_SEE_ALL = "-v shows them all, --json lists them"
_GENERAL = (None, Code.INVALID_CONFIG, Code.INVALID_PLAN, Code.INVALID_PROJECT)
"""Codes that say no more than the headline, so they are not shown."""


_SUMMARIES = {
    Code.EPHEMERAL_BOUNDARY: "datasets between jobs are only in memory",
    Code.LOCAL_BOUNDARY: "datasets between jobs are on one container's disk",
    Code.UNKNOWN_BOUNDARY: "datasets between jobs are in places that nobody knows",
    Code.VERSIONED_BOUNDARY: "versioned datasets are read in their newest versions",
    Code.LOCAL_INPUT: "local inputs are there only if the image has them",
    Code.LOCAL_OUTPUT: "results are on a container's disk, and lost with it",
    Code.UNSTORED_OUTPUT: "results are only in memory, and lost",
    Code.PLACEHOLDER: "places of datasets are still to be filled in",
    Code.UNKNOWN_STORAGE: "inputs and results are in places that nobody knows",
}
"""What several diagnostics of a code have in common; their names are all that needs to be added."""


def refusal_text(error: Refused, *, width: int | None = None, every: bool = False) -> str:
    """Return what was refused and why, and lines to paste that correct it.

    Args:
        error: The refusal.
        width: The most characters of a line; None to break no lines.
        every: Leave nothing out.
    """
    return "\n".join(
        [
            error.headline,
            *diagnostic_lines(error.diagnostics, width=width, every=every),
            *remedy_lines(error.diagnostics, every=every),
            *([error.advice] if error.advice else ()),
        ]
    )


def diagnostic_lines(
    diagnostics: Sequence[Diagnostic], *, width: int | None = None, every: bool = False
) -> Iterator[str]:
    """Yield lines about diagnostics: those of one code together, with what to do once for all of them.

    Args:
        diagnostics: Sorted.
        width: The most characters of a line; None to break no lines.
        every: Show all that is known of each.
    """
    groups: defaultdict[_Kind, list[Diagnostic]] = defaultdict(list)
    for diagnostic in diagnostics:
        groups[diagnostic.severity, diagnostic.code, diagnostic.advice].append(diagnostic)
    for kind, members in groups.items():
        for depth, text in _group_lines(kind, members, every=every):
            yield from _wrap(text, depth, width)


_ENTRY = re.compile(r"^(?=\S)", re.MULTILINE)
"""Where a catalog entry begins."""


def remedy_lines(diagnostics: Iterable[Diagnostic], *, every: bool = False) -> Iterator[str]:
    """Yield catalog entries to paste; of very many, the first, unless every one is wanted."""
    entries = (entry for one in diagnostics for entry in _ENTRY.split(one.remedy) if entry)
    remedies = [*dict.fromkeys(entries)]
    if remedies:
        shown = remedies if every else remedies[:_MAX_SHOWN]
        change = ". Change my-bucket" if any("my-bucket" in entry for entry in shown) else ""
        yield f"\nEntries for the catalog, in place of those of the same name{change}:\n"
        yield "".join(shown).rstrip("\n")
        if len(shown) < len(remedies):
            yield f"# and {len(remedies) - len(shown)} more; {_HOW_TO_SEE_ALL}"


_Kind = tuple[Severity, Code | None, str]


def _group_lines(kind: _Kind, members: Sequence[Diagnostic], *, every: bool) -> Iterator[tuple[int, str]]:
    """Yield lines about diagnostics of one kind, each with its depth."""
    severity, code, advice = kind
    head = "" if code in _GENERAL else f"{severity} {code}: "
    if len(members) == 1:
        yield 1, head + sentences(str(members[0]), advice)
        return
    most = len(members) if every else _MAX_SHOWN
    if code in _SUMMARIES and advice and not every and all("dataset" in one.about for one in members):
        yield 1, f"{head}{len(members):,} {_SUMMARIES[code]}:"
        names = listed((one.source for one in members), most)
        yield 2, names if len(members) <= most else f"{names}; {_HOW_TO_SEE_ALL}"
    else:
        shown = members if severity is Severity.ERROR else members[:most]
        yield from ((1, f"{head}{one}") for one in shown)
        if len(shown) < len(members):
            yield 1, f"{head}{len(members) - len(shown):,} more like these; {_HOW_TO_SEE_ALL}"
    if advice:
        yield 2, advice


_CODE = re.compile(r"`[^`]*`|(?:(?<=[Ww]rite )\w+|\b(?=\w*_)\w+): (?:\[[^\]]*\]|\{[^}]*\}|\S+)")
"""What people copy: commands in backticks, and settings with their values."""
_KEPT = "\0"
"""Stands for a space at which no line is broken."""


def _wrap(text: str, depth: int, width: int | None) -> Iterator[str]:
    """Yield a text with its indent, in lines of at most this width; longer words stay whole, and so does code."""
    for line in text.split("\n"):
        indent = "  " * depth + line[: len(line) - len(line.lstrip())]
        if width is None or 2 * depth + len(line) <= width:
            yield f"{'  ' * depth}{line}" if line else ""
        else:
            wrapped = textwrap.wrap(
                _CODE.sub(lambda found: found[0].replace(" ", _KEPT), line.strip()),
                width,
                initial_indent=indent,
                subsequent_indent=f"{indent}    " if depth == 1 else indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
            yield from (one.replace(_KEPT, " ") for one in wrapped)


def diagnostics_headline(diagnostics: Iterable[Diagnostic]) -> str:
    """Count diagnostics by severity: ``2 warnings, 1 note``."""
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    return ", ".join(counted(counts[severity], str(severity)) for severity in Severity if counts[severity])


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
