"""Writes a plan, or what differs between two, as one HTML file that needs nothing else: no server, no network.

Overviews and diffs come in, the text of the page goes out. The data are embedded as JSON; the scripts of
``templates/page/`` build what people see of them and never take data for HTML. The page's policy allows these scripts
and this style alone, by their hashes, so that even a mistake in them reaches no other address and runs no other code.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from markupsafe import Markup

from kedro_batch.resources import folder
from kedro_batch.review.changes import PlanDiff, Risk, RiskKind
from kedro_batch.review.overview import Overview
from kedro_batch.review.overview_view import Fact, facts_of
from kedro_batch.review.page_data import diff_data, overview_data, value_text
from kedro_batch.review.printable import visible
from kedro_batch.review.templates import render
from kedro_batch.words import counted

_SCRIPTS = ("jobs.js", "drawing.js", "listing.js", "details.js", "page.js")
"""Together they are one module."""

_WARNINGS = 100
"""A header does not tell more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fact:
    """A line of the header; ``before`` is empty unless it differs between two plans."""

    label: str
    value: str
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Warning:
    """What a reviewer must not miss, and the number of the job to look at."""

    text: str
    job: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What ``page/page.html.j2`` is filled with."""

    title: str
    heading: str
    policy: str
    style: Markup
    script: Markup
    data: Markup
    facts: tuple[_Fact, ...]
    counts: tuple[tuple[str, str], ...]
    warnings: tuple[_Warning, ...]
    warnings_title: str
    more_warnings: str
    has_graph: bool
    is_diff: bool
    no_graph: str


def overview_page(overview: Overview, title: str) -> str:
    """Write a plan as a page.

    Args:
        overview: The plan.
        title: What the page is called, such as the name of the file.
    """
    data = overview_data(overview)
    number = {job.job: index for index, job in enumerate(overview.jobs)}
    warnings = tuple(
        _Warning(
            text=_UNORDERED.format(dataset=visible(one.dataset), job=one.reader, writer=one.writer),
            job=number[one.reader],
        )
        for one in overview.data.unordered
    )
    facts = tuple(_Fact(label=one.label, value=one.text) for one in _facts(overview))
    return _page(data, title, facts, (), warnings)


def diff_page(diff: PlanDiff, old: Overview, new: Overview, title: str) -> str:
    """Write what differs between two plans as a page.

    Args:
        diff: What differs.
        old: The plan before.
        new: The plan after.
        title: What the page is called, such as ``main:plan.yaml -> plan.yaml``.
    """
    data = diff_data(diff, old, new)
    number = {job["name"]: index for index, job in enumerate(data["jobs"])}
    warnings = tuple(_Warning(text=_risk_text(one), job=number.get(one.job or "")) for one in diff.risks)
    before, after = ({fact.label: fact.text for fact in _facts(overview)} for overview in (old, new))
    facts = tuple(
        _Fact(label=label, value=after.get(label, "-"), before=_if_not(after.get(label), before.get(label, "-")))
        for label in {**before, **after}
    )
    counts = diff.counts
    told = (
        ("added", f"+ {counts.added:,} added"),
        ("removed", f"- {counts.removed:,} removed"),
        ("changed", f"~ {counts.changed:,} changed"),
        ("renamed", f"> {counts.renamed:,} renamed"),
        ("same", f"{counts.unchanged:,} unchanged"),
    )
    return _page(data, title, facts, told, warnings)


def _if_not(now: str | None, before: str) -> str:
    return "" if before == now else before


def _page(
    data: dict[str, Any],
    title: str,
    facts: tuple[_Fact, ...],
    counts: tuple[tuple[str, str], ...],
    warnings: tuple[_Warning, ...],
) -> str:
    style, script = _joined("page.css"), _joined(*_SCRIPTS)
    is_diff = data["kind"] == "diff"
    has_graph = any(data["graphs"].values())
    view = _Page(
        title=visible(title),
        heading="What changes" if is_diff else "Plan",
        policy=(
            f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
            "base-uri 'none'; form-action 'none'"
        ),
        style=Markup(style),  # noqa: S704  our own
        script=Markup(script),  # noqa: S704  our own
        data=Markup(_embedded(data)),  # noqa: S704  escaped there
        facts=facts,
        counts=counts,
        warnings=warnings[:_WARNINGS],
        more_warnings=f"and {len(warnings) - _WARNINGS:,} more" if len(warnings) > _WARNINGS else "",
        warnings_title=counted(len(warnings), "risk" if is_diff else "warning"),
        has_graph=has_graph,
        is_diff=is_diff,
        no_graph="" if has_graph else f"{len(data['jobs']):,} jobs: too many to draw as one graph",
    )
    return render("page/page.html.j2", view)


def _joined(*files: str) -> str:
    return "\n".join((folder("templates") / "page" / file).read_text(encoding="utf-8") for file in files)


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _embedded(data: dict[str, Any]) -> str:
    """Write JSON that no HTML parser can take for anything else: ASCII without angle brackets and ampersands."""
    text = json.dumps(data, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _facts(overview: Overview) -> Iterator[Fact]:
    totals = overview.totals
    yield Fact(label="jobs", text=f"{totals.jobs:,}")
    yield Fact(label="nodes", text=f"{totals.nodes:,}")
    yield Fact(label="dependencies", text=f"{totals.dependencies:,}")
    yield from (Fact(label=one.label, text=visible(one.text)) for one in facts_of(overview))


def _risk_text(risk: Risk) -> str:
    """Say a risk in a sentence."""
    memory = risk.kind is RiskKind.MEMORY_LOWERED
    before, after = (value_text(("memory_mib" if memory else "",), value) for value in (risk.before, risk.after))
    return _RISKS[risk.kind].format(
        job=visible(risk.job or ""),
        dataset=visible(risk.dataset or ""),
        node=visible(risk.node or ""),
        values=f"{before} -> {after}",
        writer=after,
    )


_UNORDERED = "{job} reads {dataset}, which {writer} writes, and does not wait for it"
_RISKS = {
    RiskKind.QUEUE_CHANGED: "{job} goes to another queue: {values}",
    RiskKind.DEFINITION_CHANGED: "{job} has another job definition: {values}",
    RiskKind.ENV_CHANGED: "the configuration environment changes: {values}",
    RiskKind.JOB_REMOVED: "{job} is removed",
    RiskKind.NODE_REMOVED: "{job} no longer runs {node}, and no other job does",
    RiskKind.DATASET_NOT_WRITTEN: "no job writes {dataset} any longer",
    RiskKind.UNORDERED_READ: _UNORDERED,
    RiskKind.MEMORY_LOWERED: "{job} gets less memory: {values}",
    RiskKind.GPUS_LOWERED: "{job} gets fewer GPUs: {values}",
    RiskKind.TIMEOUT_LOWERED: "{job} is ended sooner, timeout_s: {values}",
}
