"""Tells which job of one plan is which of another, although it may have another name. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping

from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.graph import children_of, levels
from kedro_batch.plan.model import Job, JobName, Plan

_Key = Callable[[Job], Hashable | None]


def match_jobs(old: Plan, new: Plan) -> dict[JobName, JobName]:
    """Give the jobs of ``new`` that ``old`` has as well, each with its name there.

    A job is the same if it has the same name and runs the same nodes. Of those that are left, it is the same if it
    runs the same nodes; if it has the same name; if it writes the same data, which in Kedro has one producer; if more
    than half of the nodes of each are those of the other; if it is a join job of the same job, for the same part of its
    parents; if it stands in the same place of the graph. Two that are equally like are not guessed at.
    """
    same: dict[JobName, JobName] = {}
    gone, come = list(old.jobs), list(new.jobs)
    for key in (_name_and_nodes, _nodes, _name, _written):
        gone, come = _pair(same, gone, come, key, key)
    gone, come = _pair_by_half(same, gone, come)
    if gone and come:
        before, after = _Graph(old), _Graph(new)
        gone, come = _pair(same, gone, come, before.part_joined({}), after.part_joined(same))
        _pair_by_place(same, gone, come, before, after)
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


def _name(job: Job) -> Hashable | None:
    return job.name


def _name_and_nodes(job: Job) -> Hashable | None:
    return job.name, job.nodes


def _nodes(job: Job) -> Hashable | None:
    return job.nodes or None


def _written(job: Job) -> Hashable | None:
    return tuple(sorted(map(without_transcoding, job.writes))) or None


def _pair_by_half(same: dict[JobName, JobName], gone: list[Job], come: list[Job]) -> tuple[list[Job], list[Job]]:
    """Pair groups of which more than half of the nodes are the other's: there is at most one for each.

    What several jobs run, each with other parameters, says nothing about which is which.
    """
    ran, run = (Counter(node for job in jobs for node in job.nodes) for jobs in (gone, come))
    owner = {node: job.name for job in gone for node in job.nodes if ran[node] == 1 and run[node] <= 1}
    size = {job.name: len(job.nodes) for job in gone}
    pairs: dict[JobName, JobName] = {}
    for job in come:
        for name, count in Counter(owner[node] for node in job.nodes if node in owner).items():
            if 2 * count > max(len(job.nodes), size[name]):
                pairs[job.name] = name
    same.update(pairs)
    taken = set(pairs.values())
    return [job for job in gone if job.name not in taken], [job for job in come if job.name not in pairs]


class _Graph:
    """A plan with what is looked up in it."""

    def __init__(self, plan: Plan) -> None:
        parents = {job.name: job.depends_on for job in plan.jobs}
        self.jobs: Mapping[JobName, Job] = {job.name: job for job in plan.jobs}
        self.children = children_of(parents)
        self.level_of = levels(parents)
        self.writer_of = {without_transcoding(name): job.name for job in plan.jobs for name in job.writes}
        self.reader_of: dict[JobName, JobName] = {}
        for name in reversed(self.level_of):
            gathers = self.jobs[name].joins and self.children[name]
            self.reader_of[name] = self.reader_of[self.children[name][0]] if gathers else name

    def part_joined(self, same: Mapping[JobName, JobName]) -> _Key:
        """Tell join jobs by the job that they gather for, and by what they are called after it."""

        def key(job: Job) -> Hashable | None:
            reader = self.reader_of[job.name]
            if reader == job.name or not job.name.startswith(reader):
                return None
            return same.get(reader, reader), job.name.removeprefix(reader)

        return key

    def place(self, same: Mapping[JobName, JobName], elsewhere: "_Graph") -> _Key:
        """Tell jobs by their parents, what they read, and their command but for their own names.

        What is read of a dataset that only one of the plans writes is told by its writer: it may have been renamed.
        """

        def read(name: str) -> str:
            writer = self.writer_of.get(name)
            return f"\n{same.get(writer, writer)}" if writer and name not in elsewhere.writer_of else name

        def key(job: Job) -> Hashable | None:
            own = {job.name, *job.nodes}
            command = tuple(_anonymous(word, own) for word in job.command)
            parents = tuple(sorted(same.get(parent, parent) for parent in job.depends_on))
            reads = tuple(sorted(read(without_transcoding(name)) for name in job.reads))
            return parents, reads, len(job.nodes), len(job.writes), command

        return key


def _pair_by_place(
    same: dict[JobName, JobName], gone: list[Job], come: list[Job], before: _Graph, after: _Graph
) -> None:
    """Pair what waits for the same jobs, reads the same data and runs the same command, but for names.

    Level by level, since what is below a pair is compared by the pair's names. What stores data has to have the same
    children, too, or to be renamed together with its data: two leaves that read the same are two leaves.
    """
    key_before, key_after = before.place({}, after), after.place(same, before)
    left: dict[Hashable | None, list[Job]] = {}
    for job in gone:
        left.setdefault(key_before(job), []).append(job)
    now_called = {name: called for called, name in same.items()}
    by_level: dict[int, list[Job]] = {}
    for job in come:
        by_level.setdefault(after.level_of[job.name], []).append(job)
    for _, here in sorted(by_level.items()):
        keys = {job.name: key_after(job) for job in here}
        counts = Counter(keys.values())
        for job in here:
            alike = left.get(keys[job.name], [])
            if len(alike) == counts[keys[job.name]] == 1:
                one = alike[0]
                children = [now_called.get(child) for child in before.children[one.name]]
                kept = bool(children) and children.count(None) == 0 and {*children} == {*after.children[job.name]}
                if not one.writes or kept or _renamed_together(one, job):
                    same[job.name], now_called[one.name] = one.name, job.name
                    alike.clear()


_PARTS = re.compile(r"[^\W_]+|[\W_]")


def keeps_its_data(old: Job, new: Job) -> bool:
    """Tell whether a job writes what it wrote, of what it read: the same, or renamed together with its nodes."""
    return bool(new.writes) and all(
        set(names) in ({*before}, {*_renamed_as_nodes(old, new, before)})
        for before, names in ((old.reads, new.reads), (old.writes, new.writes))
    )


def _renamed_together(old: Job, new: Job) -> bool:
    """Tell whether what is new in the name of a job's node is what is new in the names of its data."""
    return old.writes != new.writes and {*_renamed_as_nodes(old, new, old.writes)} == {*new.writes}


def _renamed_as_nodes(old: Job, new: Job, names: Iterable[str]) -> list[str]:
    """Put what is new in the name of a job's node into other names; as they are where nothing is put for something."""
    before, after = (_PARTS.findall(min(job.nodes, default=job.name)) for job in (old, new))
    while before and after and before[0] == after[0]:
        before, after = before[1:], after[1:]
    while before and after and before[-1] == after[-1]:
        before, after = before[:-1], after[:-1]
    if not before or not after:
        return list(names)
    word = re.compile(rf"(?<![^\W_]){re.escape(''.join(before))}(?![^\W_])")
    replacement = "".join(after)
    return [word.sub(lambda _: replacement, name) for name in names]


def _anonymous(word: str, names: Iterable[str]) -> str:
    """Put a blank for a job's own name and those of its nodes."""
    head, equals, value = word.partition("=")
    parts = (value if equals else head).split(",")
    blanked = ",".join("" if part in names else part for part in parts)
    return f"{head}={blanked}" if equals else blanked
