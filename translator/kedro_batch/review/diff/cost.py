"""Judge whether a plan may cost more than another: what both may use comes in, a verdict and lines go out. Pure.

Prices are not known here: what a plan asks for is compared, and for how long at most. The sums decide, so that what
readers see of them agrees with the verdict.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from functools import partial
from typing import NamedTuple

from kedro_batch.plan.resource_hours import ResourceUse
from kedro_batch.plan.settings import AMOUNTS
from kedro_batch.review.diff.model import PlanDiff, RiskKind
from kedro_batch.review.formatting import AMOUNT_LABELS, BY_DEFINITION, DEFINITION_LABELS, memory_text
from kedro_batch.review.overview.hours import HOURS, hours_text
from kedro_batch.text.wording import counted


class CostVerdict(StrEnum):
    """Whether a plan may cost more than before."""

    MORE = "more cost"
    LESS = "less cost"
    MIXED = "more and less cost"
    """More of something, and less of something else."""
    SAME = "same cost"
    SHIFTED = "same cost in total: some jobs more, others less"
    ELSEWHERE = "same amounts, other queue or region"
    """Nothing says that it costs the same there."""
    UNKNOWN = "cost not known"
    """Job definitions that the plan does not declare may set more where it tells of less, or set anything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """An amount of all jobs together, before and after.

    Attributes:
        label: What it is.
        before: The amount before, spelled.
        after: The amount after.
        differs: True if they differ.
        direction: ``more`` or ``less``; empty if they do not differ, or that is not known.
    """

    label: str
    before: str
    after: str
    differs: bool
    direction: str = ""


_ELSEWHERE = {RiskKind.REGION_CHANGED, RiskKind.ACCOUNT_CHANGED}


def judge_cost(diff: PlanDiff, before: ResourceUse, after: ResourceUse) -> CostVerdict:
    """Compare what two plans may use.

    Args:
        diff: What differs between the plans.
        before: What the jobs of the old plan may use.
        after: What the jobs of the new plan may use.
    """
    signs = {sign for one in zip(_comparable(before), _comparable(after), strict=True) for sign in _signs(*one)}
    if {_Sign.MORE, _Sign.LESS} <= signs:
        return CostVerdict.MIXED
    if signs in ({_Sign.MORE}, {_Sign.MORE, _Sign.MAYBE_MORE}):
        return CostVerdict.MORE
    if signs in ({_Sign.LESS}, {_Sign.LESS, _Sign.MAYBE_LESS}):
        return CostVerdict.LESS
    if signs:
        return CostVerdict.UNKNOWN
    kinds = {risk.kind for risk in diff.risks}
    if kinds & _ELSEWHERE or before.by_queue != after.by_queue:
        return CostVerdict.ELSEWHERE
    return CostVerdict.SHIFTED if any(kind.is_cost for kind in kinds) else CostVerdict.SAME


class _Sign(Enum):
    """How an amount differs."""

    MORE = auto()
    LESS = auto()
    MAYBE_MORE = auto()
    """As far as the plan tells, it is the same or also more; a job definition that it only names may set more."""
    MAYBE_LESS = auto()


class _Amount(NamedTuple):
    """An amount to compare: as far as the plan tells, and of how many jobs a definition sets it, by definition."""

    known: tuple[float, ...]
    unknown: Mapping[str, float]


def _comparable(use: ResourceUse) -> list[_Amount]:
    """Return the amounts to compare. Hours without a limit are more than any with one."""
    by_name: dict[str, dict[str, float]] = {}
    for (definition, name), number in use.unknown.items():
        by_name.setdefault(name, {})[definition] = number
    sums = [
        _Amount((amount,), by_name.get("attempts" if name == "retry_on" else name, {}))
        for name, amount in use.amounts.items()
    ]
    hours = [_Amount((use.no_limit[name], use.hours[name]), by_name.get(f"{name} hours", {})) for name in AMOUNTS]
    return [*sums, *hours]


def _signs(was: _Amount, now: _Amount) -> set[_Sign]:
    """Return how an amount differs: it is certainly more only if no definition sets it that did so for more jobs."""
    unknown = [(was.unknown.get(one, 0), now.unknown.get(one, 0)) for one in {*was.unknown, *now.unknown}]
    rose, fell = any(old < new for old, new in unknown), any(old > new for old, new in unknown)
    signs = {_Sign.MAYBE_MORE} if rose else set()
    signs |= {_Sign.MAYBE_LESS} if fell else set()
    if now.known > was.known:
        signs.add(_Sign.MAYBE_MORE if fell else _Sign.MORE)
    if now.known < was.known:
        signs.add(_Sign.MAYBE_LESS if rose else _Sign.LESS)
    return signs


def spell_verdict(verdict: CostVerdict, before: ResourceUse, after: ResourceUse) -> str:
    """Spell a verdict; one that is not known says what makes it so."""
    if verdict is not CostVerdict.UNKNOWN:
        return verdict
    sides = [use.unknown for use in (before, after)]
    names = {key[1] for key in {**sides[0], **sides[1]} if sides[0].get(key) != sides[1].get(key)}
    names = (names & DEFINITION_LABELS.keys()) or {
        key[1] for key in sides[1]
    }  # only hours: all that they may depend on
    labels = ", ".join(label for name, label in DEFINITION_LABELS.items() if name in names)
    return f"{verdict}: {labels} {BY_DEFINITION}"


def list_costs(before: ResourceUse, after: ResourceUse) -> Iterator[CostLine]:
    """Yield what all jobs may use, before and after, also what is the same."""
    uses = before, after
    for name, label in (*AMOUNT_LABELS.items(), ("attempts", "attempts")):
        yield _line(
            label,
            [(use.amounts[name],) for use in uses],
            partial(_amount, name),
            [_has_unknown(use, name) for use in uses],
        )
    for name, one in HOURS.items():
        values = [(use.no_limit[name], use.hours[name] / one.unit, use.jobs_without_limit.get(name, 0)) for use in uses]
        yield _line(one.label, values, _hours, [_has_unknown(use, f"{name} hours") for use in uses])
    limits = [(use.jobs_without_limit.get("jobs", 0),) for use in uses]
    if any(number for (number,) in limits):
        yield _line("jobs without a time limit", limits, lambda value, _: f"{value[0]:,}", [False, False])
    counts = [{one: number for one, number in use.unknown.items() if one[1] in DEFINITION_LABELS} for use in uses]
    if counts[0] != counts[1]:
        was, now = map(_unknown, counts)
        others = ", by other definitions" if was == now else ""
        yield CostLine(label=BY_DEFINITION, before=was, after=f"{now}{others}", differs=True)


def _line(
    label: str,
    values: Sequence[tuple[float, ...]],
    spell: Callable[[tuple[float, ...], bool], str],
    unknown: Sequence[bool],
) -> CostLine:
    """Spell two values, which are rounded if they still differ then. Of what is not known, at least so much is."""
    was, now = (
        [_at_least(spell(value, exactly), value, more) for value, more in zip(values, unknown, strict=True)]
        for exactly in (True, False)
    )
    differs = was[0] != was[1]
    shown = was if differs and now[0] == now[1] else now
    direction = "more" if values[1] > values[0] else "less" if values[1] < values[0] else ""
    return CostLine(
        label=label, before=shown[0], after=shown[1], differs=differs, direction="" if any(unknown) else direction
    )


def _at_least(text: str, value: tuple[float, ...], unknown: bool) -> str:
    if not unknown or "no limit" in text:
        return text
    return f"at least {text}" if any(value) else BY_DEFINITION


def _amount(name: str, value: tuple[float, ...], exactly: bool) -> str:
    return memory_text(value[0], exactly=exactly) if name == "memory_mib" else f"{value[0]:,}"


def _hours(value: tuple[float, ...], exactly: bool) -> str:
    """Spell the hours of the jobs that have a time limit, and that there are others."""
    _, hours, unlimited = value
    text = hours_text(hours, exactly=exactly)
    if not unlimited:
        return text
    return f"{text}, and no limit for {counted(unlimited, 'job')}" if hours else "no limit"


def _has_unknown(use: ResourceUse, name: str) -> bool:
    return any(what == name for _, what in use.unknown)


def _unknown(counts: Mapping[tuple[str, str], float]) -> str:
    """Spell what job definitions set, and for how many jobs: ``memory of 2 jobs, GPUs of 8 jobs``."""
    jobs = {name: sum(number for (_, what), number in counts.items() if what == name) for name in DEFINITION_LABELS}
    texts = [f"{DEFINITION_LABELS[name]} of {counted(int(number), 'job')}" for name, number in jobs.items() if number]
    return ", ".join(texts) or "nothing"
