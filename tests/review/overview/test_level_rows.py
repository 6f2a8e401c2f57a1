"""The jobs of a plan, level by level, as text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobDefinition, Resources
from kedro_batch.review.formats import OverviewFormat, render_overview
from kedro_batch.review.overview.level_rows import ALL_LISTED
from tests.support.containers import MAIN, SIDE, on_pod, pod
from tests.support.plans import a_job

SMALL, LARGE = Resources(vcpus=1, memory_mib=4096), Resources(vcpus=8, memory_mib=61440, gpus=1)


def show(*jobs, full=False, **fields):
    text = "".join(render_overview(Plan(jobs=jobs, **fields), "plan.yaml", OverviewFormat.TEXT, full=full))
    facts, rows, *_ = text.split("\n\n")
    return facts, rows.rstrip("\n").split("\n")


def test_jobs_stand_under_their_levels():
    jobs = [
        a_job("z", nodes=("z",), resources=SMALL),
        a_job("a", nodes=("a",), resources=SMALL, depends_on=("z",)),
        a_job("b", nodes=("b",), resources=SMALL),
    ]
    assert show(*jobs)[1] == [
        "Level 1: 2 jobs",
        "  b  1 vCPU, 4 GiB",
        "  z  1 vCPU, 4 GiB",
        "Level 2: 1 job",
        "  a  1 vCPU, 4 GiB  after z",
    ]


@pytest.mark.parametrize(
    ("name", "nodes", "shown"),
    [
        ("a", ("a",), ""),
        ("ns_a", ("ns.a",), ""),
        ("ns-a", ("ns.a",), ""),
        ("ns", ("ns.a", "ns.b"), "  runs a, b"),
        ("group", ("ns.a", "other.b"), "  runs ns.a, other.b"),
        ("job-1a2b3c4d", ("f([x]) -> [y]",), '  runs "f([x]) -> [y]"'),
    ],
)
def test_the_nodes_of_a_job_are_shown_if_its_name_does_not_tell_them(name, nodes, shown):
    assert show(a_job(name, nodes=nodes, resources=SMALL))[1][1] == f"  {name}  1 vCPU, 4 GiB{shown}"


@pytest.mark.parametrize(
    ("own", "declared", "shown"),
    [
        (Resources(), None, "vCPUs and memory set by the job definition"),
        (Resources(vcpus=2), None, "2 vCPUs, memory set by the job definition"),
        (Resources(vcpus=2), Resources(vcpus=1, memory_mib=512), "2 vCPUs, 512 MiB set by the job definition"),
        (Resources(), LARGE, "8 vCPUs, 60 GiB, 1 GPU set by the job definition"),
    ],
)
def test_what_a_job_does_not_state_is_set_by_its_definition(own, declared, shown):
    definitions = {"d": JobDefinition(image="i", resources=declared)} if declared else {}
    assert show(a_job(nodes=("a",), resources=own), job_definitions=definitions)[1][1] == f"  a  {shown}"


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        ({**SIDE, "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}}}, "1.5 vCPUs, 5 GiB in all containers"),
        (SIDE, "at least 1 vCPU, 4 GiB in all containers"),
    ],
)
def test_all_containers_of_a_job_count(declared, shown):
    job = a_job(nodes=("a",), resources=SMALL, submit=on_pod(MAIN))
    assert show(job, job_definitions={"d": pod(MAIN, declared)})[1][1] == f"  a  {shown}"


def test_a_line_that_is_too_wide_goes_on_behind_a_comma():
    long, queue = "a_name_of_exactly_40_characters_as_some_", "a_queue_with_a_long_name"
    jobs = [a_job(long, nodes=(long,), job_queue=queue, resources=LARGE), a_job("b", nodes=("b",), resources=SMALL)]
    assert show(*jobs)[1][1:3] == [f"  {long}  8 vCPUs, 60 GiB, 1 GPU,", f"      queue {queue}"]


def test_a_join_job_is_called_so():
    jobs = [a_job(name, nodes=(name,), resources=SMALL) for name in "ab"]
    assert show(*jobs, a_job("j", ("true",), resources=SMALL, depends_on=("a", "b")))[1][-1] == (
        "  j  join job, 1 vCPU, 4 GiB  after a, b"
    )


def test_a_plan_with_very_many_queues_names_the_first():
    facts, _ = show(*(a_job(f"j{n:02}", nodes=(f"j{n:02}",), job_queue=f"q{n:02}") for n in range(30)))
    assert "q19 (1 job) and 10 more" in " ".join(facts.split())
    assert "q09: 1 job and 10 more" in " ".join(facts.split())


def test_queues_are_named_where_there_are_several():
    arn = "arn:aws:batch:eu-west-1:123456789012:job-queue"
    jobs = [
        a_job("a", nodes=("a",), job_queue=f"{arn}/gpu", resources=LARGE),
        a_job("b", nodes=("b",), job_queue=f"{arn}/cpu", resources=SMALL),
    ]
    facts, rows = show(*jobs)
    assert "  peak by queue   cpu: 1 job, 1 vCPU, 4 GiB; gpu: 1 job, 8 vCPUs, 60 GiB, 1 GPU\n" in facts
    assert rows[1:] == ["  a  8 vCPUs, 60 GiB, 1 GPU, queue gpu", "  b  1 vCPU, 4 GiB, queue cpu"]


def a_large_plan():
    loads = [a_job(f"{n}_load", nodes=(f"{n}_load",), resources=SMALL) for n in range(40)]
    fits = [
        a_job(f"{n}_fit", nodes=(f"{n}_fit",), resources=LARGE if n == 7 else SMALL, depends_on=(f"{n}_load",))
        for n in range(40)
    ]
    return [*loads, *fits, a_job("end", nodes=("end",), resources=SMALL, depends_on=("0_fit",))]


def test_jobs_of_a_large_level_that_are_alike_share_a_row_and_what_few_have_comes_first():
    assert show(*a_large_plan())[1] == [
        "Level 1: 40 jobs",
        "  40 jobs (*_load): 1 vCPU, 4 GiB",
        "Level 2: 40 jobs",
        "  7_fit  8 vCPUs, 60 GiB, 1 GPU  after 7_load",
        "  39 jobs: 1 vCPU, 4 GiB",
        "      0_fit, 1_fit, 2_fit, 3_fit, 4_fit, 5_fit, 6_fit, 8_fit, 9_fit, 10_fit,",
        "      and 29 more",
        "Level 3: 1 job",
        "  end    1 vCPU, 4 GiB  after 0_fit",
    ]


def test_full_gives_every_job_of_a_large_plan_a_row():
    rows = show(*a_large_plan(), full=True)[1]
    assert len(rows) == 84
    assert "  39_fit   1 vCPU, 4 GiB  after 39_load" in rows


def test_the_levels_of_a_deep_plan_end_in_one_that_shows_what_few_have():
    chain = [
        a_job(
            f"j{n:03}",
            nodes=(f"j{n:03}",),
            resources=LARGE if n == 150 else SMALL,
            depends_on=(f"j{n - 1:03}",) if n else (),
        )
        for n in range(200)
    ]
    rows = show(*chain)[1]
    at = rows.index("Levels 26 to 200: 175 jobs")
    assert rows[at + 1 : at + 3] == ["  j150  8 vCPUs, 60 GiB, 1 GPU  after j149", "  174 jobs: 1 vCPU, 4 GiB"]
    assert len(rows) < 60


@given(st.integers(1, ALL_LISTED + 30), st.integers(1, 40), st.booleans())
@settings(max_examples=30, deadline=None)
def test_no_line_of_short_names_is_wider_than_80_columns(count, width, full):
    jobs = [
        a_job(
            f"a_job_of_level_{n // width}_number_{n}",
            nodes=(f"one.node_{n}", f"two.node_{n}"),
            resources=LARGE if n % 9 == 0 else SMALL,
            depends_on=tuple(
                f"a_job_of_level_{n // width - 1}_number_{m}" for m in range(max(0, n - n % width - width), n - width)
            ),
        )
        for n in range(count)
    ]
    text = "".join(render_overview(Plan(jobs=tuple(jobs)), "plan.yaml", OverviewFormat.TEXT, full=full))
    assert [line for line in text.splitlines() if len(line) > 80 and "digest" not in line] == []


def test_what_jobs_share_is_said_once_and_what_another_has_with_it():
    jobs = [a_job(f"job-{n}", nodes=(f"n{n}",), resources=SMALL, timeout_s=600, attempts=3) for n in range(9)]
    facts, rows = show(*jobs, a_job("job-10", nodes=("n10",), resources=SMALL, attempts=3, timeout_s=60))
    assert "  timeout         10 min (9 of 10 jobs)\n  attempts        3\n" in facts
    assert "retry on" not in facts
    assert rows[-2:] == ["  job-8   1 vCPU, 4 GiB  runs n8", "  job-10  1 vCPU, 4 GiB, timeout 1 min  runs n10"]


def test_unusual_commands_and_variables_are_shown_in_full():
    jobs = [a_job(n, ("kedro", "run", f"--nodes={n}"), nodes=(n,), resources=SMALL) for n in "abc"]
    odd = a_job("d", ("sh", "-c", "curl x|sh"), nodes=("d",), resources=SMALL, environment={"LD_PRELOAD": "/x"})
    facts, rows = show(*jobs, odd, full=True)
    assert "  command         kedro run --nodes=NODE (3 of 4 jobs)\n  environment     not set (3 of 4 jobs)\n" in facts
    assert rows[-1] == "  d  1 vCPU, 4 GiB, command sh -c 'curl x|sh', environment LD_PRELOAD=/x"
    assert "command" not in show(*jobs, odd)[0]


def test_gpus_that_only_a_job_definition_knows_are_said_to_be_set_by_it():
    assert "  GPUs            set by the job definition (1 job)\n" in show(a_job(nodes=("a",)))[0]


def test_a_queue_that_describes_jobs_is_said_once():
    jobs = [
        a_job(f"{n}{'x' * n}", nodes=(f"n{n}",), resources=SMALL, job_queue="gpu" if n < 9 else "cpu")
        for n in range(70)
    ]
    assert "  9 jobs (queue gpu): 1 vCPU, 4 GiB" in [line.split("  runs")[0] for line in show(*jobs)[1]]


def test_only_images_that_jobs_run_are_named():
    declared = {name: JobDefinition(image=f"image-{name}", resources=SMALL) for name in ("d", "unused")}
    assert "  images          image-d in a\n" in show(a_job(nodes=("a",)), job_definitions=declared)[0] + "\n"
