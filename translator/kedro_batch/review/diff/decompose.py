"""Take the changes of jobs apart: each change once, with the jobs that have it. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kedro_batch.plan.model import Job
from kedro_batch.review.diff.alike_changes import Facet, KnownFacets, facets_of
from kedro_batch.review.diff.many_values import find_odd, tell_many
from kedro_batch.review.diff.model import JobChange
from kedro_batch.review.diff.own_names import alike_keys

JobsByName = tuple[Mapping[str, Job], Mapping[str, Job]]
"""The jobs of the old and the new plan."""
Shared = tuple[list[Facet], tuple[str, ...]]
"""Changes that the same jobs have, and these jobs."""
_VALUES = 10
"""The most values of one setting that are each shown; further ones are shown together if each has few jobs."""
_ODD = 3
"""The most values unlike the others that are shown apart from these; more are only shown before them."""
_SMALL = 10
"""A value has few jobs if it has less than this fraction (1/n) of those whose setting changed."""


def decompose(
    changes: Sequence[JobChange],
    jobs: JobsByName,
    apart: Callable[[Facet], bool],
) -> Iterator[Shared]:
    """Yield changes that the same jobs have, in the order of the first of them.

    Args:
        changes: The jobs that differ.
        jobs: The jobs of the old and the new plan, by name.
        apart: True for changes that are not told with others, though the same jobs have them.
    """
    known: KnownFacets = {}
    found = [
        (facet, one.job)
        for one in changes
        for facet in facets_of(one, jobs[0].get(one.name_before or ""), jobs[1].get(one.job), known)
    ]
    keys = alike_keys([(one.group, one.key, one.pattern or one.key) for one, _ in found])
    who: dict[Any, dict[str, None]] = {}
    facets: dict[Any, Facet] = {}
    differ = set()
    for (facet, job), key in zip(found, keys, strict=True):
        shown = replace(facet, alike=facet.pattern) if key.is_pattern else facet
        if facets.setdefault(key, shown).own != facet.own:
            differ.add(key)
        who.setdefault(key, {})[job] = None
    told = {
        key: replace(one, alike=one.own) if one.own and one.alike and key not in differ else one
        for key, one in facets.items()
    }
    together: dict[tuple[bool, tuple[str, ...]], list[Facet]] = {}
    for facet, names in _join_values(told, who):
        together.setdefault((apart(facet), names), []).append(facet)
    for (_, names), some in together.items():
        yield some, names


def _join_values(
    facets: Mapping[Any, Facet], who: Mapping[Any, Mapping[str, None]]
) -> Iterator[tuple[Facet, tuple[str, ...]]]:
    """Yield changes with their jobs; many values of one setting, each of few jobs, become one change.

    A few values that are unlike all these stay changes of their own: they must not hide among them.
    """
    groups: dict[Any, list[Any]] = {}
    for key in facets:
        groups.setdefault(facets[key].group, []).append(key)
    joined: dict[Any, list[Any]] = {}
    for keys in groups.values():
        jobs = sum(len(who[key]) for key in keys)
        small = [key for key in keys if len(who[key]) * _SMALL < jobs]
        if len(small) > _VALUES:
            odd = [key for key, is_odd in zip(small, find_odd([facets[key] for key in small]), strict=True) if is_odd]
            alike = [key for key in small if key not in odd] if len(odd) <= _ODD else small
            joined |= dict.fromkeys(alike, alike)
    for key, facet in facets.items():
        small = joined.get(key, [])
        if not small:
            yield facet, tuple(who[key])
        elif key == small[0]:
            told = [(facets[one], name) for one in small for name in who[one]]
            yield tell_many(told), tuple(dict.fromkeys(name for _, name in told))
