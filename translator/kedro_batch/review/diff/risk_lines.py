"""Risks as people are told them: those of one kind with the same values together, nothing escaped yet."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kedro_batch.review.diff.model import Risk, RiskKind
from kedro_batch.review.formatting import name_text, value_text

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


def group_risks(risks: Sequence[Risk]) -> Iterator[RiskLine]:
    """Put risks of one kind with the same values together; where the values are many, all of one kind."""
    pairs = Counter(kind for kind, _ in {(risk.kind, _values(risk)) for risk in risks})
    alike: dict[tuple[RiskKind, tuple[str | None, str | None]], list[Risk]] = {}
    for risk in risks:
        values = _values(risk) if pairs[risk.kind] <= _VALUES else (None, None)
        alike.setdefault((risk.kind, values), []).append(risk)
    for (kind, values), some in alike.items():
        each = pairs[kind] > _VALUES
        about = [(subject, risk.job) for risk in some if (subject := _subject(risk, with_values=each))]
        yield RiskLine(
            what=kind.replace("_", " "),
            subjects=tuple(subject for subject, _ in about),
            jobs=tuple(job for _, job in about),
            before=values[0],
            after=values[1],
        )


def _values(risk: Risk) -> tuple[str | None, str | None]:
    if risk.kind is RiskKind.UNORDERED_READ:  # which tells the writer there
        return None, None
    return value_text(risk.before), value_text(risk.after)


def _subject(risk: Risk, *, with_values: bool) -> str:
    """Say what a risk is about; nothing where that is the plan as a whole."""
    dataset, node = (name and name_text(name) for name in (risk.dataset, risk.node))
    match risk.kind:
        case RiskKind.UNORDERED_READ:
            return f"{risk.job} reads {dataset}, which {risk.after} writes"
        case RiskKind.DATASET_NOT_WRITTEN if risk.job:
            return f"{dataset} (which {risk.job} reads)"
    subject = dataset or ": ".join(part for part in (risk.job, node and f"node {node}") if part)
    if with_values:
        before, after = ("none" if value is None else value for value in _values(risk))
        subject += f" ({before} -> {after})"
    return subject
