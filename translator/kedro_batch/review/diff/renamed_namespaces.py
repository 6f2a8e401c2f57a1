"""Find out how namespaces were renamed as a whole: nodes before and after come in, a function of nodes goes out. Pure.

Where the inputs of all jobs are renamed with them, such as ``lab.raw`` to ``eu_lab.raw``, nothing else pairs the jobs.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import takewhile
from operator import eq
from typing import NamedTuple

from kedro_batch.review.namespaces import namespace_of_node, own_node_name

_PARTS = re.compile(r"[^\W_]+|[\W_]")
_SAMPLES, _COMPARED = 40, 100_000
"""The most namespaces before that are compared with all those after, and the most comparisons."""


class _Renaming(NamedTuple):
    """How a namespace begins, or ends, before and after."""

    at_end: bool
    before: tuple[str, ...]
    after: tuple[str, ...]

    def applied(self, namespace: str) -> str | None:
        """Return a namespace after the renaming; None if it has no such part."""
        parts = _parts(namespace)
        size = len(self.before)
        if self.at_end:
            found = parts[len(parts) - size :] == self.before
            return "".join((*parts[: len(parts) - size], *self.after)) if found else None
        return "".join((*self.after, *parts[size:])) if parts[:size] == self.before else None


def find_renaming(before: Iterable[str], after: Iterable[str]) -> Callable[[str], str] | None:
    """Return how nodes were renamed, if one change of their namespaces explains most of them.

    It adds or removes the beginning or the end of namespaces, or it changes that of several in the same way: one
    country in place of another is another country.

    Args:
        before: Nodes that only the old plan has.
        after: Nodes that only the new plan has.
    """
    old, new = _by_namespace(before), _by_namespace(after)
    votes = Counter(_votes(old, new))
    (best, most), *others = [*votes.most_common(2), (None, 0)]
    if best is None or others[0][1] == most or (most == 1 and best.before and best.after):
        return None

    def renamed(node: str) -> str:
        namespace = best.applied(namespace_of_node(node))
        return node if namespace is None else ".".join(filter(None, (namespace, own_node_name(node).lstrip("."))))

    return renamed


def _by_namespace(nodes: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for node in nodes:
        found.setdefault(namespace_of_node(node), set()).add(own_node_name(node))
    return found


def _votes(old: dict[str, set[str]], new: dict[str, set[str]]) -> Iterator[_Renaming]:
    """Yield how one namespace would become another, for pairs that have most of their nodes in common."""
    samples = max(2, min(_SAMPLES, _COMPARED // max(1, len(new))))
    for namespace in list(old)[:: max(1, len(old) // samples)]:
        parts = _parts(namespace)
        for other, nodes in new.items():
            if namespace != other and _alike(old[namespace], nodes) and (found := _compare(parts, _parts(other))):
                yield found


def _alike(one: Collection[str], other: Collection[str]) -> bool:
    size = max(len(one), len(other))
    return 2 * min(len(one), len(other)) > size and 2 * sum(name in other for name in one) > size


def _compare(before: tuple[str, ...], after: tuple[str, ...]) -> _Renaming | None:
    """Return what differs at the beginning, or at the end; None if that is both, or something between them."""
    begin = _count_equal(before, after)
    was, now = before[begin:], after[begin:]
    end = _count_equal(was[::-1], now[::-1])
    if begin and end:
        return None
    if not begin and not end and before and after:
        return None
    return _Renaming(bool(begin), was[: len(was) - end], now[: len(now) - end])


def _count_equal(one: Sequence[str], other: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(bool, map(eq, one, other)))


def _parts(namespace: str) -> tuple[str, ...]:
    return tuple(_PARTS.findall(namespace))
