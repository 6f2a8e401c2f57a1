"""Tells which job of one plan is which of another, although it may have another name. Pure."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping

from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.graph import levels
from kedro_batch.plan.model import Job, JobName, Plan

_Key = Callable[[Job], Hashable | None]


def matched(old: Plan, new: Plan) -> dict[JobName, JobName]:
    """Give the jobs of ``new`` that ``old`` has as well, each with its name there.

    A job is the same if it has the same name. Of those that are left, it is the same if it runs the same nodes; if it
    writes the same data, which in Kedro has one producer; if more than half of the nodes of each are those of the
    other; if nothing but its own and its node's name differs. Two that are equally like are not guessed at.
    """
    theirs = {job.name: job for job in old.jobs}
    same = {job.name: job.name for job in new.jobs if job.name in theirs}
    gone = [job for job in old.jobs if job.name not in same]
    come = [job for job in new.jobs if job.name not in same]
    for key in (_nodes, _written):
        gone, come = _pair(same, gone, come, key, key)
    gone, come = _pair_by_half(same, gone, come)
    if gone and come:
        _pair_by_parents(same, gone, come, new)
    return same


def _pair(
    same: dict[JobName, JobName], gone: Iterable[Job], come: Iterable[Job], old_key: _Key, new_key: _Key
) -> tuple[list[Job], list[Job]]:
    """Pair the jobs that alone have a key on both sides; give those that are left."""
    old_keys, new_keys = {job.name: old_key(job) for job in gone}, {job.name: new_key(job) for job in come}
    old_counts, new_counts = Counter(old_keys.values()), Counter(new_keys.values())
    called = {key: name for name, key in old_keys.items() if key is not None and old_counts[key] == 1}
    pairs = {name: called[key] for name, key in new_keys.items() if key in called and new_counts[key] == 1}
    same.update(pairs)
    taken = set(pairs.values())
    return [job for job in gone if job.name not in taken], [job for job in come if job.name not in pairs]


def _nodes(job: Job) -> Hashable | None:
    return job.nodes or None


def _written(job: Job) -> Hashable | None:
    return tuple(sorted(map(without_transcoding, job.writes))) or None


def _pair_by_half(same: dict[JobName, JobName], gone: list[Job], come: list[Job]) -> tuple[list[Job], list[Job]]:
    """Pair groups of which more than half of the nodes are the other's: there is at most one for each."""
    owner = {node: job for job in gone for node in job.nodes}
    size = {job.name: len(job.nodes) for job in gone}
    pairs: dict[JobName, JobName] = {}
    for job in come:
        for name, count in Counter(owner[node].name for node in job.nodes if node in owner).items():
            if 2 * count > max(len(job.nodes), size[name]):
                pairs[job.name] = name
    same.update(pairs)
    taken = set(pairs.values())
    return [job for job in gone if job.name not in taken], [job for job in come if job.name not in pairs]


def _pair_by_parents(same: dict[JobName, JobName], gone: list[Job], come: list[Job], new: Plan) -> None:
    """Pair what stores no data, join jobs among it: by its parents, what it reads, and its command but for names.

    Level by level, since what is below a pair is compared by the pair's names.
    """
    by_level: dict[int, list[Job]] = {}
    level_of = levels({job.name: job.depends_on for job in new.jobs})
    for job in come:
        by_level.setdefault(level_of[job.name], []).append(job)
    for _, jobs in sorted(by_level.items()):
        here = [job for job in jobs if not job.writes]
        gone, _ = _pair(same, gone, here, _likeness({}), _likeness(same))


def _likeness(same: Mapping[JobName, JobName]) -> _Key:
    def key(job: Job) -> Hashable | None:
        if job.writes:
            return None
        own = {job.name, *job.nodes}
        command = tuple(_anonymous(word, own) for word in job.command)
        parents = tuple(sorted(same.get(parent, parent) for parent in job.depends_on))
        return parents, job.reads, len(job.nodes), command

    return key


def _anonymous(word: str, names: Iterable[str]) -> str:
    """Put a blank for a job's own name and those of its nodes."""
    head, equals, value = word.partition("=")
    parts = (value if equals else head).split(",")
    blanked = ",".join("" if part in names else part for part in parts)
    return f"{head}={blanked}" if equals else blanked
