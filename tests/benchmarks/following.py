"""What following a run costs, and how late it is: ``python tests/benchmarks/following.py [--scale S] [WORD]``.

1,000 jobs on 200 slots of the stand-in, over HTTP. ``--scale 0.1`` lets the jobs take a tenth of their time, which
is cheaper, and weighs starting and submitting ten times as heavily: the bounds are meant for 1, which takes half an
hour. With a word, only the parts are run that have it in their name.

- ``calls``: how many calls of DescribeJobs there are, and what the process takes of a processor while it waits
- ``independent`` and ``layered``: makespan and wall time over the ideal one, that of the same list scheduling without
  any overhead; beside it the loop of ``thread_per_job``, with as many workers as there are slots
- ``wait``: how long after the end of the last job ``kedro-batch wait`` ends
"""

import argparse
import heapq
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.benchmarks.measure import measured
from tests.support.command_line import BIN, environment
from tests.support.plans import layered, write_plan
from tests.support.services import StandIn, standin

_JOBS, _SLOTS, _WIDTH = 1000, 200, 250
_INDEPENDENT = dict.fromkeys(layered(_JOBS, _JOBS), "")
_POLL_S = 1.0
_PROGRAM = str(BIN / "kedro-batch")
_APPLY = [_PROGRAM, "apply", "plan.yaml", "--quiet", "--run-id=followed"]
_BARE = [
    sys.executable,
    str(Path(__file__).with_name("thread_per_job.py")),
    "requests.jsonl",
    f"{_SLOTS}",
    f"{_POLL_S}",
]
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True)
class Followed:
    """A command that has followed jobs to their end.

    Attributes:
        seconds: Its wall time.
        cpu_seconds: Its processor time.
        waiting: What it took of one processor from when everything was submitted.
        megabytes: The most memory that it had.
        late_s: How long after the end of the last job it ended.
        looks: How many looks it took. In one look no job is asked about twice, so a look ends where a call asks for
            a job again.
        late_looks: How many of them there were after the end of the last job, one that was under way included.
        verdict: The service's.
    """

    seconds: float
    cpu_seconds: float
    waiting: float
    megabytes: float
    late_s: float
    looks: int
    late_looks: int
    verdict: dict[str, Any]

    @property
    def described(self) -> int:
        """How many calls of DescribeJobs there were."""
        calls: int = self.verdict["calls"].get("describejobs", 0)
        return calls


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("word", nargs="?", default="")
    given = parser.parse_args()
    scale: float = given.scale
    sys.stdout.write(f"{_JOBS} jobs, {_SLOTS} slots, scale {scale:g}\n")
    parts = {
        "calls": lambda: _calls(scale),
        "independent": lambda: _end_to_end(_INDEPENDENT, scale, spread=False),
        "layered": lambda: _end_to_end(layered(_JOBS, _WIDTH), scale, spread=True),
        "wait": lambda: _wait(scale),
    }
    for name, part in parts.items():
        if given.word in name:
            sys.stdout.write(f"{name}\n{part()}")
            sys.stdout.flush()


def _calls(scale: float) -> str:
    with _service(_INDEPENDENT, run_s=30 * scale) as (service, folder):
        found = _followed(_APPLY, folder, service)
    changes = found.verdict["state_changes"]
    bound = changes / 10 + 2 * found.looks
    return (
        f"  {found.described} calls of DescribeJobs in {found.looks} looks, {changes} changes of states "
        f"(at most {bound:.0f}: a tenth of the changes and twice the looks)\n"
        f"  while waiting {found.waiting:.1%} of one processor; {found.megabytes:.0f} MB (at most 150)\n"
        f"  {found.late_s:.1f} s, {found.late_looks} looks after the end of the last job\n"
    )


def _end_to_end(parents: dict[str, str], scale: float, *, spread: bool) -> str:
    """Compare the tool with the plain loop; jobs take a minute, or half to one and a half."""
    chance = random.Random(1)  # noqa: S311  no secret is made of it
    durations = {name: (chance.uniform(30, 90) if spread else 60.0) * scale for name in parents}
    ideal_s = _ideal_s(parents, durations)
    lines = [f"  ideal {ideal_s:.1f} s; the plain loop has {_SLOTS} workers and asks every {_POLL_S:g} s\n"]
    for name, command in {"kedro-batch": _APPLY, "plain loop": _BARE}.items():
        with _service(parents, durations=durations) as (service, folder):
            found = _followed(command, folder, service)
        lines.append(
            f"  {name:11} makespan {found.verdict['makespan_s']:.1f} s, {found.verdict['makespan_s'] / ideal_s:.3f} "
            f"of the ideal; wall {found.seconds:.1f} s, {found.seconds / ideal_s:.3f}"
            f"{' (both at most 1.05)' if command is _APPLY else ''}; "
            f"{sum(found.verdict['calls'].values())} calls, {found.described} of them DescribeJobs; "
            f"{found.cpu_seconds:.1f} s of processor; {found.megabytes:.0f} MB; "
            f"{found.late_s:.1f} s after the end of the last job\n"
        )
    return "".join(lines)


def _wait(scale: float) -> str:
    with _service(_INDEPENDENT, run_s=30 * scale) as (service, folder):
        measured([*_APPLY, "--detach"], folder, service.environment)
        found = _followed([_PROGRAM, "wait", "followed", "--quiet"], folder, service)
    return (
        f"  kedro-batch wait ended {found.late_s:.1f} s after the last job, with {found.late_looks} looks (at most 2); "
        f"{found.described} calls in {found.looks} looks; {found.waiting:.1%} of one processor\n"
    )


@contextmanager
def _service(parents: Mapping[str, str], **configuration: Any) -> Iterator[tuple[StandIn, Path]]:
    """Give a service with limits and latency, and a folder with a plan and the requests that the plain loop reads."""
    limits: dict[str, Any] = {"slots": _SLOTS, "start_s": 0.0, "latency_s": 0.1, "throttle": {"rate": 50, "burst": 5}}
    with tempfile.TemporaryDirectory() as name, standin(**limits, **configuration) as service:
        folder = Path(name)
        write_plan(folder, {job: ["kedro", "run"] for job in parents}, dict(parents))
        said = measured([_PROGRAM, "apply", "plan.yaml", "--dry-run"], folder, service.environment).output
        lines = []
        for request in map(json.loads, said.splitlines()):
            request.pop("dependsOn", None)  # they have ended when it is submitted
            job = request["tags"]["kedro-batch:job"]
            lines.append(json.dumps({"name": job, "parents": parents[job].split(), "request": request}))
        (folder / "requests.jsonl").write_text("\n".join(lines))
        yield service, folder


def _followed(command: list[str], folder: Path, service: StandIn) -> Followed:
    log = folder / ".benchmark.log"
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(service.environment), stdout=output, stderr=output
        )
        submitted = _once_submitted(process.pid, service)
        megabytes = _most_megabytes(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
    ended_at, ended = time.time(), time.monotonic()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output=log.read_text(errors="replace"))
    verdict = service.verdict()
    if (verdict["taken"], verdict["duplicates"]) != (_JOBS, {}):
        raise RuntimeError(f"not every job was submitted once: {verdict}")
    asked = service.ledger("describejobs")
    last_stop = _last_stop(service)
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return Followed(
        seconds=ended - began,
        cpu_seconds=cpu_seconds,
        waiting=(cpu_seconds - submitted[1]) / (ended - submitted[0]),
        megabytes=megabytes,
        late_s=ended_at - last_stop,
        looks=_looks(asked),
        late_looks=_looks([one for one in asked if one["at"] >= last_stop]),
        verdict=verdict,
    )


def _once_submitted(pid: int, service: StandIn) -> tuple[float, float]:
    """Wait until every job is submitted; give the time, and the processor time of a process until then."""
    while service.verdict()["taken"] < _JOBS and not _has_ended(pid):
        time.sleep(0.5)
    return time.monotonic(), _cpu_seconds(pid)


def _most_megabytes(pid: int) -> float:
    """Watch a process until it ends; give the most memory that it had. What wait4 tells counts its parent's, too."""
    most = 0
    while not _has_ended(pid):
        found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        most = int(found[1]) if found else most
        time.sleep(0.05)
    return most / 1024


def _has_ended(pid: int) -> bool:
    return _stat(pid)[0] == "Z"


def _cpu_seconds(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _stat(pid: int) -> list[str]:
    """Give the fields of /proc/PID/stat from the state on: what stands before it may have spaces in it."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _looks(asked: list[dict[str, Any]]) -> int:
    looks, seen = 0, set[str]()
    for call in asked:
        ids = set(call["body"]["jobs"])
        if not looks or seen & ids:
            looks, seen = looks + 1, set()
        seen |= ids
    return looks


def _last_stop(service: StandIn) -> float:
    """Give when the last job ended, in seconds since the epoch."""
    client = service.client()
    ids = [one["id"] for one in service.jobs().values()]
    chunks = [ids[start : start + 100] for start in range(0, len(ids), 100)]
    stopped: list[int] = [job["stoppedAt"] for ids in chunks for job in client.describe_jobs(jobs=ids)["jobs"]]
    return max(stopped) / 1000


def _ideal_s(parents: Mapping[str, str], durations: Mapping[str, float]) -> float:
    """Give the makespan of list scheduling: whenever there is room, the first job that may start is started."""
    waits_for = {name: len(above.split()) for name, above in parents.items()}
    children: dict[str, list[str]] = {name: [] for name in parents}
    for name, above in parents.items():
        for parent in above.split():
            children[parent].append(name)
    ready = [name for name, count in waits_for.items() if not count]  # sorted, as the names are
    at_work: list[tuple[float, str]] = []
    now = 0.0
    while ready or at_work:
        while ready and len(at_work) < _SLOTS:
            name = heapq.heappop(ready)
            heapq.heappush(at_work, (now + durations[name], name))
        now, ended = heapq.heappop(at_work)
        for child in children[ended]:
            waits_for[child] -= 1
            if not waits_for[child]:
                heapq.heappush(ready, child)
    return now


if __name__ == "__main__":
    main()
