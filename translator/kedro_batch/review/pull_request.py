"""Write a plan or a diff as a comment on a pull request: a hidden marker, the summary, risks first, details folded.

A text of any plan fits into a comment: parts are cut after a whole entry, and the text says how much is left out.
"""

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from os.path import normpath

from kedro_batch.plan.model import Plan
from kedro_batch.plan.resource_hours import add_up_resources
from kedro_batch.review.broken_rules import WAYS_SHOWN, show_violations
from kedro_batch.review.commands import apply_command
from kedro_batch.review.diff.changes_text import described_jobs, untold_words, write_changes, write_every_job
from kedro_batch.review.diff.cost import CostLine, judge_cost, list_costs, spell_verdict
from kedro_batch.review.diff.details import Detail, data_details
from kedro_batch.review.diff.facts import answer_questions
from kedro_batch.review.diff.headline import write_headline
from kedro_batch.review.diff.model import PlanDiff, RiskKind
from kedro_batch.review.diff.risk_lines import RiskLine, count_risks
from kedro_batch.review.diff.sets_of_plans import sets_of_plans
from kedro_batch.review.diff.total_lines import total_details
from kedro_batch.review.diff.view import DiffView, build_diff_view
from kedro_batch.review.fit_text import Part, fit_text
from kedro_batch.review.job_sets import JobSets
from kedro_batch.review.markdown_escape import fence
from kedro_batch.review.mermaid import edges_of_diff
from kedro_batch.review.overview.hours import spell_most_hours
from kedro_batch.review.overview.model import Overview
from kedro_batch.review.overview.view import Fact, build_overview_view
from kedro_batch.review.plan_markdown import PlanMarkdown, PlanParts, count_left_out, draw_graph, most_edges
from kedro_batch.review.templates import render
from kedro_batch.text.clipping import shorten_pair

_RISKS = 45_000
"""The most characters for risks, if other changes need the rest."""
CHANGED_EDGES = 100
"""The most edges in the graph of a diff, which few readers unfold."""
_ROWS = 60
"""The most rows of totals."""
_TABLES = ("risks", "origin", "totals", "data")
_SUBJECTS = 20
"""The most subjects of a risk that are named one by one."""
_OPEN_LINES = 40
"""The most lines of changes that are not folded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffMarkdown:
    """The values that ``diff.md.j2`` shows: the parts of a diff that fit, and what is left out."""

    marker: str
    headline: str
    diff: DiffView
    subjects: int
    left_out: Mapping[str, str]
    changes: str
    changes_open: bool
    changes_left_out: str
    every_job: str
    every_job_left_out: bool
    costs: tuple[CostLine, ...]
    facts: tuple[Fact, ...]
    apply: str | None
    graph: str
    graph_left_out: str
    whole: PlanMarkdown | None
    removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewMarkdown:
    """The values that ``show.md.j2`` shows, likewise."""

    marker: str
    plan: PlanMarkdown
    apply: str | None


def render_diff_markdown(diff: PlanDiff, old: Plan, new: Plan, names: tuple[str, str]) -> str:
    """Write a diff for a pull request.

    Args:
        diff: What differs.
        old: The plan before.
        new: The plan after.
        names: What readers call the two plans.
    """
    sets = sets_of_plans((old, new), diff.jobs)
    page = _begin_diff(diff, (old, new), names, sets[1])
    view = page.diff
    whole = PlanParts(view.whole, new if new.jobs else old) if view.whole else None
    edges = edges_of_diff(diff, old, new)
    drawn = cache(lambda most: draw_graph(edges.draw(most)))
    broken = cache(lambda ways: show_violations(diff.violations, sets[1], max(1, ways)))
    blocks = (*view.blocks, *view.defaults)
    every_job = "" if view.whole else write_every_job(diff, sets)
    written = cache(lambda most: write_changes(view.blocks, view.defaults, most))
    all_changes = written(len(blocks))
    untold = untold_words(every_job, all_changes)
    worth_folding = bool(untold - described_jobs(blocks))  # not for the names of jobs alone that are described
    not_told = bool(all_changes and (untold or not every_job))

    def text(room: Mapping[str, int]) -> str:
        changes = written(room["blocks"])
        graph = drawn(room["changed_edges"]) if room["changed_edges"] else ("", "")
        shown = replace(
            page,
            diff=replace(
                view,
                violations=broken(room["ways"]),
                risks=_worst_and_rarest(view.risks, room["risks"]),
                **{part: getattr(view, part)[: room[part]] for part in _TABLES[1:]},
            ),
            subjects=max(1, room["subjects"]),
            left_out={part: count_left_out(len(getattr(view, part)) - room[part], "row") for part in _TABLES},
            changes=fence(changes, "diff") if changes else "",
            changes_open=changes.count("\n") <= _OPEN_LINES,
            changes_left_out=count_left_out(len(blocks) - room["blocks"], "block"),
            every_job=fence(every_job, "diff") if room["every_job"] else "",
            every_job_left_out=not_told and not room["every_job"],
            graph=graph[0],
            graph_left_out=graph[1],
            whole=whole.within(room) if whole else None,
        )
        return render("diff.md.j2", shown)

    parts = (
        Part("risks", len(view.risks), _RISKS),
        Part("ways", WAYS_SHOWN),
        *((whole.facts,) if whole else ()),
        Part("origin", len(view.origin)),
        Part("blocks", len(blocks)),
        Part("subjects", max((one.most_named(_SUBJECTS) for one in view.risks), default=_SUBJECTS)),
        Part("risks", len(view.risks)),
        Part("data", len(view.data)),
        Part("totals", min(len(view.totals), _ROWS)),
        Part("every_job", int(worth_folding)),
        Part("changed_edges", 0 if whole else most_edges(drawn, CHANGED_EDGES)),
        *(whole.parts if whole else ()),
    )
    return fit_text(text, parts)


def _begin_diff(diff: PlanDiff, plans: tuple[Plan, Plan], names: tuple[str, str], sets: JobSets) -> DiffMarkdown:
    """Return what the comment of a diff says however little fits; the jobs of ``sets`` are those of the new plan."""
    view = build_diff_view(diff, plans, names)
    view = replace(view, data=tuple(data_details(diff.data, full=False)))
    totals = tuple(total_details(diff, plans, full=True))
    if view.whole:  # it is told by itself: nothing is compared
        view = replace(view, origin=(), blocks=(), defaults=(), data=())
        totals = ()
    before, after = map(add_up_resources, plans)
    if view.whole:
        verdict = spell_most_hours(after) if plans[1].jobs else ""
    else:
        verdict = spell_verdict(judge_cost(diff, before, after), before, after)
    headline = write_headline(diff, risks=count_risks(view.risks), verdict=verdict)
    return DiffMarkdown(
        marker=_marker("diff", names[names[1] != os.devnull]),
        headline=headline,
        diff=replace(view, origin=tuple(map(_shorten_values, view.origin)), totals=totals),
        subjects=0,
        left_out={},
        changes="",
        changes_open=False,
        changes_left_out="",
        every_job="",
        every_job_left_out=False,
        costs=tuple(list_costs(before, after)) if diff.differ and not view.whole else (),
        facts=() if view.whole else tuple(answer_questions(diff, *plans, sets)),
        apply=None if names[1] == os.devnull else apply_command(names[1], diff.digest_after),
        graph="",
        graph_left_out="",
        whole=None,
        removed=not plans[1].jobs,
    )


def render_overview_markdown(overview: Overview, plan: Plan, name: str, *, full: bool = False) -> str:
    """Write a plan for a pull request.

    Args:
        overview: The overview of the plan.
        plan: The plan.
        name: What readers call it.
        full: Give every job a row of its own, as far as they fit.
    """
    view = build_overview_view(overview, plan, name, full=full)

    parts = PlanParts(view, plan)

    def text(room: Mapping[str, int]) -> str:
        page = OverviewMarkdown(
            marker=_marker("show", name), plan=parts.within(room), apply=apply_command(name, overview.digest)
        )
        return render("show.md.j2", page)

    return fit_text(text, (parts.facts, *parts.parts))


def _marker(command: str, name: str) -> str:
    """Return the comment by which a bot finds the text to replace: one for each plan, for all its revisions."""
    path = normpath(name.partition(":")[2] or name)
    plain = re.sub(r"[^A-Za-z0-9._/]+", "-", path).strip("-") or "plan"
    if plain != path:  # two paths may have become the same
        plain += f"-{sha256(path.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"
    return f"<!-- kedro-batch {command} {plain} -->"


def _shorten_values(one: Detail) -> Detail:
    before, after = shorten_pair(one.before, one.after)
    return replace(one, before=before, after=after)


def _worst_and_rarest(risks: Sequence[RiskLine], most: int) -> tuple[RiskLine, ...]:
    """Return as many risks in their order: the first of each kind, then the second of each, and so on."""
    place: Counter[RiskKind] = Counter()
    places = []
    for one in risks:
        place[one.kind] += 1
        places.append(place[one.kind])
    first = sorted(range(len(risks)), key=places.__getitem__)[:most]
    return tuple(risks[at] for at in sorted(first))
