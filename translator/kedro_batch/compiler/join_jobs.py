"""Inserts join jobs: a tree of jobs that do nothing, for a job with more parents than AWS Batch allows. Pure.

The hash of a parent's name, bit by bit as in a trie, decides which join job it belongs to. One parent more or less
changes one join job, or splits it if it is full, and above it only the join jobs that lead to it. Every job has its own
join jobs, named after it and the bits, so that no other job can change them.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kedro_batch.plan.checks.batch_limits import DEPENDENCIES
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JOB_NAME_LENGTH

_SUFFIX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedGraph:
    """A graph in which no job has too many parents.

    Attributes:
        parents: The parents of every job, join jobs included, sorted.
        join_jobs: Every join job, with the job whose parents it gathers.
    """

    parents: Mapping[JobName, tuple[JobName, ...]]
    join_jobs: Mapping[JobName, JobName]


def insert_join_jobs(parents: Mapping[JobName, Collection[JobName]], most: int = DEPENDENCIES) -> JoinedGraph:
    """Insert join jobs between each job with more than ``most`` parents and its parents."""
    joined: dict[JobName, tuple[JobName, ...]] = {}
    join_jobs: dict[JobName, JobName] = {}
    taken = {job.lower() for job in parents}
    for job in sorted(parents):
        names, level = {name: _bits(name) for name in parents[job]} if len(parents[job]) > most else {}, 1
        while len(names) > most:
            gathered: dict[JobName, str] = {}
            for prefix, members in _buckets(names, most):
                if len(members) == 1:
                    gathered[members[0]] = names[members[0]]
                    continue
                join = _name(job, level, prefix, taken)
                joined[join], join_jobs[join] = tuple(sorted(members)), job
                gathered[join] = prefix
            names, level = gathered, level + 1
        joined[job] = tuple(sorted(names or parents[job]))
    return JoinedGraph(parents=joined, join_jobs=join_jobs)


def _bits(name: JobName) -> str:
    return f"{int.from_bytes(hashlib.sha256(name.encode()).digest()):0256b}"


def _buckets(bits: Mapping[JobName, str], most: int) -> list[tuple[str, list[JobName]]]:
    """Split names into buckets of at most ``most`` by their leading bits, as the leaves of a trie.

    Returns:
        Pairs: the bits that the names of a bucket have in common, and these names.
    """
    full, buckets = [("", sorted(bits))], []
    while full:
        prefix, members = full.pop()
        if len(members) <= most:
            buckets.append((prefix, members))
            continue
        for bit in "01":
            longer = prefix + bit
            if inside := [name for name in members if bits[name].startswith(longer)]:
                full.append((longer, inside))
    return sorted(buckets)


def _name(job: JobName, level: int, prefix: str, taken: set[str]) -> JobName:
    """Name a join job after its job, level and bits; the name is legal, and different from all that are taken."""
    ending = f"-join{level}-{prefix}"
    name, tries = job + ending, 0
    while len(name) > JOB_NAME_LENGTH or name.lower() in taken:
        digest = hashlib.sha256(f"{job}{ending}{tries or ''}".encode()).hexdigest()[:_SUFFIX]
        name = f"{job[: JOB_NAME_LENGTH - len(ending) - _SUFFIX - 1]}-{digest}{ending}"
        tries += 1
    taken.add(name.lower())
    return JobName(name)
