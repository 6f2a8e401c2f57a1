"""Describe a set of names by how they begin and end. Pure: names come in, words go out.

A description is exact, or it is not used: the names that it describes are the set. Nothing is escaped yet.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.model import Plan
from kedro_batch.review.namespaces import namespace_of_node, own_node_name
from kedro_batch.text.wording import counted

FEW = 3
"""Names that are told whatever they have in common."""
TOGETHER = 3
"""The most namespaces, or queues, that describe a set together."""
_SEPARATORS = "._-"
_LAST = chr(0x10FFFF)


class NameSets:
    """The names of one kind that a plan has, such as its datasets."""

    def __init__(self, names: Iterable[str], noun: str) -> None:
        """Take all of them, and what one of them is."""
        self._total, self._noun = len(every := {*names}), noun
        self._ends, self._own = NameEnds(every), sorted(map(own_node_name, every))
        self._in_namespace = Counter(map(namespace_of_node, every))

    def describe(self, names: Collection[str]) -> str | None:
        """Describe some of them: ``40 of 820 datasets (malta.*)``; None if they are few, or no words are exact."""
        every, some = counted(self._total, self._noun), sorted({*names})
        if len(some) <= FEW:
            return None
        if len(some) == self._total:
            return f"all {every}"
        found = self._ends.pattern_of(some) or self._of_any_namespace(some) or self._namespaces(some)
        return f"{len(some):,} of {every} ({found})" if found else None

    def _of_any_namespace(self, names: Sequence[str]) -> str | None:
        own = list(map(own_node_name, names))
        begin = common_part(own)
        return f"{begin}* of any namespace" if begin and count_beginning(self._own, begin) == len(own) else None

    def _namespaces(self, names: Sequence[str]) -> str | None:
        found = dict.fromkeys(map(namespace_of_node, names))
        total = sum(self._in_namespace[one] for one in found)
        is_exact = len(found) <= TOGETHER and "" not in found and total == len(names)
        return " and ".join(f"{one}.*" for one in found) if is_exact else None


def written_datasets(plan: Plan) -> NameSets:
    """Return the datasets that the jobs of a plan write."""
    return NameSets((without_transcoding(name) for job in plan.jobs for name in job.writes), "dataset")


class NameEnds:
    """Names, by how they begin and end."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take all of them."""
        self._forwards = sorted(names)
        self._backwards = sorted(name[::-1] for name in self._forwards)

    def pattern_of(self, names: Sequence[str]) -> str | None:
        """Return the beginning or the end that exactly these names have."""
        begin = common_part(names)
        if begin and count_beginning(self._forwards, begin) == len(names):
            return f"{begin}*"
        end = common_part([name[::-1] for name in names])
        if end and count_beginning(self._backwards, end) == len(names):
            return f"*{end[::-1]}"
        return None


def common_part(names: Sequence[str]) -> str:
    """Return how all names begin, up to the last separator; nothing if they have no such beginning."""
    first, last = min(names), max(names)  # what these two have in common, all have
    differ = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[: max(first.rfind(separator, 0, differ) for separator in _SEPARATORS) + 1]


def count_beginning(names: Sequence[str], begin: str) -> int:
    """Count the names, which are sorted, that begin so."""
    return bisect_left(names, begin + _LAST) - bisect_left(names, begin)
