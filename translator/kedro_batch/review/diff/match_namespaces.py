"""Match namespaces that were renamed with their nodes and datasets: ``malta`` to ``gozo``, ``x`` to ``eu.x``. Pure.

Jobs of two plans come in; which namespace became which goes out. A namespace is spelled with the dot behind it, and
that of nodes without any is empty.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import takewhile

from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.review.namespaces import namespace_of_node, namespaces_of, own_node_name

_Names = tuple[str, ...]
_Shape = tuple[_Names, _Names, _Names]
"""The nodes, inputs and outputs of a job, without their namespaces."""
_WORD = re.compile(r"[^\W\d_]+|\d+")


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
    several look alike, their own names decide, as in ``_pair_by_name``; those that no rule pairs are left unmatched.

    Args:
        old: Jobs of the old plan, those that may have been renamed.
        new: Likewise of the new plan.
    """
    before, after = _shapes_by_namespace(old), _shapes_by_namespace(new)
    for name in before.keys() & after.keys():
        if before[name] == after[name]:
            del before[name], after[name]
    shapes = ({name: frozenset(some.items()) for name, some in side.items()} for side in (before, after))
    found = _pair_alike(*shapes)
    called = set(found.values())
    left = [name for name in before if name not in found], [name for name in after if name not in called]
    found |= {
        one: other
        for one, other in _pair_by_name(*left).items()
        if 2 * (before[one] & after[other]).total() > max(before[one].total(), after[other].total())
    }
    return {one: other for one, other in found.items() if one != other}


def rename(name: str, called: Mapping[str, str]) -> str:
    """Return the name that a node or a dataset has if it was renamed with its namespace, or with one around that."""
    namespace = namespace_of_node(name)
    while namespace:
        if f"{namespace}." in called:
            return called[f"{namespace}."] + name.removeprefix(f"{namespace}.")
        namespace = namespace.rpartition(".")[0]
    return called.get("", "") + name


def _pair_alike(old: Mapping[str, Hashable], new: Mapping[str, Hashable]) -> dict[str, str]:
    """Pair the namespaces that have equal contents; where several have the same, by their names."""
    alike: dict[Hashable, tuple[list[str], list[str]]] = {}
    for side, contents in enumerate((old, new)):
        for name, content in contents.items():
            alike.setdefault(content, ([], []))[side].append(name)
    return {one: other for names in alike.values() for one, other in _pair_by_name(*names).items()}


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


def _pair_by_name(old: Iterable[str], new: Iterable[str]) -> dict[str, str]:
    """Pair names: first those that differ only around what tells them apart, then by their words, then the last two."""
    pairs: dict[str, str] = {}
    for rule in (_pair_by_middle, _pair_by_words, _pair_by_middle):
        called = set(pairs.values())
        pairs |= rule([name for name in old if name not in pairs], [name for name in new if name not in called])
    return pairs


def _pair_by_middle(old: Sequence[str], new: Sequence[str]) -> dict[str, str]:
    """Pair the names that differ only in what all names of a plan have in front and behind; most must have a pair."""
    before, after = _by_middle(old), _by_middle(new)
    pairs = {before[middle]: after[middle] for middle in before if middle in after}
    return pairs if 2 * len(pairs) > max(len(old), len(new)) else {}


def _pair_by_words(old: Sequence[str], new: Sequence[str]) -> dict[str, str]:
    """Pair the names that share words which no other name has, if these are more than half of the shorter name."""
    words = [{name: {*_WORD.findall(name.casefold())} for name in names} for names in (old, new)]
    owners = [_unique_words(side) for side in words]
    shared: Counter[tuple[str, str]] = Counter()
    for word in sorted(owners[0].keys() & owners[1].keys()):
        shared[owners[0][word], owners[1][word]] += len(word)
    near = [
        (one, other)
        for (one, other), letters in shared.items()
        if 2 * letters > min(sum(map(len, words[0][one])), sum(map(len, words[1][other])))
    ]
    times = Counter((side, pair[side]) for pair in near for side in (0, 1))
    return {one: other for one, other in near if times[0, one] == times[1, other] == 1}


def _unique_words(words: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return the words that only one name has, each with this name."""
    counts = Counter(word for some in words.values() for word in some)
    return {word: name for name, some in words.items() for word in some if counts[word] == 1}


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

    def __init__(self, old: Plan, new: Plan, same: Mapping[JobName, JobName]) -> None:
        """Find them.

        Args:
            old: The plan before.
            new: The plan after.
            same: The jobs of ``new`` that ``old`` has too, with their names there.
        """
        old_jobs, new_jobs = ({job.name: job for job in plan.jobs} for plan in (old, new))
        found: dict[str, Counter[str]] = {}
        for before, after in ((old_jobs[was], new_jobs[name]) for name, was in same.items()):
            if before.nodes == after.nodes:
                continue
            if own_nodes(before) == own_nodes(after):
                renamed = {namespace_of(before): namespace_of(after)}
            else:  # a job may have nodes of several namespaces
                renamed = _pair_alike(_by_namespace(before, after), _by_namespace(after, before))
            for name, called in renamed.items():
                found.setdefault(name, Counter())[called] += 1
        self._called: Mapping[str, str] = {name: names.most_common(1)[0][0] for name, names in found.items()}

    def rename(self, dataset: str) -> str:
        """Return the name that a dataset has if it was renamed with its namespace."""
        return rename(dataset, self._called)

    def keep_data(self, before: Job, after: Job) -> bool:
        """True if nodes were renamed with their namespaces, and read and write what they did, as far as names tell."""
        return all(
            len(was) == len(now) and all(name in now or self.rename(name) in now for name in was)
            for was, now in (
                (before.nodes, {*after.nodes}),
                (before.reads, {*after.reads}),
                (before.writes, {*after.writes}),
            )
        )


def _by_namespace(job: Job, other: Job) -> dict[str, frozenset[str]]:
    """Return the nodes of each namespace that the other job has not, by their own names."""
    found: dict[str, set[str]] = {}
    known = {*other.nodes}
    for node in (node for node in job.nodes if node not in known):
        own = own_node_name(node)
        found.setdefault(node.removesuffix(own), set()).add(own)
    return {namespace: frozenset(own) for namespace, own in found.items()}
