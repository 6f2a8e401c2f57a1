"""Measure the CPU time of the peak of a plan, beside reading the plan: ``python tests/benchmarks/peak.py [JOBS]``.

Plans of 10,000 jobs in several shapes, with resources that are the same for all jobs, or drawn for each, on one queue
or on twenty. Each amount (jobs, vCPUs, memory, GPUs) has a peak, in all and for each queue: a maximum flow, where no
level is the heaviest set and there is time for it. ``at most`` says for which amounts of the whole plan there is none.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from kedro_batch.plan.graph import levels
from kedro_batch.plan.reader import read_plan
from kedro_batch.review.overview.peak_demand import calculate_peaks

_JOBS = 10_000
_PARENTS = 20
_Parents = list[list[int]]


def _chains(jobs: int, chance: random.Random) -> _Parents:  # noqa: ARG001  as all shapes are called
    """Namespaces of eight jobs, one behind the other."""
    return [[number - 1] if number % 8 else [] for number in range(jobs)]


def _fan(jobs: int, chance: random.Random) -> _Parents:  # noqa: ARG001  as all shapes are called
    """One job, very many behind it, and join jobs of 20 parents until one is left."""
    parents: _Parents = [[]]
    waiting: list[int] = []
    while len(parents) + (len(parents) - 1) // (_PARENTS - 1) < jobs:
        waiting.append(len(parents))
        parents.append([0])
    while len(waiting) > 1 and len(parents) < jobs:
        some, waiting = waiting[:_PARENTS], waiting[_PARENTS:]
        waiting.append(len(parents))
        parents.append(some)
    return parents


def _layers(width: int, most: int) -> Callable[[int, random.Random], _Parents]:
    def parents(jobs: int, chance: random.Random) -> _Parents:
        above = [range((number // width - 1) * width, number // width * width) for number in range(jobs)]
        return [sorted(chance.sample(one, min(most, width))) if one.start >= 0 else [] for one in above]

    return parents


def _narrow(jobs: int, chance: random.Random) -> _Parents:
    """Hostile: thousands of levels, with the most parents, of which many are superfluous."""
    return [sorted(chance.sample(range(max(0, n - 50), n), min(n, _PARENTS))) for n in range(jobs)]


_SHAPES: Mapping[str, Callable[[int, random.Random], _Parents]] = {
    "namespaces of 8 jobs": _chains,
    "fan with join jobs": _fan,
    "layers of 1,000, 20 parents": _layers(1000, _PARENTS),
    "layers of 100, 3 parents": _layers(100, 3),
    "layers of 20, 10 parents": _layers(20, 10),
    "thousands of levels": _narrow,
}


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else _JOBS
    for name, shape in _SHAPES.items():
        for kind in ("same", "drawn", "twenty queues"):
            chance = random.Random(1)  # noqa: S311  no secret is made of it
            parents = shape(jobs, chance)
            content = json.dumps(
                _plan(parents, chance, alike=kind == "same", queues=20 if kind == "twenty queues" else 1)
            ).encode()
            begin = time.process_time()
            plan = read_plan(content, "plan.yaml")
            read = time.process_time()
            level_of = levels(plan.parents)
            begin_peak = time.process_time()
            peak, _ = calculate_peaks(plan, level_of)
            took = time.process_time() - begin_peak
            bound = f"; at most: {', '.join(peak.upper_bounds)}" if peak.upper_bounds else ""
            sys.stdout.write(
                f"{name:<28} {kind:<13} {took:5.2f} s / read {read - begin:5.2f} s: {took / (read - begin):4.2f}; "
                f"{peak.jobs:,} jobs, {peak.vcpus:,} vCPUs at peak{bound}\n"
            )


def _plan(parents: _Parents, chance: random.Random, *, alike: bool, queues: int) -> dict[str, Any]:
    return {
        "schema": "kedro-batch/plan/v1",
        "defaults": {"job_queue": "q", "job_definition": "d", "resources": {"vcpus": 2, "memory_mib": 4096}},
        "jobs": list(_jobs(parents, chance, alike=alike, queues=queues)),
    }


def _jobs(parents: _Parents, chance: random.Random, *, alike: bool, queues: int) -> Iterator[dict[str, Any]]:
    for number, above in enumerate(parents):
        job: dict[str, Any] = {"name": f"job_{number:06}", "command": ["x"], "nodes": [f"node_{number}"]}
        if above:
            job["depends_on"] = [f"job_{parent:06}" for parent in above]
        if queues > 1:
            job["job_queue"] = f"q{chance.randrange(queues)}"
        if not alike:
            vcpus = chance.choice([1, 2, 4, 16])
            job["resources"] = {"vcpus": vcpus, "memory_mib": vcpus * chance.choice([2048, 4000])}
            job["resources"] |= {"gpus": 1} if chance.random() < 0.05 else {}
        yield job


if __name__ == "__main__":
    main()
