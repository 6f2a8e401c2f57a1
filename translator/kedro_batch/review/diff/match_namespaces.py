"""Match namespaces that were renamed with their nodes and datasets: ``malta`` to ``gozo``, ``x`` to ``eu.x``. Pure.

Jobs of two plans come in; which namespace became which goes out. A namespace is spelled with the dot behind it, and
that of nodes without any is empty.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.model import Job
from kedro_batch.review.namespaces import namespace_of_node, namespaces_of

_Names = tuple[str, ...]
_Shape = tuple[_Names, _Names, _Names]
"""The nodes, inputs and outputs of a job, without their namespaces."""


def namespace_of(job: Job) -> str:
    """Return the innermost namespace that holds all nodes of a job."""
    inner = namespaces_of(job.nodes)[-1:]
    return f"{inner[0]}." if inner else ""


def own_nodes(job: Job) -> _Names:
    """Return the nodes of a job without the namespace that holds all of them."""
    namespace = namespace_of(job)
    return tuple(node.removeprefix(namespace) for node in job.nodes)


def match_namespaces(old: Iterable[Job], new: Iterable[Job]) -> dict[str, str]:
    """Return the namespaces that were renamed, each with its new name.

    The names of nodes and datasets inside of both must agree: of all their jobs, or else of more than half. Where
    several look alike, only what is the same in front of all their names, or behind, may differ: ``*`` to ``eu_*``.
    Other ties are left unmatched.

    Args:
        old: Jobs of the old plan, those that may have been renamed.
        new: Likewise of the new plan.
    """
    before, after = _shapes_by_namespace(old), _shapes_by_namespace(new)
    for name in before.keys() & after.keys():
        if before[name] == after[name]:
            del before[name], after[name]
    alike: dict[frozenset[tuple[_Shape, int]], tuple[list[str], list[str]]] = {}
    for side, shapes in enumerate((before, after)):
        for name, some in shapes.items():
            alike.setdefault(frozenset(some.items()), ([], []))[side].append(name)
    found = dict(pair for names in alike.values() for pair in _pair_by_middle(*names))
    called = set(found.values())
    left = [name for name in before if name not in found], [name for name in after if name not in called]
    found |= {
        one: other
        for one, other in _pair_by_middle(*left)
        if 2 * (before[one] & after[other]).total() > max(before[one].total(), after[other].total())
    }
    return {one: other for one, other in found.items() if one != other}


def _shapes_by_namespace(jobs: Iterable[Job]) -> dict[str, Counter[_Shape]]:
    """Return how many jobs of each shape a namespace has; jobs without data do not identify any."""
    named = [(job, namespace_of(job)) for job in jobs if job.nodes]
    known = {name for _, name in named}

    def own(names: Iterable[str], namespace: str) -> _Names:
        return tuple(sorted(_without_namespace(without_transcoding(name), namespace, known) for name in names))

    shapes: dict[str, Counter[_Shape]] = {}
    for job, name in named:
        if job.reads or job.writes:
            shape = tuple(sorted(own_nodes(job))), own(job.reads, name), own(job.writes, name)
            shapes.setdefault(name, Counter())[shape] += 1
    return shapes


def _without_namespace(dataset: str, namespace: str, known: set[str]) -> str:
    inner = f"{namespace_of_node(dataset)}."  # that of another job too, which was renamed with this one
    return dataset.removeprefix(inner if inner in known else namespace)


def _pair_by_middle(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the names that differ only in what all names of a plan have in front and behind; most must have a pair."""
    before, after = _by_middle(old), _by_middle(new)
    pairs = [(before[middle], after[middle]) for middle in before if middle in after]
    if 2 * len(pairs) > max(len(old), len(new)):
        yield from pairs


def _by_middle(names: Sequence[str]) -> dict[str, str]:
    front = _count_shared(names)
    behind = _count_shared([name[front:][::-1] for name in names])
    return {name[front : len(name) - behind]: name for name in names}


def _count_shared(names: Sequence[str]) -> int:
    """Return how many characters at their beginning all names have in common."""
    first, last = min(names, default=""), max(names, default="")  # what these two have in common, all have
    return sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(first, last, strict=False)))


class RenamedNamespaces:
    """The namespaces that were renamed in the jobs that stay."""

    def __init__(self, pairs: Iterable[tuple[Job, Job]]) -> None:
        """Find them.

        Args:
            pairs: The jobs of the old plan that stay, each with what it is in the new plan.
        """
        found: dict[str, Counter[str]] = {}
        for before, after in pairs:
            if before.nodes != after.nodes and own_nodes(before) == own_nodes(after):
                found.setdefault(namespace_of(before), Counter())[namespace_of(after)] += 1
        self._called: Mapping[str, str] = {name: names.most_common(1)[0][0] for name, names in found.items()}

    def rename(self, dataset: str) -> str:
        """Return the name that a dataset has if it was renamed with its namespace."""
        inner = f"{namespace_of_node(dataset)}."
        for name in (inner, "") if inner in self._called else ("",):
            if name in self._called:
                return self._called[name] + dataset.removeprefix(name)
        return dataset

    def keep_data(self, before: Job, after: Job) -> bool:
        """True if a job was renamed with its namespace, and reads and writes what it did, as far as names tell."""
        return own_nodes(before) == own_nodes(after) and all(
            len(was) == len(now) and all(name in now or self.rename(name) in now for name in was)
            for was, now in ((before.reads, {*after.reads}), (before.writes, {*after.writes}))
        )
