"""A thousand jobs through every kind of fault at once: ``python tests/benchmarks/faults.py [JOBS [SEED]]``.

Prints what the service counted: jobs that were submitted twice, jobs that are missing, calls, and the time it took.
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.faults.test_lost_replies import FAULTS, LAYERS
from tests.support.command_line import kedro_batch
from tests.support.large_plans import write_layered_plan
from tests.support.services import standin

_JOBS = 1000  # or the number that is given


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else _JOBS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as folder:
        write_layered_plan(Path(folder), [jobs // LAYERS] * LAYERS)
        with standin(seed=seed, run_s=0.2, keep_bodies=False, **FAULTS) as service:
            began = time.monotonic()
            ended = kedro_batch("apply", "plan.yaml", "-q", cwd=Path(folder), env=service.environment, timeout=1800)
            seconds = time.monotonic() - began
            verdict = service.verdict()
    wanted = jobs // LAYERS * LAYERS
    doubled = verdict["duplicates"].keys() | verdict["double_taken"].keys()
    missing = wanted - verdict["labels"]
    calls = ", ".join(f"{count} {operation}" for operation, count in sorted(verdict["calls"].items()))
    sys.stdout.write(
        f"{wanted} jobs, exit code {ended.code}: {len(doubled)} submitted twice, {missing} missing, {seconds:.1f} s\n"
        f"calls: {calls}; {verdict['throttled'].get('submitjob', 0)} submitjob throttled\n"
    )
    sys.exit(bool(ended.code or doubled or missing))


if __name__ == "__main__":
    main()
