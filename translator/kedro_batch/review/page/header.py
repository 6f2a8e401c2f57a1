"""What stands at the top of the page: the size of a plan, its digest, its facts. Overviews come in, words go out. Pure.

The first facts say how large a run is and where it goes; the others say where the plan comes from, and are folded. In a
diff, what differs comes first, and what is the same is folded. The peaks of each queue are folded in any case.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from kedro_batch.plan.model import Plan
from kedro_batch.review.diff.job_block import JobBlock
from kedro_batch.review.diff.model import Counts
from kedro_batch.review.diff.view import DiffView
from kedro_batch.review.formatting import quote_names
from kedro_batch.review.overview.model import Overview
from kedro_batch.review.overview.view import Fact, list_facts
from kedro_batch.text.escaping import for_review
from kedro_batch.text.wording import counted

_FOLDED = frozenset(
    (
        *("dependencies", "definitions", "images", "jobs with GPUs", "join jobs"),
        *("project", "pipelines", "env", "kedro version", "selection", "group by", "submit tags", "exclusive"),
    )
)
"""Labels of facts that are folded, as parameters are. All others come first."""
_LONG = "peak by queue"
"""The label of a fact that is too long to come first, even if it differs."""
_PARAMS = "params"
_SHORT = 12
"""Digits of a digest that tell two plans from each other; the page copies all of them."""
_ALGORITHM = "sha256:"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderFact:
    """A fact; ``before`` is empty if the plans do not differ in it, ``jobs`` if it is not one of some jobs."""

    label: str
    value: str
    before: str = ""
    jobs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A digest as the page shows it: its first digits, and the rest, which is copied with them."""

    short: str
    rest: str
    whole: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The words of the header.

    Attributes:
        size: Jobs, nodes and dependencies.
        digests: Those of the plans, the old one first; only one if they are the same, none of a plan without jobs.
        counts: In a diff, the number of jobs by what happened to them: a class, and words.
        facts: What comes first.
        folded: The other facts.
        policy: The policy that a diff was judged by; None if there was none.
        violations: What breaks it.
        see_all: The command that shows all violations; empty if all are shown here.
    """

    size: str
    digests: tuple[Digest, ...]
    counts: tuple[tuple[str, str], ...]
    facts: tuple[HeaderFact, ...]
    folded: tuple[HeaderFact, ...]
    policy: str | None = None
    violations: tuple[str, ...] = ()
    see_all: str = ""


def build_overview_header(overview: Overview, plan: Plan) -> Header:
    """Build the header of a plan."""
    facts = [HeaderFact(label=one.label, value=one.text) for one in _facts(overview, plan)]
    return Header(
        size=_size(overview),
        digests=_digests(overview),
        counts=(),
        facts=tuple(one for one in facts if not _is_folded(one)),
        folded=tuple(filter(_is_folded, facts)),
    )


def build_diff_header(
    counts: Counts, overviews: tuple[Overview, Overview], plans: tuple[Plan, Plan], view: DiffView, *, in_common: int
) -> Header:
    """Build the header of a diff.

    Args:
        counts: The number of jobs by what happened to them.
        overviews: Those of the old and the new plan.
        plans: The old and the new plan.
        view: What differs, in words.
        in_common: The number of changed jobs that differ in nothing but what all jobs have in common.
    """
    old, new = overviews
    before, after = (_facts_by_label(*one) for one in zip(overviews, plans, strict=True))
    if before["memory"] == after["memory"] and _memory(old) != _memory(new):  # they differ only before rounding
        before, after = (_facts_by_label(*one, exactly=True) for one in zip(overviews, plans, strict=True))
    facts = [
        HeaderFact(label=label, value=now, before="" if then == now else then)
        for label in {**before, **after}
        for then, now in [(before.get(label) or "-", after.get(label) or "-")]
    ]
    numbers = (
        ("added", counts.added, "+ {} added"),
        ("removed", counts.removed, "- {} removed"),
        ("changed", counts.changed - in_common, "~ {} changed"),
        ("same", in_common, "{} changed in common"),
        ("renamed", counts.renamed, "> {} renamed"),
        ("same", counts.unchanged, "{} unchanged"),
    )
    header = Header(
        size=_size(new) if _size(old) == _size(new) else f"{_size(old)} -> {_size(new)}",
        digests=_digests(old, new),
        counts=tuple((kind, text.format(f"{number:,}")) for kind, number, text in numbers if number),
        facts=(*_default_facts(view.defaults), *(one for one in facts if one.before and one.label != _LONG)),
        folded=(
            *(one for one in facts if one.before and one.label == _LONG),
            *(one for one in facts if not one.before),
        ),
    )
    return judged(header, view)


def judged(header: Header, view: DiffView) -> Header:
    """Return a header with what the policy says, if the diff was judged by one."""
    return replace(
        header,
        policy=view.policy and for_review(view.policy),
        violations=tuple(for_review(f"{one.severity} {one}") for one in view.violations.lines),
        see_all=for_review(view.see_all) if view.violations.left_out else "",
    )


def _default_facts(blocks: Iterable[JobBlock]) -> Iterator[HeaderFact]:
    """Yield the defaults that have changed, each once, with the jobs that it reaches."""
    for block in blocks:
        for one in block.details:
            before = one.before or ", ".join(quote_names(one.lost)) or "-"
            after = one.after or ", ".join(quote_names(one.gained)) or "-"
            yield HeaderFact(
                label=f"default of {for_review(one.label)}",
                value=for_review(after),
                before=for_review(before),
                jobs=for_review(", ".join(block.who)),
            )


def _size(overview: Overview) -> str:
    totals = overview.totals
    return f"{counted(totals.jobs, 'job')}, {counted(totals.nodes, 'node')}"


def _digests(*plans: Overview) -> tuple[Digest, ...]:
    """Return the digests of plans that have jobs, each once."""
    digests = dict.fromkeys(one.digest.removeprefix(_ALGORITHM) for one in plans if one.jobs)
    return tuple(Digest(short=one[:_SHORT], rest=one[_SHORT:], whole=f"{_ALGORITHM}{one}") for one in digests)


def _is_folded(fact: HeaderFact) -> bool:
    return fact.label in _FOLDED or fact.label == _LONG or fact.label.startswith(_PARAMS)


def _memory(overview: Overview) -> tuple[int, int]:
    return overview.totals.summed.memory_mib, overview.totals.peak.memory_mib


def _facts_by_label(overview: Overview, plan: Plan, *, exactly: bool = False) -> dict[str, str]:
    """Return the facts of a plan, to compare them with those of another: none is shortened."""
    return {fact.label: fact.text for fact in _facts(overview, plan, exactly=exactly, longest=None)}


def _facts(overview: Overview, plan: Plan, **options: Any) -> Iterator[Fact]:
    """Yield the facts of a plan, each with all its lines."""
    texts = {"dependencies": [f"{overview.totals.dependencies:,}"]}
    label = ""
    for one in list_facts(overview, plan, **options):
        label = one.label or label
        texts.setdefault(label, []).append(for_review(one.text))
    del texts["digest"]
    yield from (Fact(label=label, text="; ".join(lines)) for label, lines in texts.items())
