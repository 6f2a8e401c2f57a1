"""How good the expected end of a run is, and what it costs: ``python tests/benchmarks/estimating.py``.

Plans of several shapes are played with 4, 16 and 1,000 slots. Each job has a usual run time of its own, lognormal
around two minutes (sigma 1); in each run its time is drawn anew (lognormal, sigma 0.5), and one job takes five times as
long. A job needs half a minute to start. After 1, 3 and 10 earlier runs, the end of another one is estimated when half
of its time is over. The error is the difference between the estimated and the real end, in percent of the time that is
left then; of the whole run it is half as much. In brackets stands how often the run ended between the two times that
are said to be likely, which should be 80 %. Beside it stand:

- naive: from the time until now and the share of jobs that are done,
- learnt: the best that can be made of the same earlier runs and of what was seen of this one, by an oracle that knows
  how the runs were drawn (``drawn_runs.py``),
- known: the same for an oracle that knows the usual time of each job, too, as after very many runs.

Then come earlier moments of the run, worlds that are less kind, with which nothing was chosen, and at the end what
reading and estimating cost for 10,000 jobs.
"""

import contextlib
import math
import sys
import tempfile
import time
from collections.abc import Sequence
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
from kedro_batch.submitter.usual_times import read_usual_times, usual_times
from tests.benchmarks.drawn_runs import (
    Parents,
    Run,
    World,
    draw_run,
    draw_usual,
    known_times,
    learnt_times,
    oracle_ends,
)
from tests.support.plans import a_job, layered

_RUNS, _JOBS_DRAWN = 51, 6_000
"""Runs of each shape; of small plans, whose runs differ most, as many as have so many jobs. All shapes count alike."""
_SLOTS = (4, 16, 1000)
_HISTORIES = (1, 3, 10)
_USUAL_HISTORY = 3
_SHARES = (0.05, 0.1, 0.25)
"""Of the time of a run, before half of it is over."""
_MANY, _TIMES_READ = 10_000, 10
_WORLDS = (
    World(name="all jobs of a run slower or faster (sigma 0.3)", between_runs=0.3),
    World(name="a third of the jobs is new", unseen=1 / 3),
    World(name="jobs start at once", start_s=0.0),
    World(name="jobs take five minutes to start", start_s=300.0),
    World(name="regular times (sigma 0.3)", sigma=0.3),
    World(name="irregular times (sigma 0.8)", sigma=0.8),
    World(name="no straggler", straggler=1.0),
    World(name="a straggler takes ten times as long", straggler=10.0),
    World(name="times of a gamma distribution (as sigma 0.5)", gamma=True),
    World(name="times of a gamma distribution (as sigma 0.8)", gamma=True, sigma=0.8),
    World(name="twice the slots", more_slots=2),
    World(name="half the slots", more_slots=0.5),
)


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What one estimator told of a run: its error, and whether the end was between the two likely times."""

    error: float
    is_likely: bool | None = None


def main() -> None:
    shapes = _shapes()
    sys.stdout.write(
        f"median error at half time, {_RUNS} runs or more of each of {len(shapes)} shapes (bias: > 0 is late)\n"
    )
    sys.stdout.write("  in percent of what is left [how often the end was within the likely times]\n")
    for history in _HISTORIES:
        _show(f"{history} earlier", shapes, history, World(name=""), with_oracles=history == _USUAL_HISTORY)
    for share in _SHARES:
        title = f"when {share:.0%} of the time is over"
        _show(title, shapes, _USUAL_HISTORY, World(name=""), with_oracles=False, share=share)
    for world in _WORLDS:
        _show(world.name, shapes, _USUAL_HISTORY, world, with_oracles=False)
    _costs()


def _show(  # noqa: PLR0913  each is something that the benchmark varies
    title: str,
    shapes: dict[str, Parents],
    history: int,
    world: World,
    *,
    with_oracles: bool,
    share: float = 0.5,
) -> None:
    rows = {
        name: _estimates(name, parents, history, world, with_oracles=with_oracles, share=share)
        for name, parents in shapes.items()
    }
    sys.stdout.write(f"{title}\n  all              {_row([one for row in rows.values() for one in row[:_RUNS]])}\n")
    if history == _USUAL_HISTORY:
        for name, row in rows.items():
            sys.stdout.write(f"  {name:16} {_row(row)}\n")
    sys.stdout.flush()


def _row(estimates: Sequence[dict[str, _Told]]) -> str:
    parts = []
    for who in estimates[0]:
        told = [one[who] for one in estimates]
        errors = [100 * one.error for one in told]
        likely = "" if told[0].is_likely is None else f" [{fmean(bool(one.is_likely) for one in told):.0%}]"
        parts.append(f"{who} {median(map(abs, errors)):5.1f} %, bias {median(errors):+3.0f} %{likely}")
    return "; ".join(parts)


def _shapes() -> dict[str, Parents]:
    random = Random(7)  # noqa: S311  no secret is made of it
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


def _estimates(  # noqa: PLR0913  each is something that the benchmark varies
    shape: str,
    parents: Parents,
    history: int,
    world: World,
    *,
    with_oracles: bool,
    share: float,
) -> list[dict[str, _Told]]:
    plan = _plan(parents)
    found = []
    for number in range(max(_RUNS, _JOBS_DRAWN // len(parents))):
        slots = _SLOTS[number % len(_SLOTS)]
        random = Random(f"{shape} {slots} {number}")  # noqa: S311  no secret is made of it
        usual = draw_usual(parents, random)
        new = set(random.sample(sorted(parents), int(world.unseen * len(parents))))
        earlier = [draw_run(parents, usual, slots, random, world) for _ in range(history)]
        slots_now = round(slots * world.more_slots)
        run = draw_run(parents, usual, slots_now, random, world)
        now = run.end * share
        so_far = _so_far(run.times, now)
        times = [[one for one in before.times if one.job not in new] for before in earlier]
        told = usual_times(plan, times, [one for one in run.times if one.stopped_at <= now])
        if not (ours := expected_end(parents, told, so_far, now)):
            continue
        done = len(so_far.ended) / len(parents)
        one = {
            "error": _told(run, now, ours.at, ours.earliest, ours.latest),
            "naive": _told(run, now, now / done if done else math.inf),
        }
        if with_oracles:
            for who, known in (("learnt", learnt_times(parents, earlier, world)), ("known", known_times(usual, world))):
                ends = oracle_ends(parents, known, run, now, world)
                one[who] = _told(run, now, median(ends), ends[len(ends) // 10], ends[-1 - len(ends) // 10])
        found.append(one)
    return found


def _told(run: Run, now: float, at: float, earliest: float | None = None, latest: float | None = None) -> _Told:
    error = (at - run.end) / (run.end - now)
    if earliest is None or latest is None:
        return _Told(error=error)
    return _Told(error=error, is_likely=earliest <= run.end <= latest)


def _so_far(run: Sequence[JobTimes], now: float) -> RunSoFar:
    return RunSoFar(
        ended={one.job: one.stopped_at - one.started_at for one in run if one.stopped_at <= now},
        running={one.job: one.started_at for one in run if one.started_at <= now < one.stopped_at},
        as_of=now,
    )


def _costs() -> None:
    parents = {JobName(job): tuple(map(JobName, above.split())) for job, above in layered(_MANY, 500).items()}
    plan, world = _plan(parents), World(name="")
    random = Random(1)  # noqa: S311  no secret is made of it
    usual = draw_usual(parents, random)
    content = plan_text(plan).encode()
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(Journal(Path(folder) / "journal.db")) as journal:
        runs = [draw_run(parents, usual, 1000, random, world).times for _ in range(_TIMES_READ + 1)]
        for number, run in enumerate(runs):
            _record(journal, RunId(f"run-{number:02}"), run, content, float(number))
        with read_journal(journal.file) as view:
            entry = view.runs()[-1]
            began = time.perf_counter()
            told = read_usual_times(view, entry, plan)
            reading = time.perf_counter() - began
        size = journal.file.stat().st_size / 1e6
    now = max(one.stopped_at for one in runs[-1]) / 2
    so_far = _so_far(runs[-1], now)
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
