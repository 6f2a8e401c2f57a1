"""Plans for the tests of the page: of any size, hostile, and a pair that differs in every way."""

from dataclasses import replace

from kedro_batch.plan.graph import topological_order
from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.plan.settings import Resources
from tests.support.plans import a_job, layered

HOSTILE = (
    "<img src=x onerror=window.ran=1>",
    "</script><script>window.ran=1</script>",
    "<!--<script>",
    "\"><svg onload='window.ran=1'>",
    "{{ 7 * 7 }} & &lt; ${ran}",
    "javascript:window.ran=1",
    "line\u2028and\u2029paragraph",
    "turned\u202earound\u2066",
    "red\x1b[31m\x00\x07",
    "https://example.com/x.png",
)


def plan_of(*jobs: Job) -> Plan:
    """Put jobs into the order of a plan."""
    by_name = {job.name: job for job in jobs}
    order = topological_order({job.name: job.depends_on for job in jobs})
    return Plan(jobs=tuple(by_name[name] for name in order), project="spaceflights", env="aws_batch")


def layers(jobs: int, width: int) -> Plan:
    """Give each job a node and a dataset that its children read."""
    parents = {name: above.split() for name, above in layered(jobs, width).items()}
    return plan_of(
        *(
            a_job(
                name,
                ("kedro", "run", f"--nodes={name}_node"),
                nodes=(f"{name}_node",),
                depends_on=tuple(map(JobName, above)),
                reads=tuple(f"{parent}_data" for parent in above) or ("raw",),
                writes=(f"{name}_data",),
                resources=Resources(vcpus=2, memory_mib=4096),
            )
            for name, above in parents.items()
        )
    )


def namespaces(count: int, jobs: int) -> Plan:
    """Put jobs into namespaces, half of each into two inner ones; all but the first two have one namespace before them.

    The first two wait for each other: the first job of the second for the first, the last job of the first for it.
    """
    made = []
    for number in range(count * jobs):
        space, place = divmod(number, jobs)
        inner = ("", "", "x.", "y.")[place * 4 // jobs]
        above = [number - 1] if place else [(space - 1) // 2 * jobs] if space else []
        if number == jobs - 1:
            above.append(jobs)
        name = f"job_{number:05}"
        parents = tuple(JobName(f"job_{one:05}") for one in above)
        made.append(a_job(name, nodes=(f"area_{space:02}.{inner}{name}",), depends_on=parents))
    return plan_of(*made)


def hostile() -> Plan:
    """Put what is foreign to everything that may be it."""
    return replace(
        plan_of(
            a_job("evil", HOSTILE, nodes=HOSTILE, writes=HOSTILE, tags=dict.fromkeys(HOSTILE, HOSTILE[0])),
            a_job(
                "victim",
                ("sh", "-c", "it's"),
                nodes=("n",),
                depends_on=(JobName("evil"),),
                reads=HOSTILE,
                environment={text: text for text in HOSTILE},
                job_queue=HOSTILE[0],
                job_definition=HOSTILE[1],
            ),
        ),
        project=HOSTILE[0],
        pipelines=HOSTILE,
        env=HOSTILE[1],
    )


def before_and_after() -> tuple[Plan, Plan]:
    """Add a job, remove one in the middle, rename one, and change one."""
    old = plan_of(
        a_job("load", ("kedro", "run"), nodes=("load",), writes=("raw_table",)),
        a_job("clean", nodes=("clean",), depends_on=(JobName("load"),), reads=("raw_table",), writes=("table",)),
        a_job("train", nodes=("train",), depends_on=(JobName("clean"),), reads=("table",), writes=("model",)),
        a_job("report", nodes=("report",), depends_on=(JobName("train"),), reads=("model",), writes=("pdf",)),
    )
    load, _, train, report = old.jobs
    new = plan_of(
        replace(
            load,
            command=("kedro", "run", "--async"),
            settings=replace(load.settings, job_queue="other", resources=Resources(memory_mib=512)),
        ),
        replace(train, depends_on=(JobName("load"),), reads=("raw_table",)),
        replace(report, name=JobName("tell"), nodes=("tell",)),
        a_job("extra", nodes=("extra",), depends_on=(JobName("load"),), reads=("raw_table",)),
    )
    return old, new
