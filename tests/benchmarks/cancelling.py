"""Cancel a run while AWS Batch cannot be reached at all: ``python tests/benchmarks/cancelling.py [JOBS [SECONDS]]``.

Prints how many jobs the service has ended, how long after its return, and beside that how long ``cancel`` takes where
nothing is wrong. Once without and once with the outage, for one run after the other.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.support.command_line import PROGRAM, environment, kedro_batch
from tests.support.plans import write_plan
from tests.support.services import StandIn, standin

_JOBS, _OUTAGE_S = 200, 60.0  # or the numbers that are given
_LONG_S = 3600.0


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else _JOBS
    outage_s = float(sys.argv[2]) if len(sys.argv) > 2 else _OUTAGE_S
    right = True
    for down_s in (0.0, outage_s):
        with tempfile.TemporaryDirectory() as folder, standin(run_s=_LONG_S, keep_bodies=False) as service:
            write_plan(Path(folder), {f"job_{number:04}": ["x"] for number in range(jobs)})
            applied = kedro_batch(
                "apply", "plan.yaml", "--run-id", "r", "--detach", "-q", cwd=Path(folder), env=service.environment
            )
            assert applied.code == 0, applied.err
            code, seconds = _cancelled(Path(folder), service, down_s)
            ended = sum(job["status"] == "FAILED" for job in service.jobs().values())
        sys.stdout.write(
            f"outage of {down_s:.0f} s: exit code {code}, {ended} of {jobs} jobs ended, {seconds:.1f} s after AWS "
            "Batch could be reached\n"
        )
        right &= code == 0 and ended == jobs
    sys.exit(not right)


def _cancelled(folder: Path, service: StandIn, down_s: float) -> tuple[int, float]:
    """Cancel the run, and return the exit code and how long it took once the service could be reached."""
    service.configure(down=[[0, 1e9]] if down_s else [])
    began = time.monotonic()
    with subprocess.Popen(
        [*PROGRAM, "cancel", "r", "-q"], cwd=folder, env=environment(service.environment), stdout=subprocess.DEVNULL
    ) as process:
        if down_s:
            time.sleep(down_s)
            service.configure(down=[])
            began = time.monotonic()
        return process.wait(), time.monotonic() - began


if __name__ == "__main__":
    main()
