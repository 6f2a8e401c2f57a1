"""How good the expected end of a run is, and what it costs: ``python tests/benchmarks/estimating.py``.

Plans of several shapes are played with 4, 16 and 1,000 slots. Each job has a usual run time of its own, lognormal
around two minutes (sigma 1); in each run its time is drawn anew (lognormal, sigma 0.5), and one job takes five times as
long. A job needs half a minute to start. After 1, 3 and 10 earlier runs, the end of another one is estimated when half
of its time is over. The error is the difference between the estimated and the real end, in percent of the time that is
left then, and of the whole run: half as much. Beside it stands the naive estimate, from the time until now and the
share of jobs that are done, and that of somebody who knows the usual times and the sigma, as after very many runs, but
not what is drawn and which job straggles. Then come worlds that are less kind, and at the end what reading and
estimating cost for 10,000 jobs.
"""

import contextlib
import heapq
import math
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import fmean, median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from kedro_batch.plan.model import JobName, Plan, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.plan.writer import plan_text
from kedro_batch.review.run.expected_end import RunSoFar, expected_end
from kedro_batch.submitter.events import JobChanged, JobExecuted, JobSubmitted
from kedro_batch.submitter.job_execution import JobAttempt, JobExecution
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import read_journal
from kedro_batch.submitter.submission_rows import JobTimes
from kedro_batch.submitter.usual_times import UsualTimes, read_usual_times, usual_times
from tests.support.plans import a_job, layered

_RUNS = 50
_SLOTS = (4, 16, 1000)
_HISTORIES = (1, 3, 10)
_SIGMA = 0.5
_STRAGGLER = 5
_START_S = 30.0
_MANY, _TIMES_READ = 10_000, 10
Parents = dict[JobName, tuple[JobName, ...]]


@dataclass(frozen=True, kw_only=True)
class World:
    """What makes runs differ from what the estimate assumes.

    Attributes:
        name: What is printed.
        between_runs: The sigma of a factor that all jobs of a run have in common.
        unseen: The share of jobs that no earlier run had.
        start_s: How long a job takes to start.
    """

    name: str
    between_runs: float = 0.0
    unseen: float = 0.0
    start_s: float = _START_S


def main() -> None:
    shapes = _shapes()
    sys.stdout.write(f"median error at half time, {_RUNS} runs of each of {len(shapes)} shapes (bias: > 0 is late)\n")
    sys.stdout.write("  in percent of what is left (of the whole run)\n")
    for world in (
        World(name="as it is assumed"),
        World(name="all jobs of a run slower or faster (sigma 0.3)", between_runs=0.3),
        World(name="a third of the jobs is new", unseen=1 / 3),
        World(name="jobs start at once", start_s=0.0),
    ):
        sys.stdout.write(f"{world.name}\n")
        for history in _HISTORIES:
            errors = {name: _errors(name, parents, history, world) for name, parents in shapes.items()}
            sys.stdout.write(f"  {history:2} earlier: {_row([one for row in errors.values() for one in row])}\n")
            if world.name == "as it is assumed" and history == _HISTORIES[1]:
                for name, row in errors.items():
                    sys.stdout.write(f"      {name:16} {_row(row)}\n")
            sys.stdout.flush()
    _costs()


def _row(errors: Sequence[Mapping[str, float]]) -> str:
    parts = []
    for who in errors[0]:
        every = [100 * one[who] for one in errors]
        middle = median(map(abs, every))
        near = sum(abs(one) <= 20 for one in every) / len(every)
        parts.append(f"{who} {middle:5.1f} % ({middle / 2:.1f} %), bias {median(every):+.0f} %, {near:.0%} within 20 %")
    return "; ".join(parts)


def _shapes() -> dict[str, Parents]:
    random = Random(7)  # noqa: S311  nothing secret
    nine = ["", "", "0 1", "0", "2", "4 3", "5", "5", "6 7"]
    regions = ["" if n < 20 else str(n - 20) for n in range(160)]
    wide = [" ".join({str(random.randrange(max(0, n - 20), n)) for _ in range(2)}) if n > 2 else "" for n in range(300)]
    numbers = [" ".join(str(int(one[4:])) for one in above.split()) for above in layered(200, 20).values()]
    deep = [" ".join(str(int(one[4:])) for one in above.split()) for above in layered(200, 5).values()]
    broad = [" ".join(str(int(one[4:])) for one in above.split()) for above in layered(1000, 100).values()]
    shapes = {
        "nine jobs": nine,
        "chain of 12": ["", *map(str, range(11))],
        "fan of 60": ["", *(["0"] * 60), " ".join(map(str, range(1, 61)))],
        "20 chains of 8": [*regions, " ".join(map(str, range(140, 160)))],
        "10 layers of 20": numbers,
        "40 layers of 5": deep,
        "10 layers of 100": broad,
        "random 300": wide,
    }
    return {
        shape: {
            JobName(f"job_{n:05}"): tuple(JobName(f"job_{int(p):05}") for p in one.split()) for n, one in enumerate(ps)
        }
        for shape, ps in shapes.items()
    }


def _plan(parents: Parents) -> Plan:
    jobs = tuple(a_job(name, depends_on=above, nodes=(name,)) for name, above in parents.items())
    return Plan(jobs=jobs, project="benchmark", pipelines=("__default__",))


def _errors(shape: str, parents: Parents, history: int, world: World) -> list[dict[str, float]]:
    plan = _plan(parents)
    found = []
    for number in range(_RUNS):
        slots = _SLOTS[number % len(_SLOTS)]
        random = Random(f"{shape} {slots} {number}")  # noqa: S311  nothing secret
        usual = {job: 120 * math.exp(random.gauss()) for job in parents}
        new = set(random.sample(sorted(parents), int(world.unseen * len(parents))))
        earlier = [_run(parents, usual, slots, random, world) for _ in range(history)]
        earlier = [[one for one in run if one.job not in new] for run in earlier]
        run = _run(parents, usual, slots, random, world)
        end = max(one.stopped_at for one in run)
        now = end / 2
        so_far = RunSoFar(
            ended={one.job: one.stopped_at - one.started_at for one in run if one.stopped_at <= now},
            running={one.job: one.started_at for one in run if one.started_at <= now < one.stopped_at},
            as_of=now,
        )
        told = usual_times(plan, earlier, [one for one in run if one.stopped_at <= now])
        known = UsualTimes(  # the same jobs, a hundred times: nothing is left to be learnt of them
            runs=100,
            times={job: [one * math.exp(_SIGMA), one / math.exp(_SIGMA)] * 50 for job, one in usual.items()},
            queues=dict.fromkeys(parents, "q"),
            slots={"q": slots},
            start_s=world.start_s,
        )
        done = len(so_far.ended) / len(parents)
        ours, best = (expected_end(parents, one, so_far, now) for one in (told, known))
        if ours and best:
            naive = now / done if done else math.inf
            found.append(
                {
                    "error": (ours.at - end) / (end - now),
                    "naive": (naive - end) / (end - now),
                    "all-knowing": (best.at - end) / (end - now),
                }
            )
    return found


def _run(parents: Parents, usual: Mapping[JobName, float], slots: int, random: Random, world: World) -> list[JobTimes]:
    """Let a run happen: jobs start in the order of the plan, as slots are free."""
    common = random.gauss(0, world.between_runs)
    seconds = {job: one * math.exp(random.gauss(common, _SIGMA)) for job, one in usual.items()}
    seconds[random.choice(sorted(seconds))] *= _STRAGGLER
    rank = {job: number for number, job in enumerate(parents)}
    children: dict[JobName, list[JobName]] = {job: [] for job in parents}
    for job, above in parents.items():
        for parent in above:
            children[parent].append(job)
    waits_for = {job: len(above) for job, above in parents.items()}
    ready = [(rank[job], job) for job, count in waits_for.items() if not count]
    running: list[tuple[float, JobName, float]] = []
    ran: list[JobTimes] = []
    moment = 0.0
    while True:
        while ready and len(running) < slots:
            _, job = heapq.heappop(ready)
            started_at = moment + world.start_s * math.exp(random.gauss(0, 0.3))
            heapq.heappush(running, (started_at + seconds[job], job, started_at))
        if not running:
            return ran
        moment, job, started_at = heapq.heappop(running)
        ran.append(JobTimes(job=job, succeeded=True, created_at=0.0, started_at=started_at, stopped_at=moment))
        for child in children[job]:
            waits_for[child] -= 1
            if not waits_for[child]:
                heapq.heappush(ready, (rank[child], child))


def _costs() -> None:
    parents = {JobName(job): tuple(map(JobName, above.split())) for job, above in layered(_MANY, 500).items()}
    plan, world = _plan(parents), World(name="")
    random = Random(1)  # noqa: S311  nothing secret
    usual = {job: 120 * math.exp(random.gauss()) for job in parents}
    content = plan_text(plan).encode()
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(Journal(Path(folder) / "journal.db")) as journal:
        runs = [_run(parents, usual, 1000, random, world) for _ in range(_TIMES_READ + 1)]
        for number, run in enumerate(runs):
            _record(journal, RunId(f"run-{number:02}"), run, content, float(number))
        with read_journal(journal.file) as view:
            entry = view.runs()[-1]
            began = time.perf_counter()
            told = read_usual_times(view, entry, plan)
            reading = time.perf_counter() - began
        size = journal.file.stat().st_size / 1e6
    now = max(one.stopped_at for one in runs[-1]) / 2
    so_far = RunSoFar(
        ended={one.job: one.stopped_at - one.started_at for one in runs[-1] if one.stopped_at <= now},
        running={one.job: one.started_at for one in runs[-1] if one.started_at <= now < one.stopped_at},
        as_of=now,
    )
    sys.stdout.write(
        f"{_MANY:,} jobs: {_TIMES_READ} earlier runs of a journal of {size:.0f} MB read in {reading:.2f} s\n"
    )
    for state, one in (("at the beginning", RunSoFar(ended={}, running={}, as_of=now)), ("at half time", so_far)):
        taken = []
        for _ in range(5):
            began = time.perf_counter()
            expected_end(parents, told, one, now)
            taken.append(time.perf_counter() - began)
        sys.stdout.write(f"  one estimate {state}: {median(taken):.2f} s ({fmean(taken):.2f} s in the mean)\n")


def _record(journal: Journal, run_id: RunId, run: Sequence[JobTimes], content: bytes, began_at: float) -> None:
    digest = PlanDigest(
        f"sha256:{began_at:.0f}"
    )  # another one each time, so that the beginnings of the plans are compared
    entry = RunEntry(run=run_id, digest=digest, engine="aws", jobs=len(run), began_at=began_at)
    journal.begin(entry, content)
    journal.intend(run_id, [(one.job, 1) for one in run], began_at)
    for one in run:
        times: dict[str, Any] = {"started_at": one.started_at, "stopped_at": one.stopped_at}
        execution = JobExecution(created_at=0.0, **times, attempts=(JobAttempt(**times, exit_code=0, log="a/log/b"),))
        job_id = JobId(f"{run_id}-{one.job}")
        submission: dict[str, Any] = {"job": one.job, "job_id": job_id, "submission": 1}
        journal.record(run_id, JobSubmitted(**submission, adopted=False), began_at)
        change: dict[str, Any] = {"before": JobState.RUNNING, "after": JobState.SUCCEEDED}
        journal.record(run_id, JobChanged(**submission, **change), began_at)
        journal.record(run_id, JobExecuted(**submission, execution=execution), began_at)
    journal.commit()


if __name__ == "__main__":
    main()
