"""Kills runs at every line and at random moments: ``python tests/benchmarks/kills.py [POINTS] [MOMENTS] [WORKERS]``.

POINTS is how many lines are tried, spread over the code (default: all), MOMENTS how many random ones (100). Every run
is taken up again, every other one after its journal was deleted; the stand-in's ledger says whether each node has
exactly one job then.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.support.kills import Trial, at_point, at_random, kill_points


def main() -> None:
    every = kill_points()
    count, moments, workers = (int(word) for word in [*sys.argv[1:], *("0", "100", "6")[len(sys.argv) - 1 :]])
    points = every[:: max(1, len(every) // count)] if count else every
    counted = f"{len(every)} kill points in the code, {len(points)} of them tried"
    sys.stdout.write(f"{counted}, and {moments} random moments\n")
    tasks = [partial(at_point, point, lost=number % 2 == 1, seed=number) for number, point in enumerate(points)]
    tasks += [partial(at_random, lost=number % 2 == 1, seed=1000 + number) for number in range(moments)]
    trials = []
    with ThreadPoolExecutor(workers) as pool:
        for trial in pool.map(_made, tasks):
            trials.append(trial)
            if trial.wrong:
                sys.stdout.write(f"{trial.point}{' and the journal deleted' * trial.lost}: {trial.wrong}\n")
                sys.stdout.flush()
    for name, some in (("lines", trials[: len(points)]), ("moments", trials[len(points) :])):
        reached = [trial for trial in some if trial.reached]
        wrong = [trial for trial in some if trial.wrong]
        deleted = sum(trial.lost for trial in reached)
        sys.stdout.write(
            f"{name}: {len(some)} tried, {len(reached)} reached, {deleted} of these with the journal deleted; "
            f"{len(wrong)} went wrong\n"
        )


def _made(task: "partial[Trial]") -> Trial:
    return task()


if __name__ == "__main__":
    main()
