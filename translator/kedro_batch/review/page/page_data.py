"""Build the data that the page embeds: overviews and diffs come in, a ``PageData`` goes out.

All names, words and values go through ``for_review``, which escapes invisible characters. Equal settings are stored
once, so that thousands of jobs stay a small file.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from kedro_batch.diagnostics import path_text
from kedro_batch.review.diff.common_changes import CommonChanges
from kedro_batch.review.diff.detail_impacts import place_impacts, worst_impact
from kedro_batch.review.diff.model import Change, DataChange, JobChange, Names, PlanDiff
from kedro_batch.review.diff.risk_lines import RiskLine
from kedro_batch.review.formatting import job_resources_text, memory_text, setting_text, value_text
from kedro_batch.review.overview.model import JobOverview, Overview
from kedro_batch.review.page.colours import build_colours
from kedro_batch.review.page.graph_data import build_graph_data
from kedro_batch.review.page.groups import FOLDED_ABOVE
from kedro_batch.review.page.model import PageChange, PageData, PageDatasets, PageJob, PageRisk, PageSettings, Row
from kedro_batch.text.escaping import for_review

_WITH_OWN_NAMES = ("environment", "tags", "submit")
"""Settings whose keys are no words of ours."""
_LISTS = ("nodes", "parents", "reads", "writes")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Union:
    """The jobs of one plan, or of two plans together.

    Attributes:
        jobs: The jobs of the new plan in its order, then those that were removed.
        change_of: The change of each job that differs.
        number: The number of each job: its index in ``jobs``.
        parents: For each job, its parents in the new plan.
        lost: For each job, the parents that it lost.
        removed: The jobs that are in the old plan alone.
        common: The jobs that differ only in what all jobs share, or a default has.
        rows: The settings and changed fields that have a number.
    """

    jobs: tuple[JobOverview, ...]
    change_of: Mapping[str, JobChange]
    number: Mapping[str, int]
    parents: tuple[tuple[int, ...], ...]
    lost: tuple[tuple[int, ...], ...]
    removed: frozenset[int] = frozenset()
    common: frozenset[str] = frozenset()
    rows: dict[Row, int] = field(default_factory=dict)

    def number_row(self, *row: str | None) -> int:
        """Return the number of a setting, or of a changed field, with its values."""
        return self.rows.setdefault(row, len(self.rows))

    def own_changes(self) -> dict[int, str]:
        """Return what happened to each job that differs by itself: in more than what all jobs share."""
        return {self.number[name]: str(one.change) for name, one in self.change_of.items() if name not in self.common}


def build_overview_data(overview: Overview, risks: Iterable[RiskLine] | None = None) -> PageData:
    """Build the data of a plan.

    Args:
        overview: The plan.
        risks: What a review has found in it; None for its unordered reads, if there was none.
    """
    number = {job.job: index for index, job in enumerate(overview.jobs)}
    parents = tuple(tuple(number[parent] for parent in job.depends_on) for job in overview.jobs)
    union = _Union(jobs=overview.jobs, change_of={}, number=number, parents=parents, lost=((),) * len(parents))
    data = PageDatasets(datasets=_build_datasets(overview, union))
    found = _unordered_reads(overview, number) if risks is None else (_build_risk(line, number) for line in risks)
    return _build_data("plan", union, data, tuple(found))


def build_diff_data(
    diff: PlanDiff, overviews: tuple[Overview, Overview], risks: Iterable[RiskLine], common: CommonChanges
) -> PageData:
    """Build the data of a diff: both plans together.

    Args:
        diff: What differs.
        overviews: The old and the new plan.
        risks: Its risks as lines.
        common: What differs in all jobs.
    """
    old, new = overviews
    union = _unite_plans(diff, old, new, common)
    data = PageDatasets(datasets=_build_datasets(new, union), changes=tuple(_data_changes(diff.data)))
    return _build_data("diff", union, data, tuple(_build_risk(line, union.number) for line in risks))


def _build_data(
    kind: Literal["plan", "diff"], union: _Union, data: PageDatasets, risks: tuple[PageRisk, ...]
) -> PageData:
    graph = build_graph_data(union.jobs, union.parents, union.lost, union.own_changes(), union.removed)
    settings, settings_of = _build_settings(union)
    return PageData(
        kind=kind,
        settings=settings,
        jobs=tuple(
            _build_job(union, index, settings_of[index], graph.group_of[index]) for index in range(len(union.jobs))
        ),
        rows=tuple(union.rows),
        groups=graph.groups,
        folded_above=FOLDED_ABOVE,
        path=graph.path,
        colours=build_colours(settings, settings_of),
        shown=_changed_and_near(union) or None,
        data=data,
        risks=risks,
    )


def _data_changes(data: DataChange) -> Iterator[tuple[str, str, str]]:
    """Yield each change in the plan's datasets: its sign, the dataset, and what happened to it."""
    roles = ((data.inputs, "an input"), (data.outputs, "an output"), (data.final_outputs, "a final output"))
    yield from (("-", for_review(name), f"no longer {role}") for names, role in roles for name in names.lost)
    yield from (("+", for_review(name), f"now {role}") for names, role in roles for name in names.gained)


def _build_risk(line: RiskLine, number: Mapping[str, int]) -> PageRisk:
    return PageRisk(
        what=line.what,
        before=None if line.before is None else for_review(line.before),
        after=None if line.after is None else for_review(line.after),
        who=line.heading and for_review(line.heading),
        cost=line.is_cost,
        about=tuple(
            (for_review(subject), number.get(job or "")) for subject, job in zip(line.subjects, line.jobs, strict=True)
        ),
    )


def _unite_plans(diff: PlanDiff, old: Overview, new: Overview, common: CommonChanges) -> _Union:
    removed = {one.job for one in diff.jobs if one.change is Change.REMOVED}
    new_names = {one.name_before: one.job for one in diff.jobs if one.name_before}
    jobs = (*new.jobs, *(job for job in old.jobs if job.job in removed))
    number = {job.job: index for index, job in enumerate(jobs)}
    parents = tuple(
        () if job.job in removed else tuple(number[parent] for parent in job.depends_on)  # of the new plan
        for job in jobs
    )
    before = {
        number[new_names.get(job.job, job.job)]: [number[new_names.get(parent, parent)] for parent in job.depends_on]
        for job in old.jobs
    }
    lost = tuple(
        tuple(parent for parent in before.get(child, ()) if parent not in set(parents[child]))
        for child in range(len(jobs))
    )
    return _Union(
        jobs=jobs,
        change_of={one.job: one for one in diff.jobs},
        number=number,
        parents=parents,
        lost=lost,
        removed=frozenset(number[name] for name in removed),
        common=frozenset(one.job for one in diff.jobs if common.are_all_of(one)),
    )


def _build_job(union: _Union, index: int, settings: int, group: int | None) -> PageJob:
    job = union.jobs[index]
    words = tuple(map(for_review, job.command))
    return PageJob(
        name=job.job,
        level=job.level,
        nodes=tuple(map(for_review, job.nodes)),
        command=words,
        escaped=words != tuple(job.command),
        parents=union.parents[index],
        lost=union.lost[index],
        reads=tuple(map(for_review, job.reads)),
        writes=tuple(map(for_review, job.writes)),
        change=_build_change(union, job.job),
        settings=settings,
        group=group,
    )


def _build_settings(union: _Union) -> tuple[tuple[PageSettings, ...], tuple[int, ...]]:
    """Return the settings of jobs, each once, and for each job the number of its settings."""
    number: dict[int, int] = {}
    settings: list[PageSettings] = []
    settings_of: list[int] = []
    for job in union.jobs:
        key = id(job.settings)
        if key not in number:
            number[key] = len(settings)
            settings.append(_settings_of(job, union))
        settings_of.append(number[key])
    return tuple(settings), tuple(settings_of)


def _settings_of(job: JobOverview, union: _Union) -> PageSettings:
    known = job.resources.known
    own: list[int] = []
    for name, value in job.settings.items():
        inner = value if isinstance(value, Mapping) else None
        for path, one in [((name, key), inner[key]) for key in inner] if inner else [((name,), value)]:
            own.append(union.number_row(for_review(path_text(path)), _setting_text(path, one)))
    return PageSettings(
        rows=tuple(own),
        queue=for_review(str(job.settings.get("job_queue", ""))),
        vcpus=known.vcpus,
        memory_mib=known.memory_mib,
        memory=None if known.memory_mib is None else memory_text(known.memory_mib),
        gpus=known.gpus,
        words=job_resources_text(job.resources),
    )


def _setting_text(path: Sequence[str], value: object) -> str | None:
    """Spell a setting, an amount with its unit; None stays None: the setting is not stated."""
    text = value_text(value) if path[0] in _WITH_OWN_NAMES else setting_text(path[-1], value)
    return None if text is None else for_review(text)


def _build_change(union: _Union, name: str) -> PageChange | None:
    one = union.change_of.get(name)
    if one is None:
        return None
    return PageChange(
        kind=str(one.change),
        common=name in union.common,
        before=one.name_before if one.name_before != one.job else None,
        fields=tuple(
            union.number_row(
                for_review(each.name), *(_setting_text(each.path, value) for value in (each.before, each.after))
            )
            for each in one.fields
        ),
        command=tuple((str(part.change), tuple(map(for_review, part.words))) for part in one.command),
        names={label: _names(getattr(one, label)) for label in _LISTS if getattr(one, label)},
        nodes_from=tuple(map(for_review, one.nodes_from)),
        nodes_to=tuple(map(for_review, one.nodes_to)),
        marks=_marks(one),
    )


def _marks(one: JobChange) -> dict[str, str]:
    impacts = place_impacts(one)
    fields = {field.name: worst_impact((field.impact, impacts.get(field.name))) for field in one.fields}
    return {for_review(label): impact.mark for label, impact in {**impacts, **fields}.items() if impact}


def _names(names: Names) -> dict[str, tuple[str, ...]]:
    return {side: tuple(map(for_review, theirs)) for side, theirs in asdict(names).items()}


def _build_datasets(overview: Overview, union: _Union) -> tuple[tuple[str, str, tuple[int, ...], tuple[int, ...]], ...]:
    data, final = overview.data, set(overview.data.final_outputs)

    def numbers(jobs: Iterable[str]) -> tuple[int, ...]:
        return tuple(union.number[job] for job in jobs)

    return (
        *((for_review(one.dataset), "input", (), numbers(one.read_by)) for one in data.inputs),
        *(
            (
                for_review(one.dataset),
                "final" if one.dataset in final else "intermediate",
                numbers(one.written_by),
                numbers(one.read_by),
            )
            for one in data.outputs
        ),
    )


def _unordered_reads(overview: Overview, number: Mapping[str, int]) -> Iterator[PageRisk]:
    about = tuple(
        (
            f"{one.reader} reads {for_review(one.dataset)} without waiting for {one.writer}, which writes it",
            number[one.reader],
        )
        for one in overview.data.unordered
    )
    if about:
        yield PageRisk(what="unordered read", before=None, after=None, who=None, cost=False, about=about)


def _changed_and_near(union: _Union) -> tuple[int, ...]:
    """Return the jobs with changes of their own, and their neighbours."""
    changed = union.own_changes().keys()
    near = set(changed)
    for child in range(len(union.jobs)):
        theirs = {*union.parents[child], *union.lost[child]}
        if child in changed:
            near |= theirs
        elif theirs & changed:
            near.add(child)
    return tuple(sorted(near))
