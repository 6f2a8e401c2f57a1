from typing import Any

import pytest

from kedro_batch.plan.model import Job, Plan, Selection
from kedro_batch.plan.settings import Resources
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.model import Change, FieldChange, JobChange, Names, RiskKind, WordChange, Words
from tests.review.counted_names import CountedName, count_looks
from tests.support.plans import a_job, layered


def changes(old: list[Job], new: list[Job]) -> list[JobChange]:
    return list(diff_plans(Plan(jobs=tuple(old)), Plan(jobs=tuple(new))).jobs)


def a_change(job: str = "a", change: Change = Change.CHANGED, **given) -> JobChange:
    return JobChange(job=job, change=change, name_before=given.pop("name_before", job), **given)


def a_field(path: str, before: Any, after: Any, impact: RiskKind | None = None) -> FieldChange:
    return FieldChange(path=tuple(path.split(".")), before=before, after=after, impact=impact)


FIELDS: dict[str, tuple[Job, Job, list[FieldChange]]] = {
    "number": (a_job(timeout_s=60), a_job(timeout_s=90), [a_field("timeout_s", 60, 90, RiskKind.TIMEOUT_RAISED)]),
    "what_was_not_stated": (a_job(), a_job(attempts=2), [a_field("attempts", None, 2, RiskKind.ATTEMPTS_RAISED)]),
    "no_gpus_are_not_the_same_as_those_of_the_definition": (
        a_job(resources=Resources(gpus=0)),
        a_job(),
        [a_field("resources.gpus", 0, None)],
    ),
    "key_of_a_mapping": (
        a_job(tags={"x": "1", "y": "2"}),
        a_job(tags={"x": "1", "y": "3", "z": "4"}),
        [a_field("tags.y", "2", "3"), a_field("tags.z", None, "4")],
    ),
    "deep_in_submit": (
        a_job(submit={"eks": {"pod": {"x": 1, "y": [1]}}}),
        a_job(submit={"eks": {"pod": {"x": True, "y": [1]}}}),
        [a_field("submit.eks.pod.x", 1, True, RiskKind.SUBMIT_CHANGED)],
    ),
    "several_as_in_a_plan_file": (
        a_job(job_queue="p", timeout_s=60, tags={"x": "1"}, resources=Resources(memory_mib=4)),
        a_job(timeout_s=90, resources=Resources(memory_mib=8)),
        [
            a_field("job_queue", "p", "q", RiskKind.QUEUE_CHANGED),
            a_field("resources.memory_mib", 4, 8, RiskKind.MEMORY_RAISED),
            a_field("timeout_s", 60, 90, RiskKind.TIMEOUT_RAISED),
            a_field("tags.x", "1", None),
        ],
    ),
}


@pytest.mark.parametrize(("old", "new", "fields"), FIELDS.values(), ids=FIELDS)
def test_a_setting_that_differs_is_told_by_its_path(old, new, fields):
    assert changes([old], [new]) == [a_change(fields=tuple(fields))]


def test_a_command_is_told_word_by_word():
    (change,) = changes([a_job(command=("kedro", "run", "--nodes=a"))], [a_job(command=("uv", "kedro", "run", "-x"))])
    assert change.command == (
        Words(change=WordChange.ADDED, words=("uv",)),
        Words(change=WordChange.KEPT, words=("kedro", "run")),
        Words(change=WordChange.REMOVED, words=("--nodes=a",)),
        Words(change=WordChange.ADDED, words=("-x",)),
    )


def test_a_parent_that_was_renamed_is_the_same_parent():
    old = [a_job("a", nodes=("m",)), a_job("b", depends_on=("a",))]
    new = [a_job("z", nodes=("m",)), a_job("b", depends_on=("z",))]
    assert changes(old, new) == [a_change("z", Change.RENAMED, name_before="a")]


def test_an_added_and_a_removed_job_tell_where_their_nodes_ran_and_run():
    old = [a_job("a", nodes=("m",)), a_job("b", nodes=("n",))]
    new = [a_job("c", nodes=("m", "n"), reads=("x",))]
    removed_a, removed_b, added = changes(old, new)
    assert (removed_a.job, removed_a.nodes_to) == ("a", ("c",))
    assert (removed_b.job, removed_b.nodes_to) == ("b", ("c",))
    assert (added.job, added.nodes_from, added.name_before) == ("c", ("a", "b"), None)
    assert (added.nodes, added.reads) == (Names(gained=("m", "n")), Names(gained=("x",)))
    assert added.fields == (a_field("job_queue", None, "q"), a_field("job_definition", None, "d"))


def test_jobs_with_another_target_come_first_then_removed_added_renamed_and_changed_ones():
    old = [a_job("a"), a_job("b"), a_job("c", nodes=("m",)), a_job("d")]
    new = [
        a_job("a", attempts=2),
        a_job("e", nodes=("n",), writes=("x",)),
        a_job("f", nodes=("m",)),
        a_job("d", job_queue="p"),
    ]
    assert [(one.job, one.change) for one in changes(old, new)] == [
        ("d", Change.CHANGED),
        ("b", Change.REMOVED),
        ("e", Change.ADDED),
        ("f", Change.RENAMED),
        ("a", Change.CHANGED),
    ]


def test_where_a_plan_comes_from_is_compared_too():
    job = (a_job(),)
    old = Plan(jobs=job, pipelines=("b", "a"), kedro_version="1.1.0")
    new = Plan(jobs=job, pipelines=("a", "b"), kedro_version="1.7.0", selection=Selection(tags=("x",)), env="prod")
    diff = diff_plans(old, new)
    assert diff.differ
    assert diff.jobs == ()
    assert diff.origin == (
        a_field("env", None, "prod", RiskKind.ENV_CHANGED),
        a_field("kedro_version", "1.1.0", "1.7.0"),
        a_field("selection.tags", None, ["x"]),
    )


def test_what_the_jobs_do_with_data_together_is_compared_without_transcoding():
    old = [a_job("a", reads=("raw",), writes=("x@spark",)), a_job("b", reads=("x@pandas",), depends_on=("a",))]
    new = [a_job("a", reads=("raw", "more"), writes=("x",)), a_job("b", depends_on=("a",))]
    data = diff_plans(Plan(jobs=tuple(old)), Plan(jobs=tuple(new))).data
    assert (data.inputs, data.outputs, data.final_outputs) == (
        Names(gained=("more",)),
        Names(),
        Names(gained=("x",)),
    )


@pytest.mark.parametrize(
    ("memory_mib", "word"), [(4, ""), (2, ""), (4, "new_")], ids=["the same", "with other memory", "with other names"]
)
def test_twice_as_many_jobs_are_about_twice_the_work(memory_mib, word):
    def plan(jobs: int, memory_mib: int, word: str = "") -> Plan:
        parents = layered(jobs, 50)
        names = {name: CountedName(word + name) for name in parents}
        return Plan(
            jobs=tuple(
                a_job(
                    names[name],
                    ("kedro", "run", f"--nodes={names[name]}"),
                    nodes=(names[name],),
                    depends_on=tuple(names[one] for one in above.split()),
                    writes=(f"made_by_{name}",),
                    resources=Resources(memory_mib=memory_mib),
                )
                for name, above in parents.items()
            )
        )

    few, many = (count_looks(diff_plans, plan(jobs, 4), plan(jobs, memory_mib, word)) for jobs in (500, 1000))
    assert 500 < few < many < 2.5 * few
