"""What the page's script draws, as plain values: jobs by number, and where each stands in the graph.

Names, words and values go through ``for_review``: the page shows no character that nobody can see. Keys that a job does
not need are left out, and settings and datasets are told once, so that thousands of jobs stay a small file.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kedro_batch.diagnostics import path_text
from kedro_batch.review.diff.model import Change, DataChange, JobChange, Names, PlanDiff
from kedro_batch.review.diff.risk_lines import RiskLine, group_risks
from kedro_batch.review.formatting import memory_text
from kedro_batch.review.formatting import value_text as spelled
from kedro_batch.review.overview.model import JobOverview, Overview
from kedro_batch.review.page.layout import BOX_HEIGHT, BOX_WIDTH, Edge, Layout, assign_columns, lay_out_graph
from kedro_batch.text.escaping import for_review

GRAPH_JOBS = 1_000
GRAPH_PLACES = 12_000
"""More than so many jobs, or so many boxes and lines passing a column, and a browser no longer draws fluently."""

_LISTS = ("nodes", "parents", "reads", "writes")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Union:
    """The jobs of one plan, or of two in one.

    Attributes:
        jobs: The jobs of the new plan in its order, then those that were removed.
        change_of: The changes, by the names of ``jobs``.
        number: The number of each job.
        parents: For each job, its parents now.
        lost: For each job, the parents that it has no longer.
    """

    jobs: tuple[JobOverview, ...]
    change_of: Mapping[str, JobChange]
    number: Mapping[str, int]
    parents: tuple[tuple[int, ...], ...]
    lost: tuple[tuple[int, ...], ...]


def build_overview_data(overview: Overview) -> dict[str, Any]:
    """Give a plan as what the page embeds."""
    number = {job.job: index for index, job in enumerate(overview.jobs)}
    parents = tuple(tuple(number[parent] for parent in job.depends_on) for job in overview.jobs)
    union = _Union(jobs=overview.jobs, change_of={}, number=number, parents=parents, lost=((),) * len(parents))
    return {
        "kind": "plan",
        "box": [BOX_WIDTH, BOX_HEIGHT],
        **_jobs(union),
        "data": _data(overview, union),
        "risks": list(_unordered_reads(overview, number)),
        "graphs": {"whole": _whole(union), "changed": None},
    }


def build_diff_data(diff: PlanDiff, old: Overview, new: Overview) -> dict[str, Any]:
    """Give two plans in one as what the page embeds."""
    union = _union(diff, old, new)
    data = _data(new, union)
    data["changes"] = list(_data_changes(diff.data))
    return {
        "kind": "diff",
        "box": [BOX_WIDTH, BOX_HEIGHT],
        **_jobs(union),
        "data": data,
        "risks": [_risk(line, union.number) for line in group_risks(diff.risks)],
        "graphs": {"whole": _whole(union), "changed": _changed(union)},
    }


def _data_changes(data: DataChange) -> Iterator[tuple[str, str, str]]:
    """Give the sign of each change of the plan's data, the dataset, and what became of it."""
    told = (
        (data.inputs, "read from outside"),
        (data.outputs, "written"),
        (data.final_outputs, "kept as a result"),
    )
    yield from (("-", for_review(name), f"no longer {what}") for names, what in told for name in names.lost)
    yield from (("+", for_review(name), f"now {what}") for names, what in told for name in names.gained)


def _risk(line: RiskLine, number: Mapping[str, int]) -> dict[str, Any]:
    """Give risks alike: what they are, the values, and what they are about, each with the number of its job."""
    return {
        "what": line.what,
        "before": None if line.before is None else for_review(line.before),
        "after": None if line.after is None else for_review(line.after),
        "about": [
            (for_review(subject), number.get(job or "")) for subject, job in zip(line.subjects, line.jobs, strict=True)
        ],
    }


def _union(diff: PlanDiff, old: Overview, new: Overview) -> _Union:
    removed = {one.job for one in diff.jobs if one.change is Change.REMOVED}
    called = {one.name_before: one.job for one in diff.jobs if one.name_before}
    jobs = (*new.jobs, *(job for job in old.jobs if job.job in removed))
    number = {job.job: index for index, job in enumerate(jobs)}
    parents = tuple(
        () if job.job in removed else tuple(number[parent] for parent in job.depends_on)  # of the new plan
        for job in jobs
    )
    before = {
        number[called.get(job.job, job.job)]: [number[called.get(parent, parent)] for parent in job.depends_on]
        for job in old.jobs
    }
    lost = tuple(
        tuple(parent for parent in before.get(child, ()) if parent not in set(parents[child]))
        for child in range(len(jobs))
    )
    change_of = {one.job: one for one in diff.jobs}
    return _Union(jobs=jobs, change_of=change_of, number=number, parents=parents, lost=lost)


def _jobs(union: _Union) -> dict[str, Any]:
    settings: dict[int, int] = {}
    tables: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    for index, job in enumerate(union.jobs):
        key = id(job.settings)
        if key not in settings:
            settings[key] = len(tables)
            tables.append(_settings(job.settings))
        words = [for_review(word) for word in job.command]
        fields: dict[str, Any] = {
            "name": job.job,
            "level": job.level,
            "nodes": [for_review(node) for node in job.nodes],
            "command": words,
            "escaped": words != list(job.command),
            "parents": list(union.parents[index]),
            "lost": list(union.lost[index]),
            "reads": [for_review(name) for name in job.reads],
            "writes": [for_review(name) for name in job.writes],
            "change": _change(union, job.job),
        }
        told.append({name: value for name, value in fields.items() if value} | {"settings": settings[key]})
    return {"settings": tables, "jobs": told}


def _settings(stated: Mapping[str, Any]) -> dict[str, Any]:
    amounts = stated.get("resources", {})
    rows: list[tuple[str, str | None]] = []
    for name, value in stated.items():
        inner = value if isinstance(value, Mapping) else None
        for path, one in [((name, key), inner[key]) for key in inner] if inner else [((name,), value)]:
            rows.append((for_review(path_text(path)), _value_text(path, one)))
    vcpus, memory = amounts.get("vcpus"), amounts.get("memory_mib")
    return {
        "rows": rows,
        "queue": for_review(str(stated.get("job_queue", ""))),
        "vcpus": vcpus,
        "memory_mib": memory,
        "memory": None if memory is None else memory_text(memory),
    }


def _value_text(path: Sequence[str], value: object) -> str | None:
    """Spell a value of a plan; None stays None: it is not stated."""
    if value is None:
        return None
    text = for_review(spelled(value) or "")
    if isinstance(value, int) and path[-1] == "memory_mib" and memory_text(value) != f"{value} MiB":
        return f"{text} ({memory_text(value)})"
    return text


def _change(union: _Union, name: str) -> dict[str, Any] | None:
    one = union.change_of.get(name)
    if one is None:
        return None
    fields = {
        "kind": str(one.change),
        "before": one.name_before if one.name_before != one.job else None,
        "fields": [
            (for_review(field.name), _value_text(field.path, field.before), _value_text(field.path, field.after))
            for field in one.fields
        ],
        "command": [(str(part.change), [for_review(word) for word in part.words]) for part in one.command],
        "names": {label: _names(getattr(one, label)) for label in _LISTS if getattr(one, label)},
        "from": [for_review(came) for came in one.nodes_from],
        "to": [for_review(went) for went in one.nodes_to],
    }
    return {label: value for label, value in fields.items() if value}


def _names(names: Names) -> dict[str, list[str]]:
    return {side: [for_review(name) for name in theirs] for side, theirs in asdict(names).items()}


def _data(overview: Overview, union: _Union) -> dict[str, Any]:
    number, data = union.number, overview.data
    kept = set(data.final_outputs)
    outside: list[tuple[str, str, list[int], list[int]]] = [
        (for_review(one.dataset), "outside", [], [number[job] for job in one.read_by]) for one in data.inputs
    ]
    written = [
        (
            for_review(one.dataset),
            "kept" if one.dataset in kept else "between",
            [number[job] for job in one.written_by],
            [number[job] for job in one.read_by],
        )
        for one in data.outputs
    ]
    return {"datasets": outside + written}


def _unordered_reads(overview: Overview, number: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    about = [
        (f"{one.reader} reads {for_review(one.dataset)}, which {one.writer} writes", number[one.reader])
        for one in overview.data.unordered
    ]
    if about:
        yield {"what": "reads without waiting", "before": None, "after": None, "about": about}


def _whole(union: _Union) -> dict[str, Any] | None:
    return _graph(range(len(union.jobs)), union)


def _changed(union: _Union) -> dict[str, Any] | None:
    """Lay out what changed and its neighbours alone; if these are too many, what changed."""
    changed = {union.number[name] for name in union.change_of}
    near = set(changed)
    for child in range(len(union.jobs)):
        theirs = {*union.parents[child], *union.lost[child]}
        if child in changed:
            near |= theirs
        elif theirs & changed:
            near.add(child)
    return _graph(sorted(near), union) or _graph(sorted(changed), union)


def _graph(jobs: Collection[int], union: _Union) -> dict[str, Any] | None:
    if not 0 < len(jobs) <= GRAPH_JOBS:
        return None
    numbers = list(jobs)
    local = {job: index for index, job in enumerate(numbers)}
    parents, lost = (
        {local[job]: [local[one] for one in theirs[job] if one in local] for job in numbers}
        for theirs in (union.parents, union.lost)
    )
    column = assign_columns(parents, lost)
    edges: list[Edge] = [(one, job) for job in parents for one in (*parents[job], *lost[job])]
    layout = lay_out_graph([column[job] for job in parents], edges, GRAPH_PLACES)
    return None if layout is None else _drawn(layout, numbers)


def _drawn(layout: Layout, numbers: Sequence[int]) -> dict[str, Any]:
    return {
        "size": [layout.width, layout.height],
        "columns": layout.columns,
        "boxes": [(job, layout.column_of[index], layout.tops[index]) for index, job in enumerate(numbers)],
        "lines": [(numbers[line.parent], numbers[line.child], *line.passes) for line in layout.lines],
    }
