"""How the submitter grows with a plan: ``python tests/benchmarks/simulated.py``.

Layered plans of 1,000 and of 10,000 jobs are submitted and followed to the end by the real run with a real journal,
on the stand-in in the same process and a clock that jumps: what is measured is the work, and nothing waits. Each is
run in a process of its own, without faults and with some; time and memory are those of run and service together. The
growth is that of the processor time: the wall time has the journal's disk in it, and whatever else the machine does.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.support.plans import layered
from tests.support.simulation import Simulation, plan_of

_SIZES = (1000, 10_000)
_LAYERS = 20
_FAULTS: dict[str, dict[str, Any]] = {
    "without faults": {},
    "with faults": {"lost_replies": 0.1, "error_before": 0.1, "error_after": 0.1, "list_delay_s": 3.0},
}
_SERVICE: dict[str, Any] = {
    "throttle": {"rate": 50, "burst": 5},
    "slots": 1000,
    "run_s": 60.0,
    "seed": 1,
    "keep_bodies": False,
}


def main() -> None:
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(_simulated(int(sys.argv[1]), sys.argv[2])))
        return
    for faults in _FAULTS:
        found = {jobs: _in_a_process(jobs, faults) for jobs in _SIZES}
        sys.stdout.write(f"{faults}\n")
        for jobs, one in found.items():
            bound = " (at most 400)" if jobs == _SIZES[-1] else ""
            calls = ", ".join(f"{count} {operation}" for operation, count in sorted(one["calls"].items()))
            sys.stdout.write(
                f"  {jobs:6} jobs: {one['seconds']:.1f} s, {one['cpu_seconds']:.1f} of them of processor, "
                f"{one['cpu_seconds'] / jobs * 1000:.2f} ms a job; "
                f"{one['megabytes']:.0f} MB{bound}; simulated makespan {one['makespan_s']:.0f} s; calls: {calls}\n"
            )
        few, many = (found[jobs]["cpu_seconds"] for jobs in _SIZES)
        sys.stdout.write(
            f"  {many / few:.1f} times the processor time for {_SIZES[1] / _SIZES[0]:.0f} times the jobs\n"
        )
        sys.stdout.flush()


def _in_a_process(jobs: int, faults: str) -> dict[str, Any]:
    command = [sys.executable, __file__, str(jobs), faults]
    found: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return found


def _simulated(jobs: int, faults: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        simulation = Simulation(Path(folder), plan_of(layered(jobs, jobs // _LAYERS)), **_SERVICE, **_FAULTS[faults])
        began, began_cpu = time.perf_counter(), time.process_time()
        finished = simulation.to_the_end()
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
    verdict = simulation.service.judge()
    if finished.outcome != "succeeded" or (verdict["labels"], verdict["duplicates"]) != (jobs, {}):
        raise RuntimeError(f"{finished.outcome}, {verdict}")
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {name: verdict[name] for name in ("makespan_s", "calls")}
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "megabytes": megabytes, **told}


if __name__ == "__main__":
    main()
