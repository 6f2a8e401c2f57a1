"""Match the jobs of two plans, renamed jobs included. Two plans come in, pairs of job names go out. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping

from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.graph import children_of, levels
from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.review.diff.match_namespaces import match_namespaces, namespace_of, own_nodes, rename

_Key = Callable[[Job], Hashable | None]
_KEYS: tuple[_Key, ...] = (
    lambda job: (job.name, job.nodes),
    lambda job: job.nodes or None,
    lambda job: job.name,
    lambda job: tuple(sorted(map(without_transcoding, job.writes))) or None,
)


def match_jobs(old: Plan, new: Plan) -> dict[JobName, JobName]:
    """Return the jobs of ``new`` that ``old`` has too, by their name in ``new``, each with its name in ``old``.

    The rules are tried in this order, each on the jobs that are still unmatched: the same name and the same nodes; the
    same nodes; the same name; the same outputs, since a dataset of Kedro has one producer; the same nodes in a
    namespace that was renamed; more than half of the nodes of both jobs in common; join jobs for the same part of the
    parents of the same job; the same position in the graph. Ties are left unmatched.
    """
    same: dict[JobName, JobName] = {}
    left_old, left_new = list(old.jobs), list(new.jobs)
    for key in _KEYS:
        left_old, left_new = _pair_by_key(same, left_old, left_new, key, key)
    left_old, left_new = _pair_by_namespace(same, left_old, left_new)
    left_old, left_new = _pair_by_half(same, left_old, left_new)
    if left_old and left_new:
        old_graph, new_graph = _Graph(old), _Graph(new)
        keys = old_graph.join_key({}), new_graph.join_key(same)
        left_old, left_new = _pair_by_key(same, left_old, left_new, *keys)
        _pair_by_position(same, left_old, left_new, old_graph, new_graph)
    return same


def _pair_by_key(
    same: dict[JobName, JobName], left_old: Iterable[Job], left_new: Iterable[Job], old_key: _Key, new_key: _Key
) -> tuple[list[Job], list[Job]]:
    """Pair the jobs whose key is unique in both plans, and return the jobs that are left."""
    old_keys, new_keys = {job.name: old_key(job) for job in left_old}, {job.name: new_key(job) for job in left_new}
    old_counts, new_counts = Counter(old_keys.values()), Counter(new_keys.values())
    name_of = {key: name for name, key in old_keys.items() if key is not None and old_counts[key] == 1}
    pairs = {name: name_of[key] for name, key in new_keys.items() if key in name_of and new_counts[key] == 1}
    return _add_pairs(same, pairs, left_old, left_new)


def _add_pairs(
    same: dict[JobName, JobName], pairs: Mapping[JobName, JobName], left_old: Iterable[Job], left_new: Iterable[Job]
) -> tuple[list[Job], list[Job]]:
    same.update(pairs)
    paired = set(pairs.values())
    return [job for job in left_old if job.name not in paired], [job for job in left_new if job.name not in pairs]


def _pair_by_namespace(
    same: dict[JobName, JobName], left_old: list[Job], left_new: list[Job]
) -> tuple[list[Job], list[Job]]:
    """Pair the jobs of namespaces that were renamed: they have the same nodes in them."""
    called = match_namespaces(left_old, left_new)

    def old_key(job: Job) -> Hashable | None:
        name = namespace_of(job)
        nodes = (
            {called[name] + node for node in own_nodes(job)}
            if name in called
            else {rename(node, called) for node in job.nodes}
        )
        return frozenset(nodes) if job.nodes else None

    def new_key(job: Job) -> Hashable | None:
        return frozenset(job.nodes) if job.nodes else None

    return _pair_by_key(same, left_old, left_new, old_key, new_key) if called else (left_old, left_new)


def _pair_by_half(
    same: dict[JobName, JobName], left_old: list[Job], left_new: list[Job]
) -> tuple[list[Job], list[Job]]:
    """Pair jobs that have more than half of the nodes of both in common: there is at most one such job for each.

    A node that several jobs run, each with other parameters, does not count: it does not identify a job.
    """
    old_counts, new_counts = (Counter(node for job in jobs for node in job.nodes) for jobs in (left_old, left_new))
    owner = {node: job.name for job in left_old for node in job.nodes if old_counts[node] == 1 >= new_counts[node]}
    size = {job.name: len(job.nodes) for job in left_old}
    pairs: dict[JobName, JobName] = {}
    for job in left_new:
        for name, count in Counter(owner[node] for node in job.nodes if node in owner).items():
            if 2 * count > max(len(job.nodes), size[name]):
                pairs[job.name] = name
    return _add_pairs(same, pairs, left_old, left_new)


class _Graph:
    """The jobs of a plan with their children, levels, writers and readers."""

    def __init__(self, plan: Plan) -> None:
        parents = plan.parents
        self.jobs: Mapping[JobName, Job] = {job.name: job for job in plan.jobs}
        self.children = children_of(parents)
        self.level_of = levels(parents)
        self.writer_of = {without_transcoding(name): job.name for job in plan.jobs for name in job.writes}
        self.reader_of: dict[JobName, JobName] = {}
        for name in reversed(self.level_of):
            gathers = self.jobs[name].joins and self.children[name]
            self.reader_of[name] = self.reader_of[self.children[name][0]] if gathers else name

    def join_key(self, same: Mapping[JobName, JobName]) -> _Key:
        """Return the key of join jobs: the job they gather parents for, and the rest of their name after its name."""

        def key(job: Job) -> Hashable | None:
            reader = self.reader_of[job.name]
            if reader == job.name or not job.name.startswith(reader):
                return None
            return same.get(reader, reader), job.name.removeprefix(reader)

        return key

    def position_key(self, same: Mapping[JobName, JobName], other: "_Graph") -> _Key:
        """Return the key of jobs by position: their parents, their inputs, and their command without their own names.

        A dataset that only one of the plans writes may have been renamed: the key has its writer instead.
        """

        def read(name: str) -> str:
            writer = self.writer_of.get(name)
            return f"\n{same.get(writer, writer)}" if writer and name not in other.writer_of else name

        def key(job: Job) -> Hashable | None:
            own = {job.name, *job.nodes}
            command = tuple(_blank_names(word, own) for word in job.command)
            parents = tuple(sorted(same.get(parent, parent) for parent in job.depends_on))
            reads = tuple(sorted(read(without_transcoding(name)) for name in job.reads))
            return parents, reads, len(job.nodes), len(job.writes), command

        return key


def _pair_by_position(
    same: dict[JobName, JobName], left_old: list[Job], left_new: list[Job], old_graph: _Graph, new_graph: _Graph
) -> None:
    """Pair jobs with the same parents, the same inputs and the same command except for names.

    Level by level, because the parents of a job are compared by the names of their pairs. A job with outputs must also
    have the same children, or be renamed together with its outputs: two leaves with the same inputs are two jobs.
    """
    old_key, new_key = old_graph.position_key({}, new_graph), new_graph.position_key(same, old_graph)
    left: dict[Hashable | None, list[Job]] = {}
    for job in left_old:
        left.setdefault(old_key(job), []).append(job)
    new_names = {before: name for name, before in same.items()}
    by_level: dict[int, list[Job]] = {}
    for job in left_new:
        by_level.setdefault(new_graph.level_of[job.name], []).append(job)
    for _, jobs in sorted(by_level.items()):
        keys = {job.name: new_key(job) for job in jobs}
        counts = Counter(keys.values())
        for job in jobs:
            candidates = left.get(keys[job.name], [])
            if len(candidates) == counts[keys[job.name]] == 1:
                before = candidates[0]
                children = [new_names.get(child) for child in old_graph.children[before.name]]
                same_children = bool(children) and None not in children
                same_children = same_children and {*children} == {*new_graph.children[job.name]}
                if not before.writes or same_children or _is_renamed_with_outputs(before, job):
                    same[job.name], new_names[before.name] = before.name, job.name
                    candidates.clear()


_PARTS = re.compile(r"[^\W_]+|[\W_]")


def keeps_its_data(old: Job, new: Job) -> bool:
    """True if inputs and outputs are unchanged, or were renamed with the node."""
    return bool(new.writes) and all(
        set(names) in ({*before}, {*_rename_like_node(old, new, before)})
        for before, names in ((old.reads, new.reads), (old.writes, new.writes))
    )


def _is_renamed_with_outputs(old: Job, new: Job) -> bool:
    """True if the names of the outputs changed in the same way as the name of the node."""
    return old.writes != new.writes and {*_rename_like_node(old, new, old.writes)} == {*new.writes}


def _rename_like_node(old: Job, new: Job, names: Iterable[str]) -> list[str]:
    """Change names in the same way as the name of a job's node: replace the part that differs, if both have one."""
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


def _blank_names(word: str, names: Iterable[str]) -> str:
    """Replace names in a word of a command by nothing: the whole word, or items of the list after its ``=``."""
    head, equals, value = word.partition("=")
    parts = (value if equals else head).split(",")
    blanked = ",".join("" if part in names else part for part in parts)
    return f"{head}={blanked}" if equals else blanked
