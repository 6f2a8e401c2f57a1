from dataclasses import replace

import pytest

from kedro_batch.plan.model import JOIN_COMMAND, Job, Plan
from kedro_batch.plan.settings import JobDefinition, Resources, RetryReason
from kedro_batch.review.diff.details import spell_field
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.model import Risk, RiskKind
from tests.support.plans import a_job


def risks(old: list[Job], new: list[Job], **given) -> list[Risk]:
    return list(diff_plans(Plan(jobs=tuple(old)), Plan(jobs=tuple(new), **given)).risks)


def a_team(*nodes: str, name: str = "team", **given) -> Job:
    return a_job(name, nodes=nodes, **given)


def of(memory_mib: int | None = None, gpus: int | None = None) -> Resources:
    return Resources(memory_mib=memory_mib, gpus=gpus)


SPOT, PULL = RetryReason.SPOT, RetryReason.IMAGE_PULL
JOIN = a_job("gather", JOIN_COMMAND)
BIG = a_team("m", "n", job_queue="big", timeout_s=600, resources=of(8, 2))

TABLE: dict[str, tuple[list[Job], list[Job], list[Risk]]] = {
    "another_queue": (
        [a_job()],
        [a_job(job_queue="p")],
        [Risk(kind=RiskKind.QUEUE_CHANGED, job="a", before="q", after="p")],
    ),
    "another_definition": (
        [a_job()],
        [a_job(job_definition="e")],
        [Risk(kind=RiskKind.DEFINITION_CHANGED, job="a", before="d", after="e")],
    ),
    "less_memory": (
        [a_job(resources=of(4))],
        [a_job(resources=of(2))],
        [Risk(kind=RiskKind.MEMORY_LOWERED, job="a", before=4, after=2)],
    ),
    "more_memory": (
        [a_job(resources=of(2))],
        [a_job(resources=of(4))],
        [Risk(kind=RiskKind.MEMORY_RAISED, job="a", before=2, after=4)],
    ),
    "more_vcpus": (
        [a_job(resources=Resources(vcpus=0.5))],
        [a_job(resources=Resources(vcpus=1))],
        [Risk(kind=RiskKind.VCPUS_RAISED, job="a", before=0.5, after=1)],
    ),
    "fewer_vcpus": ([a_job(resources=Resources(vcpus=2))], [a_job(resources=Resources(vcpus=1))], []),
    "vcpus_no_longer_left_to_the_definition": ([a_job()], [a_job(resources=Resources(vcpus=1))], []),
    "gpus_where_none_were_stated": (
        [a_job()],
        [a_job(resources=of(gpus=1))],
        [Risk(kind=RiskKind.GPUS_RAISED, job="a", after=1)],
    ),
    "more_gpus": (
        [a_job(resources=of(gpus=0))],
        [a_job(resources=of(gpus=1))],
        [Risk(kind=RiskKind.GPUS_RAISED, job="a", before=None, after=1)],
    ),
    "no_gpus_are_stated_now": ([a_job()], [a_job(resources=of(gpus=0))], []),
    "more_attempts": (
        [a_job(attempts=2)],
        [a_job(attempts=3)],
        [Risk(kind=RiskKind.ATTEMPTS_RAISED, job="a", before=2, after=3)],
    ),
    "attempts_where_none_were_stated": (
        [a_job()],
        [a_job(attempts=2)],
        [Risk(kind=RiskKind.ATTEMPTS_RAISED, job="a", after=2)],
    ),
    "one_attempt_as_without_any": ([a_job()], [a_job(attempts=1)], []),
    "fewer_attempts": ([a_job(attempts=3)], [a_job(attempts=2)], []),
    "one_more_reason_to_retry": (
        [a_job(attempts=2, retry_on=(SPOT,))],
        [a_job(attempts=2, retry_on=(SPOT, PULL))],
        [Risk(kind=RiskKind.RETRY_WIDENED, job="a", before=["spot"], after=["spot", "image_pull"])],
    ),
    "every_failure_is_retried": (
        [a_job(attempts=2, retry_on=(SPOT,))],
        [a_job(attempts=2)],
        [Risk(kind=RiskKind.RETRY_WIDENED, job="a", before=["spot"])],
    ),
    "fewer_reasons_to_retry": ([a_job(attempts=2)], [a_job(attempts=2, retry_on=(SPOT,))], []),
    "reasons_that_one_attempt_ignores": ([a_job(attempts=1, retry_on=(SPOT,))], [a_job(attempts=1)], []),
    "reasons_beside_more_attempts": (
        [a_job(attempts=1, retry_on=(SPOT,))],
        [a_job(attempts=2)],
        [Risk(kind=RiskKind.ATTEMPTS_RAISED, job="a", before=1, after=2)],
    ),
    "another_field_of_the_request": (
        [a_job(submit={"eks": {"x": 1}})],
        [a_job(submit={"eks": {"x": 2}})],
        [Risk(kind=RiskKind.SUBMIT_CHANGED, job="a", field="eks.x", before=1, after=2)],
    ),
    "added_job": ([a_job()], [a_job(), a_team("m", resources=of(8, 2), attempts=5, timeout_s=9)], []),
    "nodes_grouped_into_a_job_like_the_largest": (
        [
            a_team("m", name="m", timeout_s=60, resources=of(2)),
            a_team("n", name="n", timeout_s=60, resources=of(8, 1)),
        ],
        [a_team("m", "n", timeout_s=120, resources=of(8, 1))],
        [],
    ),
    "nodes_grouped_into_a_larger_job": (
        [a_team("m", name="m", timeout_s=60, resources=of(2)), a_team("n", name="n", timeout_s=60, resources=of(4))],
        [a_team("m", "n", timeout_s=180, attempts=2, resources=of(8, 1))],
        [
            Risk(kind=RiskKind.GPUS_RAISED, job="team", after=1),
            Risk(kind=RiskKind.MEMORY_RAISED, job="team", before=4, after=8),
            Risk(kind=RiskKind.TIMEOUT_RAISED, job="team", before=120, after=180),
            Risk(kind=RiskKind.ATTEMPTS_RAISED, job="team", after=2),
        ],
    ),
    "node_of_a_larger_job_moved_to_a_job_that_became_as_large": (
        [a_team("k", "m", timeout_s=60, resources=of(2)), a_team("n", "o", name="n", timeout_s=60, resources=of(8))],
        [a_team("k", "m", "n", timeout_s=90, resources=of(8)), a_team("o", name="n", timeout_s=60, resources=of(8))],
        [],
    ),
    "memory_left_to_the_definition": (
        [a_job(resources=of(4))],
        [a_job()],
        [Risk(kind=RiskKind.NO_LONGER_STATED, job="a", field="memory_mib", before=4)],
    ),
    "attempts_left_to_the_definition": (
        [a_job(attempts=1)],
        [a_job()],
        [Risk(kind=RiskKind.NO_LONGER_STATED, job="a", field="attempts", before=1)],
    ),
    "gpus_left_to_the_definition": (
        [a_job(resources=of(gpus=2))],
        [a_job(resources=of(gpus=0))],
        [Risk(kind=RiskKind.NO_LONGER_STATED, job="a", field="gpus", before=2)],
    ),
    "other_reasons_to_retry": (
        [a_job(attempts=2, retry_on=(SPOT,))],
        [a_job(attempts=2, retry_on=(PULL,))],
        [Risk(kind=RiskKind.RETRY_CHANGED, job="a", before=["spot"], after=["image_pull"])],
    ),
    "memory_no_longer_left_to_the_definition": ([a_job()], [a_job(resources=of(4))], []),
    "fewer_gpus": (
        [a_job(resources=of(gpus=2))],
        [a_job(resources=of(gpus=1))],
        [Risk(kind=RiskKind.GPUS_LOWERED, job="a", before=2, after=1)],
    ),
    "less_time": (
        [a_job(timeout_s=600)],
        [a_job(timeout_s=300)],
        [Risk(kind=RiskKind.TIMEOUT_LOWERED, job="a", before=600, after=300)],
    ),
    "time_without_end_before": (
        [a_job()],
        [a_job(timeout_s=300)],
        [Risk(kind=RiskKind.TIMEOUT_LOWERED, job="a", after=300)],
    ),
    "more_time": (
        [a_job(timeout_s=300)],
        [a_job(timeout_s=600)],
        [Risk(kind=RiskKind.TIMEOUT_RAISED, job="a", before=300, after=600)],
    ),
    "time_left_to_the_definition": (
        [a_job(timeout_s=300)],
        [a_job()],
        [Risk(kind=RiskKind.NO_LONGER_STATED, job="a", field="timeout_s", before=300)],
    ),
    "less_time_for_fewer_nodes": (
        [a_team("k", "m", "n", timeout_s=900), a_team("o", name="solo", timeout_s=300)],
        [a_team("m", "n", timeout_s=600), a_team("k", "o", name="solo", timeout_s=600)],
        [Risk(kind=RiskKind.TIMEOUT_LOWERED, job="team", before=900, after=600)],
    ),
    "less_time_for_what_is_joined": (
        [a_team("m", name="m", timeout_s=600), a_team("n", name="n", timeout_s=600)],
        [a_team("m", "n", timeout_s=900)],
        [Risk(kind=RiskKind.TIMEOUT_LOWERED, job="team", before=1200, after=900)],
    ),
    "no_gpus_stated": ([a_job(resources=of(2, 0))], [a_job(resources=of(2))], []),
    "job_removed": (
        [a_job(), a_job("b")],
        [a_job()],
        [Risk(kind=RiskKind.JOB_REMOVED, job="b")],
    ),
    "join_job_removed": ([a_job(), JOIN], [a_job()], []),
    "job_renamed": ([a_job(nodes=("m",))], [a_job("b", nodes=("m",))], []),
    "all_its_nodes_run_elsewhere": (
        [a_team("m", name="m", reads=("x",), writes=("y",)), a_team("n", name="n", writes=("z",))],
        [a_team("m", "n", reads=("x",), writes=("y", "z"))],
        [],
    ),
    "some_of_its_nodes_run_nowhere": (
        [a_team("k", "m"), a_team("n", name="n")],
        [a_team("k", "n", name="n")],
        [Risk(kind=RiskKind.JOB_REMOVED, job="team")],
    ),
    "node_removed_from_a_job": (
        [a_team("m", "n")],
        [a_team("m")],
        [Risk(kind=RiskKind.NODE_REMOVED, job="team", node="n")],
    ),
    "node_of_a_job_renamed": ([a_team("n", writes=("x",))], [a_team("o", writes=("x",))], []),
    "node_replaced_in_a_job_of_several": (
        [a_team("m", "n", writes=("x",))],
        [a_team("m", "o", writes=("x",))],
        [Risk(kind=RiskKind.NODE_REPLACED, job="team", before="n", after="o")],
    ),
    "node_and_its_data_renamed": (
        [a_job("old.a", nodes=("old.n",), reads=("x",), writes=("old.y",))],
        [a_job("new.a", nodes=("new.n",), reads=("x",), writes=("new.y",))],
        [Risk(kind=RiskKind.DATASET_NOT_WRITTEN, dataset="old.y", before="old.y", after="new.y")],
    ),
    "other_work_that_writes_the_same": (
        [a_job("train", nodes=("train",), reads=("raw",), writes=("model",))],
        [a_job("copy", nodes=("copy",), reads=("archive",), writes=("model",))],
        [Risk(kind=RiskKind.NODE_REPLACED, job="copy", before="train", after="copy")],
    ),
    "one_of_two_that_run_a_node": (
        [a_job("de", ("de",), nodes=("n",)), a_job("fr", ("fr",), nodes=("n",))],
        [a_job("de", ("de",), nodes=("n",))],
        [Risk(kind=RiskKind.JOB_REMOVED, job="fr")],
    ),
    "names_that_wander_from_job_to_job": (
        [a_job("a", nodes=("m",), resources=of(2)), a_job("b", nodes=("n",), resources=of(8))],
        [a_job("b", nodes=("m",), resources=of(2)), a_job("c", nodes=("n",), resources=of(8))],
        [],
    ),
    "node_removed_from_a_job_that_another_node_moved_to": (
        [a_team("m", "n"), a_team("k", "l", name="other")],
        [a_team("m", "l"), a_team("k", name="other")],
        [Risk(kind=RiskKind.NODE_REMOVED, job="team", node="n")],
    ),
    "node_moved_to_a_job_that_gives_it_less": (
        [BIG, a_team("o", name="small", timeout_s=900)],
        [
            a_team("m", job_queue="big", timeout_s=600, resources=of(8, 2)),
            a_team("n", "o", name="small", timeout_s=900, resources=of(4)),
        ],
        [
            Risk(kind=RiskKind.QUEUE_CHANGED, job="small", node="n", before="big", after="q"),
            Risk(kind=RiskKind.MEMORY_LOWERED, job="small", node="n", before=8, after=4),
            Risk(kind=RiskKind.NO_LONGER_STATED, job="small", node="n", field="gpus", before=2),
        ],
    ),
    "nodes_moved_to_a_new_job_on_another_queue": (
        [a_team("m", name="m"), a_team("n", name="n")],
        [a_team("m", "n", job_queue="p")],
        [Risk(kind=RiskKind.QUEUE_CHANGED, job="team", before="q", after="p")],
    ),
    "dataset_that_is_still_read_before_those_that_are_not": (
        [a_job(writes=("w", "x", "y@spark"))],
        [a_job(), a_job("b", reads=("y@pandas",)), a_job("c", reads=("y",))],
        [
            Risk(kind=RiskKind.DATASET_NOT_WRITTEN, dataset="y", job="b", readers=("b", "c")),
            Risk(kind=RiskKind.DATASET_NOT_WRITTEN, dataset="w"),
            Risk(kind=RiskKind.DATASET_NOT_WRITTEN, dataset="x"),
        ],
    ),
    "reader_that_no_longer_waits": (
        [a_job(writes=("y",)), a_job("b", reads=("y",), depends_on=("a",))],
        [a_job(writes=("y",)), a_job("b", reads=("y",))],
        [Risk(kind=RiskKind.UNORDERED_READ, job="b", dataset="y", after="a")],
    ),
    "reader_that_ends_before_the_writer_begins": (
        [a_job(writes=("y",)), a_job("b", reads=("y",), depends_on=("a",))],
        [a_job(), a_job("b", reads=("y",), depends_on=("a",)), a_job("c", writes=("y",), depends_on=("b",))],
        [Risk(kind=RiskKind.UNORDERED_READ, job="b", dataset="y", after="c")],
    ),
    "dataset_that_is_written_again_later": (
        [a_job(writes=("y",)), a_job("b", reads=("y",), depends_on=("a",))],
        [
            a_job(writes=("y",)),
            a_job("b", reads=("y",), depends_on=("a",)),
            a_job("c", writes=("y",), depends_on=("b",)),
        ],
        [],
    ),
    "nodes_of_one_of_several_namespaces_that_were_renamed": (
        [a_team("malta.m", "malta.n", "spain.m", reads=("malta.x", "spain.x"))],
        [a_team("gozo.m", "gozo.n", "spain.m", reads=("gozo.x", "spain.x"))],
        [],
    ),
    "nodes_of_several_namespaces_that_were_renamed_and_another_one": (
        [a_team("malta.m", "malta.n", "spain.m")],
        [a_team("gozo.m", "gozo.upload", "spain.m")],
        [
            Risk(
                kind=RiskKind.NODE_REPLACED,
                job="team",
                before=["malta.m", "malta.n"],
                after=["gozo.m", "gozo.upload"],
            )
        ],
    ),
    "nodes_of_a_renamed_namespace_that_read_other_data": (
        [a_team("malta.m", "malta.n", "spain.m", reads=("malta.x", "spain.x"))],
        [a_team("gozo.m", "gozo.n", "spain.m", reads=("gozo.x", "italy.x"))],
        [
            Risk(
                kind=RiskKind.NODE_REPLACED,
                job="team",
                before=["malta.m", "malta.n"],
                after=["gozo.m", "gozo.n"],
            )
        ],
    ),
    "reader_that_never_waited_and_was_renamed": (
        [a_job(writes=("y",)), a_job("b", reads=("y",), nodes=("m",))],
        [a_job(writes=("y",)), a_job("c", reads=("y",), nodes=("m",))],
        [],
    ),
}


@pytest.mark.parametrize(("old", "new", "found"), TABLE.values(), ids=TABLE)
def test_what_a_reviewer_must_not_miss_is_told_and_nothing_else(old, new, found):
    assert risks(old, new) == found


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"timeout_s": 300}, {}, [Risk(kind=RiskKind.TIMEOUT_RAISED, job="a", before=300)]),
        ({"attempts": 2}, {}, []),
        ({}, {"attempts": 2}, [Risk(kind=RiskKind.ATTEMPTS_RAISED, job="a", before=1, after=2)]),
        ({"resources": of(gpus=2)}, {}, [Risk(kind=RiskKind.GPUS_LOWERED, job="a", before=2, after=0)]),
        ({}, {"resources": of(gpus=2)}, [Risk(kind=RiskKind.GPUS_RAISED, job="a", before=0, after=2)]),
    ],
)
def test_what_a_declared_definition_does_not_give_is_known(old, new, found):
    plans = (Plan(jobs=(a_job(**one),), job_definitions={"d": RUN}) for one in (old, new))
    assert list(diff_plans(*plans).risks) == found


@pytest.mark.parametrize(("gpus", "spelled"), [(None, "not stated: still 1 GPU"), (0, "0 GPUs: still 1 GPU")])
def test_gpus_that_the_definition_gives_anyway_are_told_as_such(gpus, spelled):
    declared = {"d": JobDefinition(image="i", resources=of(gpus=1))}
    old, new = (Plan(jobs=(a_job(resources=of(gpus=one)),), job_definitions=declared) for one in (1, gpus))
    diff = diff_plans(old, new)
    (field,) = diff.jobs[0].fields
    assert (diff.risks, spell_field(field)) == ((), ("1 GPU", spelled))


def test_what_a_definition_gives_is_no_risk_where_jobs_state_it_themselves():
    stated = [a_job(resources=Resources(vcpus=1, memory_mib=4, gpus=1))]
    more, less = (JobDefinition(image="i", resources=of(memory, memory)) for memory in (8, 2))
    assert (
        diff_plans(
            Plan(jobs=tuple(stated), job_definitions={"d": more}), Plan(jobs=tuple(stated), job_definitions={"d": less})
        ).risks
        == ()
    )


def test_another_environment_is_told():
    assert risks([a_job()], [a_job()], env="prod") == [Risk(kind=RiskKind.ENV_CHANGED, after="prod")]


def test_a_plan_that_came_or_went_as_a_whole_has_no_other_environment():
    whole, nothing = Plan(jobs=(a_job("a"),), env="prod", account="123456789012", region="eu-west-1"), Plan(jobs=())
    for old, new in ((nothing, whole), (whole, nothing)):
        diff = diff_plans(old, new)
        assert {risk.kind for risk in diff.risks} <= {RiskKind.JOB_REMOVED}
        assert {field.impact for field in diff.origin} == {None}


def test_the_worst_kind_comes_first():
    old = [a_job("a", timeout_s=600), a_job("b"), a_job("c", job_queue="r", resources=of(4))]
    new = [a_job("a", timeout_s=300), a_job("c", resources=of(2))]
    kinds = [risk.kind for risk in risks(old, new)]
    assert kinds == [RiskKind.QUEUE_CHANGED, RiskKind.JOB_REMOVED, RiskKind.MEMORY_LOWERED, RiskKind.TIMEOUT_LOWERED]
    assert kinds == sorted(kinds, key=[*RiskKind].index)


RUN = JobDefinition(image="x:1", job_role="arn:aws:iam::123456789012:role/x")


def definition_risks(old: dict[str, JobDefinition], new: dict[str, JobDefinition]) -> list[Risk]:
    plans = (Plan(jobs=(a_job(),), job_definitions=one) for one in (old, new))
    return list(diff_plans(*plans).risks)


def test_another_image_is_one_risk_of_its_definition():
    found = definition_risks({"d": RUN}, {"d": replace(RUN, image="x:2")})
    assert found == [Risk(kind=RiskKind.IMAGE_CHANGED, definition="d", jobs=1, before="x:1", after="x:2")]


def test_what_else_changes_in_a_definition_is_one_risk():
    found = definition_risks({"d": RUN}, {"d": replace(RUN, job_role=None, log_group="/x")})
    before, after = {"job_role": RUN.job_role}, {"log_group": "/x"}
    assert found == [Risk(kind=RiskKind.DEFINITION_CHANGED, definition="d", jobs=1, before=before, after=after)]


def test_a_name_that_is_declared_or_no_longer_declared_is_a_risk():
    role = {"job_role": RUN.job_role}
    assert definition_risks({}, {"d": RUN}) == [
        Risk(kind=RiskKind.DEFINITION_CHANGED, definition="d", jobs=1, after=role),
        Risk(kind=RiskKind.IMAGE_CHANGED, definition="d", jobs=1, after="x:1"),
    ]
    assert definition_risks({"d": RUN}, {}) == [
        Risk(kind=RiskKind.DEFINITION_CHANGED, definition="d", jobs=1, before=role),
        Risk(kind=RiskKind.IMAGE_CHANGED, definition="d", jobs=1, before="x:1"),
    ]
    assert definition_risks({"unused": RUN}, {}) == []


def renamed(*, jobs: int = 2, was: JobDefinition | None = RUN, now: JobDefinition | None = RUN) -> list[Risk]:
    """Return the risks of definitions where jobs got one with another name, beside that of the name."""
    old, new = (
        Plan(
            jobs=tuple(a_job(f"j{number}", nodes=(f"n{number}",), job_definition=name) for number in range(jobs)),
            job_definitions={name: one} if one else {},
        )
        for name, one in (("d", was), ("e", now))
    )
    return [risk for risk in diff_plans(old, new).risks if risk.definition]


def of_moved(job="j0", **values):
    return Risk(kind=RiskKind.IMAGE_CHANGED, job=job, definition="e", definition_before="d", **values)


def test_another_image_under_another_name_is_a_risk_of_each_job_that_has_it():
    images = [of_moved(job, before="x:1", after="x:2") for job in ("j0", "j1")]
    assert renamed(now=replace(RUN, image="x:2")) == images
    role = {"job_role": RUN.job_role}
    changed = Risk(
        kind=RiskKind.DEFINITION_CHANGED, definition="e", definition_before="d", jobs=2, before=role, after=None
    )
    assert renamed(now=JobDefinition(image="x:2")) == [changed, *images]
    assert renamed() == []


def test_an_image_that_is_declared_under_another_name_is_a_risk():
    assert renamed(jobs=1, was=None) == [of_moved(after="x:1")]
    assert renamed(jobs=1, now=None) == [of_moved(before="x:1")]
    assert renamed(was=None, now=None) == []


def test_images_of_several_containers_are_compared_too():
    def pod(*images: str) -> JobDefinition:
        containers = [{"name": image, "image": image} for image in images]
        return JobDefinition(register={"eksProperties": {"podProperties": {"containers": containers}}})

    found = renamed(jobs=1, was=pod("a:1", "b:1"), now=pod("a:1", "b:2"))
    assert [risk for risk in found if risk.kind is RiskKind.IMAGE_CHANGED] == [
        of_moved(before=["a:1", "b:1"], after=["a:1", "b:2"])
    ]


def test_jobs_that_were_grouped_and_got_another_definition_are_compared_by_their_nodes():
    old = Plan(jobs=(a_job("a", nodes=("m",)), a_job("b", nodes=("n",))), job_definitions={"d": RUN})
    new = Plan(jobs=(a_team("m", "n", job_definition="e"),), job_definitions={"e": replace(RUN, image="x:2")})
    found = [risk for risk in diff_plans(old, new).risks if risk.kind is RiskKind.IMAGE_CHANGED]
    assert found == [of_moved("team", before="x:1", after="x:2")]


def test_a_job_that_moves_to_a_changed_definition_is_not_counted_with_those_that_keep_it():
    small, large = (replace(RUN, resources=Resources(memory_mib=memory)) for memory in (4, 8))
    old = Plan(
        jobs=(a_job("stays"), a_job("moves", job_definition="e")),
        job_definitions={"d": large, "e": replace(large, image="x:2")},
    )
    new = replace(old, jobs=(a_job("stays"), a_job("moves"), a_job("new")), job_definitions={"d": small})
    found = {(risk.kind, risk.job or risk.definition): risk for risk in diff_plans(old, new).risks}
    assert found[RiskKind.MEMORY_LOWERED, "d"].jobs == 1
    assert found[RiskKind.IMAGE_CHANGED, "moves"].definition_before == "e"
    assert found[RiskKind.MEMORY_LOWERED, "moves"].after == found[RiskKind.MEMORY_LOWERED, "d"].after == 4


def test_another_account_and_region_are_risks_and_come_first():
    old, new = (Plan(jobs=(a_job(job_queue=queue),), region=queue) for queue in ("eu-west-1", "us-east-1"))
    kinds = [risk.kind for risk in diff_plans(old, replace(new, account="123456789012")).risks]
    assert kinds == [RiskKind.ACCOUNT_CHANGED, RiskKind.REGION_CHANGED, RiskKind.QUEUE_CHANGED]


def test_what_a_declared_definition_gives_counts_where_a_job_states_nothing():
    large = replace(RUN, resources=Resources(memory_mib=8, gpus=1))

    def found(before, after):
        return list(
            diff_plans(
                *(Plan(jobs=(a_job(resources=one),), job_definitions={"d": large}) for one in (before, after))
            ).risks
        )

    assert found(of(4), of()) == [Risk(kind=RiskKind.MEMORY_RAISED, job="a", before=4, after=8)]
    assert found(of(), of(4)) == [Risk(kind=RiskKind.MEMORY_LOWERED, job="a", before=8, after=4)]
    assert found(of(), of(8, 1)) == []


def test_a_definition_that_gives_its_jobs_more_is_a_cost_of_those_that_state_nothing():
    plans = (
        Plan(
            jobs=(a_job(), a_job("b", resources=of(4))),
            job_definitions={"d": replace(RUN, resources=Resources(memory_mib=memory))},
        )
        for memory in (2, 8)
    )
    (raised,) = diff_plans(*plans).risks
    assert raised == Risk(kind=RiskKind.MEMORY_RAISED, definition="d", jobs=1, before=2, after=8)


def test_each_risk_is_the_impact_of_something_that_differs():
    old = Plan(jobs=(a_job("a", timeout_s=60), a_job("b", writes=("x",))), account="123456789012")
    new = Plan(jobs=(a_job("a", timeout_s=90, tags={"x": "1"}),), region="eu-west-1")
    diff = diff_plans(old, new)
    changed, removed = sorted(diff.jobs, key=lambda one: one.job)
    assert [one.impact for one in changed.fields] == [RiskKind.TIMEOUT_RAISED, None]
    assert [one.impact for one in diff.origin] == [RiskKind.ACCOUNT_CHANGED, RiskKind.REGION_CHANGED]
    assert [one.kind for one in removed.impacts] == [RiskKind.JOB_REMOVED]
    assert [one.kind for one in diff.data.impacts] == [RiskKind.DATASET_NOT_WRITTEN]
    assert [risk.kind for risk in diff.risks] == [
        RiskKind.ACCOUNT_CHANGED,
        RiskKind.REGION_CHANGED,
        RiskKind.JOB_REMOVED,
        RiskKind.DATASET_NOT_WRITTEN,
        RiskKind.TIMEOUT_RAISED,
    ]
    assert [risk.kind.is_cost for risk in diff.risks] == [False, False, False, False, True]
