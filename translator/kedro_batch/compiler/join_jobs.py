"""Gathers more parents than AWS Batch lets a job have, by a tree of jobs that do nothing. Pure.

Which join job a parent goes to is read off a hash of its name, bit by bit, as in a trie: a parent more or less
changes one join job, and splits it if it is full; the others stay as they are. Jobs share the join jobs that gather
the same parents; each is called after the smallest of them.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from kedro_batch.plan.limits import DEPENDENCIES, JOB_NAME_LENGTH
from kedro_batch.plan.model import JobName

_SUFFIX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A graph of which no job has too many parents.

    Attributes:
        parents: The parents of every job, join jobs included, sorted.
        join_jobs: For every join job, the job that it gathers parents for; of several, the first by name.
    """

    parents: Mapping[JobName, tuple[JobName, ...]]
    join_jobs: Mapping[JobName, JobName]


def with_join_jobs(parents: Mapping[JobName, Collection[JobName]], most: int = DEPENDENCIES) -> Joined:
    """Put join jobs between every job with more than ``most`` parents and these.

    Jobs share the join jobs that gather the same parents.
    """
    tree = _Tree({job.lower() for job in parents}, most)
    for job in sorted(parents):
        tree.gather(job, parents[job])
    return Joined(parents=tree.parents, join_jobs=tree.join_jobs)


class _Tree:
    """The join jobs that have been made so far."""

    def __init__(self, taken: set[str], most: int) -> None:
        self._taken = taken
        self._most = most
        self._join_of: dict[tuple[JobName, ...], JobName] = {}
        self._smallest: dict[JobName, JobName] = {}
        self._gathered: dict[frozenset[JobName], tuple[JobName, ...]] = {}
        self.parents: dict[JobName, tuple[JobName, ...]] = {}
        self.join_jobs: dict[JobName, JobName] = {}

    def gather(self, job: JobName, above: Collection[JobName]) -> None:
        """Let a job wait for its parents, through join jobs if they are too many."""
        every = frozenset(above)
        names, level = sorted(every), 1
        if every not in self._gathered:
            while len(names) > self._most:
                names = sorted(self._join(job, level, bucket) for bucket in _buckets(names, self._most))
                level += 1
            self._gathered[every] = tuple(names)
        self.parents[job] = self._gathered[every]

    def _join(self, job: JobName, level: int, members: Sequence[JobName]) -> JobName:
        if len(members) == 1:
            return members[0]
        key = tuple(sorted(members))
        if key not in self._join_of:
            smallest = min(self._smallest.get(name, name) for name in members)
            join = _name(level, smallest, key, self._taken)
            self._join_of[key], self._smallest[join] = join, smallest
            self.parents[join], self.join_jobs[join] = key, job
        return self._join_of[key]


def _buckets(names: Collection[JobName], most: int) -> list[list[JobName]]:
    """Part names into sets of at most ``most`` by the leading bits of their hashes."""
    bits = {name: f"{int.from_bytes(hashlib.sha256(name.encode()).digest()):0256b}" for name in names}
    full, parted = [("", sorted(names))], []
    while full:
        prefix, members = full.pop()
        if len(members) <= most:
            parted.append(members)
            continue
        for bit in "01":
            longer = prefix + bit
            if inside := [name for name in members if bits[name].startswith(longer)]:
                full.append((longer, inside))
    return parted


def _name(level: int, smallest: JobName, members: tuple[JobName, ...], taken: set[str]) -> JobName:
    """Name a join job after the smallest job that it gathers, unlike all names that are taken already."""
    name, tries = f"join{level}-{smallest}", 0
    while len(name) > JOB_NAME_LENGTH or name.lower() in taken:
        digest = hashlib.sha256("\n".join([*members, str(tries)]).encode()).hexdigest()[:_SUFFIX]
        name = f"{f'join{level}-{smallest}'[: JOB_NAME_LENGTH - _SUFFIX - 1]}-{digest}"
        tries += 1
    taken.add(name.lower())
    return JobName(name)
