"""Show a declared job definition that got another name as one that changed, not as one gone and another new. Pure."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.review.diff.model import FieldChange, PlanDiff

_DECLARED = "job_definitions"
_Parts = dict[tuple[str, ...], FieldChange]


def join_renamed(diff: PlanDiff) -> Iterator[FieldChange]:
    """Yield what differs in the plans as a whole; of a renamed job definition, its name and what else differs."""
    by_name: defaultdict[str, _Parts] = defaultdict(dict)
    for one in diff.origin:
        if one.path[0] == _DECLARED and len(one.path) > 1:
            by_name[one.path[1]][one.path[2:]] = one
    renamed = {after: before for before, after in _find_renamed(diff, by_name)}
    gone = set(renamed.values())
    for one in diff.origin:
        name = one.path[1] if one.path[0] == _DECLARED and len(one.path) > 1 else None
        if name in gone:
            continue
        if name in renamed:
            if one is next(iter(by_name[name].values())):
                yield from _join(renamed[name], name, by_name)
        else:
            yield one


def _find_renamed(diff: PlanDiff, by_name: Mapping[str, _Parts]) -> Iterator[tuple[str, str]]:
    """Yield the names before and after of definitions whose jobs all went from the one to the other."""
    gone = {name for name, parts in by_name.items() if all(one.after is None for one in parts.values())}
    came = {name for name, parts in by_name.items() if all(one.before is None for one in parts.values())}
    pairs = {
        (field.before, field.after)
        for job in diff.jobs
        for field in job.fields
        if field.path == ("job_definition",) and field.before in gone and field.after in came
    }
    went, came_from = Counter(before for before, _ in pairs), Counter(after for _, after in pairs)
    yield from (pair for pair in sorted(pairs) if went[pair[0]] == came_from[pair[1]] == 1)


def _join(before: str, after: str, by_name: Mapping[str, _Parts]) -> Iterator[FieldChange]:
    was, now = by_name[before], by_name[after]
    yield FieldChange(path=(_DECLARED,), before=before, after=after)
    for part in {**was, **now}:
        values = _value(was, part, "before"), _value(now, part, "after")
        if json.dumps(values[0]) != json.dumps(values[1]):
            impact = next((parts[part].impact for parts in (now, was) if part in parts), None)
            yield FieldChange(path=(_DECLARED, after, *part), before=values[0], after=values[1], impact=impact)


def _value(parts: _Parts, part: tuple[str, ...], side: str) -> Any:
    return getattr(parts[part], side) if part in parts else None
