"""Properties of the diff of any two plans."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.model import JOIN_COMMAND, Job, JobName, Plan
from kedro_batch.plan.settings import JobSettings, Resources
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.model import Change, JobChange, PlanDiff, RiskKind, WordChange

SETTINGS = st.builds(
    JobSettings,
    job_queue=st.sampled_from(["q", "p"]),
    job_definition=st.just("d"),
    resources=st.builds(Resources, memory_mib=st.sampled_from([None, 4, 8]), gpus=st.sampled_from([None, 0, 1])),
    timeout_s=st.sampled_from([None, 60, 90]),
    tags=st.dictionaries(st.sampled_from("xy"), st.sampled_from("12")),
    submit=st.dictionaries(st.sampled_from("uv"), st.sampled_from([1, True, {}, {"w": 1}, [1]])),
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a plan of jobs with nodes, data and parents, and of join jobs."""
    names = draw(st.lists(st.sampled_from([JobName(f"job{number}") for number in range(8)]), min_size=1, unique=True))
    jobs: list[Job] = []
    for number, name in enumerate(names):
        above = tuple(sorted(draw(st.sets(st.sampled_from(names[:number]))))) if number else ()
        if draw(st.integers(0, 4)) == 0:
            jobs.append(Job(name=name, command=JOIN_COMMAND, depends_on=above, settings=draw(SETTINGS)))
            continue
        nodes = tuple(f"{name}_node{one}" for one in range(draw(st.integers(1, 2))))
        jobs.append(
            Job(
                name=name,
                nodes=nodes,
                command=("kedro", "run", f"--nodes={','.join(nodes)}", *draw(st.lists(st.sampled_from("ab")))),
                depends_on=above,
                reads=tuple(
                    sorted(draw(st.sets(st.sampled_from(["raw", "more", *(f"made_by_{one}" for one in above)]))))
                ),
                writes=(f"made_by_{name}",),
                settings=draw(SETTINGS),
            )
        )
    return Plan(jobs=tuple(jobs), env=draw(st.sampled_from([None, "prod"])))


@given(plans(), plans())
def test_plans_differ_exactly_when_jobs_or_their_origin_do(old, new):
    diff = diff_plans(old, new)
    assert diff.differ is bool(diff.jobs or diff.origin)
    assert diff.counts.added + diff.counts.renamed + diff.counts.changed + diff.counts.unchanged == len(new.jobs)
    assert diff.counts.removed + diff.counts.renamed + diff.counts.changed + diff.counts.unchanged == len(old.jobs)


@given(plans(), st.randoms(use_true_random=False))
def test_the_order_of_jobs_means_nothing(plan, chance):
    jobs = [*plan.jobs]
    chance.shuffle(jobs)
    diff = diff_plans(plan, replace(plan, jobs=tuple(jobs)))
    assert (diff.differ, diff.jobs, diff.risks, diff.totals) == (False, (), (), ())


@given(plans(), st.data())
def test_a_job_renamed_everywhere_is_one_renamed_job(plan, data):
    named = [job.name for job in plan.jobs if job.nodes]
    if not named:
        return
    name = data.draw(st.sampled_from(named))
    called = {name: JobName("another")}
    jobs = tuple(
        replace(
            job,
            name=called.get(job.name, job.name),
            depends_on=tuple(sorted(called.get(one, one) for one in job.depends_on)),
        )
        for job in plan.jobs
    )
    diff = diff_plans(plan, replace(plan, jobs=jobs))
    assert diff.jobs == (JobChange(job="another", change=Change.RENAMED, name_before=name),)
    assert diff.risks == ()


@given(plans(), st.data())
def test_a_job_more_or_less_is_one_change_and_that_of_its_children(plan, data):
    name = data.draw(st.sampled_from([job.name for job in plan.jobs]))
    fewer = tuple(
        replace(job, depends_on=tuple(one for one in job.depends_on if one != name))
        for job in plan.jobs
        if job.name != name
    )
    if not fewer:
        return
    children = {job.name for job in plan.jobs if name in job.depends_on}
    removed = diff_plans(plan, replace(plan, jobs=fewer)).jobs
    added = diff_plans(replace(plan, jobs=fewer), plan).jobs
    for found, change in ((removed, Change.REMOVED), (added, Change.ADDED)):
        assert {one.job for one in found if one.change is change} == {name}
        assert {one.job for one in found if one.change is not change} == children


@given(plans(), plans())
def test_the_differences_of_the_jobs_make_the_new_plan_of_the_old_one(old, new):
    assert rebuilt(old, diff_plans(old, new)) == {job.name: facts(job) for job in new.jobs}


def rebuilt(old: Plan, diff: PlanDiff) -> dict[str, Mapping[str, Any]]:
    """Apply what a diff says to the jobs of the old plan."""
    called = {one.name_before: one.job for one in diff.jobs if one.change is Change.RENAMED}
    changed = {one.name_before: one for one in diff.jobs}
    jobs = {}
    for job in old.jobs:
        before = facts(replace(job, depends_on=tuple(JobName(called.get(one, one)) for one in job.depends_on)))
        one = changed.get(job.name)
        if one is None or one.change is not Change.REMOVED:
            jobs[one.job if one else job.name] = applied(before, one) if one else before
    nothing = facts(Job(name=JobName(""), command=(), settings=JobSettings()))
    return jobs | {one.job: applied(nothing, one) for one in diff.jobs if one.change is Change.ADDED}


def facts(job: Job) -> dict[str, Any]:
    """Return everything of a job except its name, as plain values: settings by their paths."""
    return {
        "settings": {repr(path): repr(value) for path, value in leaves(job.settings.to_dict())},
        "command": job.command,
        "nodes": {*job.nodes},
        "parents": {*job.depends_on},
        "reads": {*job.reads},
        "writes": {*job.writes},
    }


def leaves(value: Mapping[str, Any], path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    found = []
    for name, inner in value.items():
        found += leaves(inner, (*path, name)) if isinstance(inner, Mapping) and inner else [((*path, name), inner)]
    return found


def applied(before: Mapping[str, Any], change: JobChange) -> dict[str, Any]:
    settings = {**before["settings"]}
    for field in change.fields:
        settings.pop(repr(field.path), None)
        if field.after is not None:
            settings[repr(field.path)] = repr(field.after)
    words = [(part.change, word) for part in change.command for word in part.words]
    if words:
        assert [word for kind, word in words if kind is not WordChange.ADDED] == [*before["command"]]
    sets = {"nodes": change.nodes, "parents": change.parents, "reads": change.reads, "writes": change.writes}
    return {
        "settings": settings,
        "command": tuple(word for kind, word in words if kind is not WordChange.REMOVED)
        if words
        else before["command"],
        **{name: before[name] - {*names.lost} | {*names.gained} for name, names in sets.items()},
    }


NAMESPACES = ("", "a.", "b.", "b.c.")


@st.composite
def namespaced_plans(draw: st.DrawFn) -> Plan:
    """Draw a plan whose nodes and datasets are in namespaces, and which reads data of others."""
    jobs: list[Job] = []
    for number, namespace in enumerate(draw(st.lists(st.sampled_from(NAMESPACES), min_size=1, max_size=8))):
        above = draw(st.sets(st.sampled_from([job.name for job in jobs]))) if jobs else set()
        nodes = tuple(f"{namespace}node{number}_{one}" for one in range(draw(st.integers(1, 2))))
        made = {job.name: job.writes[0] for job in jobs}
        jobs.append(
            Job(
                name=job_name(nodes),
                nodes=nodes,
                command=("kedro", "run", f"--nodes={','.join(nodes)}"),
                depends_on=tuple(sorted(above)),
                reads=tuple(sorted({f"{namespace}raw", *(made[name] for name in above)})),
                writes=(f"{namespace}made{number}",),
                settings=draw(SETTINGS),
            )
        )
    return Plan(jobs=tuple(jobs))


def job_name(nodes: tuple[str, ...]) -> JobName:
    return JobName("--".join(node.replace(".", "-") for node in nodes))


def with_namespaces(plan: Plan, called: Mapping[str, str]) -> Plan:
    """Rename namespaces, and all that is in them: nodes, datasets and jobs."""

    def rename(name: str) -> str:
        namespace = name[: name.rfind(".") + 1]
        return called.get(namespace, namespace) + name.removeprefix(namespace)

    def renamed(job: Job) -> Job:
        nodes, reads, writes = (tuple(map(rename, names)) for names in (job.nodes, job.reads, job.writes))
        return replace(
            job,
            name=job_name(nodes),
            nodes=nodes,
            command=(*job.command[:2], f"--nodes={','.join(nodes)}"),
            depends_on=tuple(sorted(names[name] for name in job.depends_on)),
            reads=tuple(sorted(reads)),
            writes=writes,
        )

    names = {job.name: job_name(tuple(map(rename, job.nodes))) for job in plan.jobs}
    return replace(plan, jobs=tuple(map(renamed, plan.jobs)))


RENAMED_NAMESPACES = st.sampled_from(
    [
        {"a.": "z."},
        {"b.c.": "b.z."},
        {"b.": "z.", "b.c.": "z.c."},
        {"": "z."},
        {"a.": ""},
        {name: f"z.{name}" for name in NAMESPACES},
        {name: f"z_{name}" for name in NAMESPACES if name},
    ]
)


@given(namespaced_plans(), RENAMED_NAMESPACES)
def test_a_renamed_namespace_is_renamed_jobs_and_no_other_risk_than_that_of_its_datasets(plan, called):
    new = with_namespaces(plan, called)
    diff = diff_plans(plan, new)
    moved = {one.name for one, other in zip(plan.jobs, new.jobs, strict=True) if one.name != other.name}
    assert {(one.name_before, one.job) for one in diff.jobs if one.change is Change.RENAMED} == {
        (one.name, other.name) for one, other in zip(plan.jobs, new.jobs, strict=True) if one.name in moved
    }
    assert (diff.counts.added, diff.counts.removed, diff.counts.renamed) == (0, 0, len(moved))
    assert not any(one.fields or one.parents for one in diff.jobs)
    written = {name for job in plan.jobs for name in job.writes} - {name for job in new.jobs for name in job.writes}
    assert [one.kind for one in diff.risks] == [RiskKind.DATASET_NOT_WRITTEN] * len(written)
    assert all(one.dataset == one.before and one.after in diff.data.outputs.gained for one in diff.risks)


@given(namespaced_plans(), RENAMED_NAMESPACES, st.data())
def test_another_edit_of_a_renamed_namespace_is_seen_beside_the_rename(plan, called, data):
    new = with_namespaces(plan, called)
    at = data.draw(st.integers(0, len(new.jobs) - 1))
    jobs = [*new.jobs]
    jobs[at] = replace(jobs[at], settings=replace(jobs[at].settings, job_queue="another"))
    diff = diff_plans(plan, replace(new, jobs=tuple(jobs)))
    assert (diff.risks[0].kind, diff.risks[0].job, diff.risks[0].after) == (
        RiskKind.QUEUE_CHANGED,
        jobs[at].name,
        "another",
    )
    assert [one.job for one in diff.jobs if one.fields] == [jobs[at].name]
