"""How fast jobs are submitted: ``python tests/benchmarks/submitting.py [WORD]``; with a word, only parts that have it.

``apply --detach`` of independent jobs against the stand-in over HTTP, which answers after 100 ms and limits SubmitJob
to a number of calls a second: one that is known, a smaller one, and one that changes on the way. It prints the rate
reached in parts of the limit, while submitting went on, and how many calls were throttled. Then, without a limit,
the rate beside that of a bare loop over boto3 with as many threads: the two alternate, and the ratio is that of the
medians.
"""

import statistics
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from kedro_batch.submitter.service.call_pool import LANES, Lane
from tests.benchmarks.measure import measured
from tests.support.command_line import BIN
from tests.support.plans import write_plan
from tests.support.services import standin

_JOBS = 2000
_CHANGING = [(0.0, 50.0), (15.0, 25.0), (35.0, 50.0)]
_CHANGING_JOBS = 2800
"""More than the others: the last change comes after 1,250 jobs, and 30 s of the rate after it are looked at."""
_HELD, _HELD_WITHIN_S, _HELD_OVER_S = 0.9, 30.0, 5.0
"""A limit is held from when on this part of it is reached in whatever so many seconds."""
_BURST = 5
_LATENCY_S = 0.1
_ROUNDS = 3
_THREADS = LANES[Lane.SUBMIT]
_APPLY = [str(BIN / "kedro-batch"), "apply", "plan.yaml", "--detach", "--quiet"]
_BARE = f"""
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore.config import Config

requests = [json.loads(line) for line in Path("requests.jsonl").read_text().splitlines()]
client = boto3.client("batch", config=Config(max_pool_connections={_THREADS}, retries={{"total_max_attempts": 1}}))
with ThreadPoolExecutor({_THREADS}) as pool:
    list(pool.map(lambda request: client.submit_job(**request), requests))
"""


def main() -> None:
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    parts = {
        "limit 50": lambda: _limited(50, at_least=0.9, throttled=0.02),
        "limit 25": lambda: _limited(25, at_least=0.8, throttled=0.05),
        "limit 50, 25, 50": _changing,
        "unlimited, latency 100 ms": lambda: _unlimited(_LATENCY_S),
        "unlimited, no latency": lambda: _unlimited(0.0),
    }
    for name, part in parts.items():
        if word in name:
            sys.stdout.write(f"{name}\n{part()}")
            sys.stdout.flush()


def _limited(limit: float, *, at_least: float, throttled: float) -> str:
    verdict = _submitted(_APPLY, _JOBS, latency_s=_LATENCY_S, throttle={"rate": limit, "burst": _BURST})
    reached = _rate(verdict["taken_at"]) / limit
    return (
        f"  {_JOBS} jobs in {verdict['submit_span_s']:.1f} s: {reached:.1%} of the limit (at least {at_least:.0%})\n"
        f"  {_throttled(verdict, throttled)}"
    )


def _changing() -> str:
    changes: dict[str, Any] = {"throttle": {"rate": _CHANGING[0][1], "burst": _BURST}, "throttle_schedule": _CHANGING}
    verdict = _submitted(_APPLY, _CHANGING_JOBS, latency_s=_LATENCY_S, **changes)
    taken: list[float] = verdict["taken_at"]
    ends = [at for at, _ in _CHANGING[1:]] + [taken[-1]]
    windows = [(start, end, limit) for (start, limit), end in zip(_CHANGING, ends, strict=True)]
    allowed = sum((end - start) * limit for start, end, limit in windows)
    lines = [
        f"  {start:3.0f} to {end:3.0f} s: {_between(taken, start, end) / (end - start) / limit:.1%} of {limit:.0f}\n"
        for start, end, limit in windows
    ]
    since, limit = _CHANGING[-1]
    held = _held_from(taken, since, limit)
    found = "never" if held is None else f"from {held - since:.1f} s after the last change on"
    return (
        f"  {len(taken)} jobs in {taken[-1]:.1f} s: {len(taken) / allowed:.1%} of the limit\n{''.join(lines)}"
        f"  {_HELD:.0%} of {limit:.0f} held, over any {_HELD_OVER_S:.0f} s, {found} "
        f"(within {_HELD_WITHIN_S:.0f} s)\n"
        f"  {_throttled(verdict, 0.05)}"
    )


def _unlimited(latency_s: float) -> str:
    rates: dict[str, list[float]] = {"kedro-batch": [], "bare boto3": []}
    commands = {"kedro-batch": [*_APPLY, "--rate=unlimited"], "bare boto3": [sys.executable, "-c", _BARE]}
    for _ in range(_ROUNDS):
        for name, command in commands.items():
            rates[name].append(_rate(_submitted(command, _JOBS, latency_s=latency_s)["taken_at"]))
    ours, bare = (statistics.median(found) for found in rates.values())
    lines = [
        f"  {name:11} {', '.join(f'{rate:.0f}' for rate in found)} calls a second\n" for name, found in rates.items()
    ]
    return f"{''.join(lines)}  ratio of the medians {ours / bare:.2f} (at least 0.5), {_THREADS} threads\n"


def _submitted(command: list[str], jobs: int, **configuration: Any) -> dict[str, Any]:
    """Run a command that submits jobs to a service of its own; give the service's verdict."""
    with tempfile.TemporaryDirectory() as name, standin(keep_bodies=False, run_s=3600, **configuration) as service:
        folder = Path(name)
        write_plan(folder, {f"job_{number:05}": ["kedro", "run"] for number in range(jobs)})
        if command[0] == sys.executable:
            requests = measured([*_APPLY[:3], "--dry-run"], folder, service.environment).output
            (folder / "requests.jsonl").write_text(requests)
        measured(command, folder, service.environment)
        verdict = service.verdict(times=True)
    if verdict["labels"] != jobs or verdict["taken"] != jobs:
        raise RuntimeError(f"{verdict['taken']} jobs of {verdict['labels']} names were submitted, not {jobs}")
    return verdict


def _rate(taken: Sequence[float]) -> float:
    return (len(taken) - 1) / (taken[-1] - taken[0])


def _throttled(verdict: dict[str, Any], at_most: float) -> str:
    calls, throttled = verdict["calls"]["submitjob"], verdict["throttled"].get("submitjob", 0)
    return f"{throttled} of {calls} calls throttled: {throttled / calls:.1%} (at most {at_most:.0%})\n"


def _between(taken: Sequence[float], start: float, end: float) -> int:
    return bisect_left(taken, end) - bisect_left(taken, start)


def _held_from(taken: Sequence[float], since: float, limit: float) -> float | None:
    """Give from when on a limit is held until the end; None if it never is."""
    enough = _HELD * limit * _HELD_OVER_S
    held = None
    start = taken[-1] - _HELD_OVER_S
    while start >= since and _between(taken, start, start + _HELD_OVER_S) >= enough:
        held = start
        start -= 0.1
    return held


if __name__ == "__main__":
    main()
