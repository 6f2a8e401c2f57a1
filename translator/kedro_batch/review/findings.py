"""Shows what checks of an account have found: a line for each, and what to do below it; or a document of JSON."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.text.wording import counted

FINDINGS_SCHEMA = "kedro-batch/doctor/v1"
MARKS = {Status.PASS: "ok", Status.WARNING: "warning", Status.FAILURE: "failure", Status.SKIPPED: "not checked"}
"""The word at the beginning of a line."""
_WIDTH = max(map(len, MARKS.values())) + 2


def finding_lines(finding: Finding) -> Iterator[str]:
    """Yield the line of a finding, and what to do in the line below it."""
    text = " ".join(str(finding).split())  # what a service says may have several lines
    yield f"{MARKS[finding.status]:{_WIDTH}}{text}"
    if finding.remedy:
        yield f"{'':{_WIDTH}}{finding.remedy}"


def summary_line(findings: Iterable[Finding]) -> str:
    """Count findings: ``9 checks passed, 1 failure, 2 not checked``."""
    counts = Counter(finding.status for finding in findings)
    passed = f"{counted(counts[Status.PASS], 'check')} passed"
    others = (counted(counts[one], str(one)) for one in (Status.WARNING, Status.FAILURE) if counts[one])
    skipped = [f"{counts[Status.SKIPPED]} not checked"] if counts[Status.SKIPPED] else []
    return ", ".join([passed, *others, *skipped])


def findings_document(
    findings: Sequence[Finding], *, plan: str | None, digest: str, region: str | None, account: str | None
) -> dict[str, Any]:
    """Return the JSON document of findings.

    Args:
        findings: In the order of the checks.
        plan: The plan's file; None if it was compiled from the project.
        digest: The plan's digest.
        region: The region that was asked; None if there was none.
        account: The account that was asked; None if it is not known.
    """
    counts = Counter(finding.status for finding in findings)
    return {
        "schema": FINDINGS_SCHEMA,
        "plan": plan,
        "digest": digest,
        "account": account,
        "region": region,
        "counts": {str(status): counts[status] for status in Status},
        "findings": [
            {
                "check": finding.check,
                "status": str(finding.status),
                "about": finding.about,
                "message": finding.message,
                "remedy": finding.remedy,
            }
            for finding in findings
        ],
    }
