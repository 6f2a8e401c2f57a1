"""Risks as people are told them: those of one kind with the same values together, nothing escaped yet."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kedro_batch.review.changes import Risk, RiskKind
from kedro_batch.review.spelling import name_text, value_text

_SUBJECTS = 10
_VALUES = 5
"""So many lines one kind of risk has at most, each with other values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLine:
    """Risks of one kind with the same values, or with too many values for a line of each.

    Attributes:
        what: The kind.
        subjects: What each of them is about; nothing where that is the plan as a whole.
        jobs: The job of each subject, where it has one.
        before: The value before; None if there is none, or each subject has its own.
        after: The value after, likewise.
    """

    what: str
    subjects: tuple[str, ...]
    jobs: tuple[str | None, ...]
    before: str | None
    after: str | None

    @property
    def first_subjects(self) -> list[str]:
        """The first of them, and how many there are more."""
        more = len(self.subjects) - _SUBJECTS
        return [*self.subjects[:_SUBJECTS], *([f"and {more:,} more"] if more > 0 else ())]


def risk_lines(risks: Iterable[Risk]) -> Iterator[RiskLine]:
    """Put risks of one kind with the same values together; where these are many, all of one kind."""
    alike: dict[tuple[str, str | None, str | None], list[Risk]] = {}
    for risk in risks:
        before, after = _values(risk)
        alike.setdefault((risk.kind, before, after), []).append(risk)
    pairs = Counter(kind for kind, _, _ in alike)
    many = {kind for kind, count in pairs.items() if count > _VALUES}
    told: dict[tuple[str, str | None, str | None], list[tuple[str, str | None]]] = {}
    for (kind, before, after), some in alike.items():
        key = (kind, None, None) if kind in many else (kind, before, after)
        subjects = told.setdefault(key, [])
        for risk in some:
            subject = _subject(risk)
            if kind in many:
                subject += f" ({before or 'none'} -> {after or 'none'})"
            if subject:
                subjects.append((subject, risk.job))
    for (kind, before, after), about in told.items():
        yield RiskLine(
            what=kind.replace("_", " "),
            subjects=tuple(text for text, _ in about),
            jobs=tuple(job for _, job in about),
            before=before,
            after=after,
        )


def _values(risk: Risk) -> tuple[str | None, str | None]:
    if risk.kind is RiskKind.UNORDERED_READ:  # which tells the writer there
        return None, None
    return value_text(risk.before), value_text(risk.after)


def _subject(risk: Risk) -> str:
    """Say what a risk is about."""
    dataset, node = (name and name_text(name) for name in (risk.dataset, risk.node))
    match risk.kind:
        case RiskKind.UNORDERED_READ:
            return f"{risk.job} reads {dataset}, which {risk.after} writes"
        case RiskKind.DATASET_NOT_WRITTEN if risk.job:
            return f"{dataset} (which {risk.job} reads)"
        case _:
            return dataset or ": ".join(part for part in (risk.job, node and f"node {node}") if part)
