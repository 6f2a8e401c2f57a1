"""What reviewers ask of any diff: who gets less memory, what is lost, who has GPUs, which images run."""

from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobDefinition, Resources
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.facts import answer_questions
from kedro_batch.review.job_sets import JobSets
from tests.support.plans import a_job

_MEMORY, _LOST, _GPUS, _IMAGES = "less memory", "datasets no longer written", "GPUs now", "images now"


def answers(old, new):
    """Return the lines of each question."""
    found: dict[str | None, list[str]] = {}
    label = None
    for fact in answer_questions(diff_plans(old, new), old, new, JobSets(new.jobs)):
        label = fact.label or label
        found.setdefault(label, []).append(fact.text)
    return found


def with_memory(**memory):
    return Plan(
        jobs=tuple(a_job(name, nodes=(name,), resources=Resources(memory_mib=mib)) for name, mib in memory.items())
    )


def test_every_question_is_answered_where_nothing_has_changed():
    plan = Plan(jobs=(a_job("a", resources=Resources(vcpus=1, memory_mib=512), job_definition="flights:3"),))
    assert answers(plan, plan) == {
        _MEMORY: ["no job"],
        _LOST: ["none"],
        _GPUS: ["set by the job definition: a"],
        _IMAGES: ["that of job definition flights:3 in a"],
    }


def test_gpus_of_containers_beside_that_of_the_command_are_gpus_of_the_job():
    side = {"name": "side", "image": "i", "resources": {"limits": {"nvidia.com/gpu": "4"}}}
    odd = {**side, "resources": {"limits": {"nvidia.com/gpu": "4e0"}}}
    pods = {
        name: JobDefinition(register={"eksProperties": {"podProperties": {"containers": [{"name": "main"}, one]}}})
        for name, one in (("d", side), ("odd", odd))
    }
    submit = {"eksPropertiesOverride": {"podProperties": {"containers": [{"name": "main"}]}}}
    jobs = (
        a_job("a", submit=submit, job_definition="d", resources=Resources(gpus=1)),
        a_job("b", submit=submit, job_definition="odd"),
    )
    plan = Plan(jobs=jobs, job_definitions=pods)
    assert answers(plan, plan)[_GPUS] == ["5 GPUs: a", "set by the job definition: b"]


def test_jobs_with_less_memory_are_told_by_their_amounts():
    found = answers(with_memory(a=4096, b=4096, c=512, d=512), with_memory(a=1024, b=1024, c=513, d=511))
    assert found[_MEMORY] == ["512 MiB -> 511 MiB: d", "4 GiB -> 1 GiB: a, b"]


def test_jobs_that_came_where_others_went_are_not_said_to_have_no_less_than_before():
    old, stays = with_memory(a=4096, b=4096), with_memory(a=4096, x=128)
    assert answers(old, stays)[_MEMORY] == ["no job that was there before (1 is new)"]
    assert answers(with_memory(a=4096), stays)[_MEMORY] == ["no job"]  # nothing went


def test_less_memory_of_a_declared_definition_is_less_memory_of_its_jobs():
    old, new = (
        Plan(jobs=(a_job("a"),), job_definitions={"d": JobDefinition(image="i", resources=Resources(memory_mib=mib))})
        for mib in (1024, 512)
    )
    assert answers(old, new)[_MEMORY] == ["1 GiB -> 512 MiB: a"]


def test_memory_that_is_no_longer_stated_may_be_less():
    assert answers(with_memory(a=1024), with_memory(a=None))[_MEMORY] == ["1 GiB -> set by the job definition: a"]


def test_a_node_that_moves_into_a_job_with_less_memory_is_found():
    old = with_memory(a=1024, b=4096)
    new = Plan(jobs=(a_job("both", nodes=("a", "b"), resources=Resources(memory_mib=2048)),))
    assert answers(old, new)[_MEMORY] == ["4 GiB -> 2 GiB: both"]


def test_many_lost_datasets_are_counted():
    old = Plan(jobs=(a_job("a", writes=tuple(f"d{n:02}" for n in range(25))), a_job("b", writes=("e",))))
    (text,) = answers(old, Plan(jobs=(a_job("a"), a_job("b", writes=("e",)))))[_LOST]
    assert text.startswith("25: d00, d01, ")
    assert text.endswith(", d19 and 5 more")
    (text,) = answers(old, Plan(jobs=(a_job("a"),)))[_LOST]
    assert text == "all 26 datasets"


def test_jobs_with_gpus_are_told_together_and_by_their_number():
    declared = {"d": JobDefinition(image="i")}
    gpus = {"a": 1, "b": 4, "c": 1, "d": None}
    jobs = tuple(a_job(name, resources=Resources(gpus=number)) for name, number in gpus.items())
    found = answers(Plan(jobs=()), Plan(jobs=jobs, job_definitions=declared))
    assert found == {_GPUS: ["6 GPUs: a, b, c", "1 GPU each: a, c", "4 GPUs: b"], _IMAGES: ["i in all 4 jobs"]}


def test_images_are_those_of_all_containers_and_those_that_submit_asks_for():
    containers = [{"name": "side", "image": "registry/side:1"}, {"name": "main", "image": "registry/main:1"}]
    register = {"eksProperties": {"podProperties": {"containers": containers}}}
    override = {"eksPropertiesOverride": {"podProperties": {"containers": [{"name": "main", "image": "evil"}]}}}
    plan = Plan(
        jobs=(a_job("a"), a_job("b", submit=override), a_job("c", job_definition="named:2")),
        job_definitions={"d": JobDefinition(register=register)},
    )
    assert answers(plan, plan)[_IMAGES] == [
        "evil, by submit in b",
        "registry/main:1 in a",
        "that of job definition named:2 in c",
        "registry/side:1 in a, b",
    ]


def test_many_different_amounts_are_one_line():
    old = with_memory(**{f"j{n}": 10_000 + n for n in range(20)})
    new = with_memory(**{f"j{n}": 5_000 + n for n in range(20)})
    assert answers(old, new)[_MEMORY][-1] == "all: 10,000 MiB to 10,019 MiB -> 5000 MiB to 5019 MiB: all 20 jobs"


def test_of_many_different_amounts_those_that_lose_the_largest_share_come_first():
    old = with_memory(**{f"j{n}": 10_000 + n for n in range(20)})
    new = with_memory(**{f"j{n}": 512 if n == 13 else 9_000 + n for n in range(20)})
    lines = answers(old, new)[_MEMORY]
    assert (len(lines), lines[0]) == (4, "10,013 MiB -> 512 MiB: j13")


def test_a_new_image_of_one_job_is_not_cut_behind_those_of_many():
    jobs = [a_job(f"j{n}", job_definition=f"d{n % 12}") for n in range(48)]
    declared = {f"d{n}": JobDefinition(image=f"i{n}") for n in range(13)}
    old = Plan(jobs=(*jobs, a_job("last", job_definition="d0")), job_definitions=declared)
    new = Plan(jobs=(*jobs, a_job("last", job_definition="d12")), job_definitions=declared)
    assert answers(old, new)[_IMAGES][0] == "i12 in last"


def test_of_many_images_those_come_first_that_a_job_did_not_run_before():
    jobs = [a_job(f"j{n}", job_definition=f"d{n % 12}") for n in range(48)]
    moved = [a_job(job.name, job_definition="d11") if job.name in ("j0", "j1") else job for job in jobs]
    declared = {f"d{n}": JobDefinition(image=f"i{n}") for n in range(12)}
    lines = answers(Plan(jobs=tuple(jobs), job_definitions=declared), Plan(jobs=tuple(moved), job_definitions=declared))
    assert lines[_IMAGES][:2] == ["i11 in 6 of 48 jobs (definition d11)", "i0 in j12, j24, j36"]


def test_a_plan_that_is_gone_gives_no_job_less_memory():
    assert _MEMORY not in answers(with_memory(a=1024), Plan(jobs=()))


def test_names_of_lost_datasets_are_not_cut():
    other = a_job("b", writes=("a_rather_long_namespace.of_dataset_99",))
    writes = tuple(f"a_rather_long_namespace.of_dataset_{n:02}" for n in range(25))
    old, new = (Plan(jobs=(a_job("a", writes=some), other)) for some in (writes, ()))
    (text,) = answers(old, new)[_LOST]
    assert len(text) < 400
    assert text.endswith("namespace.of_dataset_07 and 17 more")


def test_no_gpus_asked_for_leaves_those_of_the_declared_definition():
    declared = {"d": JobDefinition(image="i", resources=Resources(gpus=2))}
    plan = Plan(jobs=(a_job("a", resources=Resources(gpus=0)), a_job("b")), job_definitions=declared)
    assert answers(plan, plan)[_GPUS] == ["4 GPUs: all 2 jobs"]


def test_gpus_of_all_containers_of_a_definition_count():
    gpu = {"name": "side", "image": "s", "resourceRequirements": [{"type": "GPU", "value": "1"}]}
    register = {"ecsProperties": {"taskProperties": [{"containers": [{"name": "main", "image": "m"}, gpu]}]}}
    plan = Plan(jobs=(a_job("a"),), job_definitions={"d": JobDefinition(register=register)})
    assert answers(plan, plan)[_GPUS] == ["1 GPU: a"]


def test_many_lines_of_one_question_are_cut_and_counted():
    plan = Plan(jobs=tuple(a_job(f"j{n}", job_definition=f"d{n}") for n in range(20)))
    lines = answers(plan, plan)[_IMAGES]
    assert (len(lines), lines[-1]) == (9, "and 12 more")
