"""Kills runs everywhere: ``python tests/benchmarks/kills.py [--points all|N] [--random 100] [--workers 8] [--local]``.

Every run is killed once and taken up again; the service's ledger has to show one job for every node. Each kill point
is tried in a run that begins and, where that does not come by, in one that takes up a run which was killed midway;
every other one with the journal deleted. Then runs are killed at random moments. With --local, runs on this machine are
killed instead, at each point the first and the third time that it comes by.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn, TypeVar

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.faults.kill_points import KillPoint, kill_points, local_kill_points
from tests.faults.local_trials import tried_locally
from tests.faults.trials import Found, Journal, Trial, duration_s, tried, tried_at

_T = TypeVar("_T")


def main() -> None:
    given = _arguments()
    if given.local:
        _kill_local_runs(given)
    chosen = random.Random(given.seed)  # noqa: S311  chooses samples, makes no secret
    every = kill_points()
    points = list(every) if given.points == "all" else chosen.sample(every, int(given.points))
    points = [point for point in points if given.file in point.file]
    _say(
        f"{len(every)} kill points, {sum(one.importing for one in every)} of them while importing; {len(points)} tried"
    )
    reached: Counter[str] = Counter()
    failures: list[tuple[Trial, Found]] = []

    def try_point(numbered: tuple[int, KillPoint]) -> None:
        number, point = numbered
        journal: Journal = "deleted" if (number + given.seed) % 2 else "kept"
        for trial, found in tried_at(point, journal, seed=given.seed + number):
            _note(trial, found, failures)
            if found.reached:
                reached[trial.command] += 1
                return
        reached["not at all"] += 1
        _say(f"not reached: {point}")

    began = time.monotonic()
    _in_threads(try_point, enumerate(points), given.workers)
    _say(f"kill points: {dict(reached)} reached, {len(failures)} failures, {time.monotonic() - began:.0f} s")
    if not given.random:
        _end(failures)
    lasts_s = duration_s()
    moments = [
        Trial(
            when=chosen.uniform(0, lasts_s),
            command="resume" if number % 4 == 3 else "apply",
            journal="deleted" if number % 2 else "kept",
            seed=given.seed + number,
        )
        for number in range(given.random)
    ]
    killed: Counter[tuple[str, str, bool]] = Counter()

    def try_moment(trial: Trial) -> None:
        found = tried(trial)
        killed[trial.command, trial.journal, found.reached] += 1
        _note(trial, found, failures)

    before = len(failures)
    _in_threads(try_moment, moments, given.workers)
    _say(f"random moments within {lasts_s:.1f} s: {len(moments)} tried, {len(failures) - before} failures")
    for (command, journal, was_killed), count in sorted(killed.items()):
        _say(f"  {command}, journal {journal}, {'killed' if was_killed else 'had ended before'}: {count}")
    _end(failures)


def _kill_local_runs(given: argparse.Namespace) -> NoReturn:
    """Kill runs on this machine, and end."""
    every = [one for one in local_kill_points() if not one.importing and given.file in one.file]
    chosen = random.Random(given.seed)  # noqa: S311  chooses samples, makes no secret
    points = every if given.points == "all" else chosen.sample(every, int(given.points))
    reached: Counter[bool] = Counter()
    failures: list[str] = []

    def try_point(chosen: tuple[KillPoint, int]) -> None:
        trials = tried_locally(*chosen)
        reached[trials[-1][1].reached] += 1
        for trial, found in trials:
            if found.wrong:
                failures.append(f"FAILED: {trial}: {'; '.join(found.wrong)}")
                _say(f"{failures[-1]}\n{found.said}")

    began = time.monotonic()
    _in_threads(try_point, [(point, times) for point in points for times in (1, 3)], given.workers)
    _say(
        f"{len(every)} local kill points, {len(points)} tried twice: {reached[True]} reached, {reached[False]} not, "
        f"{len(failures)} failures, {time.monotonic() - began:.0f} s"
    )
    for failure in failures:
        _say(failure)
    sys.exit(bool(failures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", default="all", help="all, or how many")
    parser.add_argument("--file", default="", help="only those of files with this in their name")
    parser.add_argument("--random", type=int, default=100)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--local", action="store_true", help="kill runs on this machine")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def _in_threads(work: Callable[[_T], None], on: Iterable[_T], workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(work, on):
            pass


def _note(trial: Trial, found: Found, failures: list[tuple[Trial, Found]]) -> None:
    if found.wrong:
        failures.append((trial, found))
        _say(f"FAILED: {trial}: {'; '.join(found.wrong)}\n{found.said}")


def _end(failures: list[tuple[Trial, Found]]) -> None:
    for trial, found in failures:
        _say(f"FAILED: {trial}: {'; '.join(found.wrong)}")
    sys.exit(bool(failures))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
