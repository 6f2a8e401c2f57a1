"""Risks as lines for people: risks of one kind with the same values share a line. Nothing is escaped yet."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from kedro_batch.review.diff.model import Risk, RiskKind
from kedro_batch.review.formatting import name_text, value_text

_SUBJECTS = 10
_VALUES = 5
"""The most lines of one kind of risk, each with other values; beyond that, one line has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLine:
    """Risks of one kind with the same values, or with too many values for a line of each.

    Attributes:
        what: The kind, as words.
        subjects: What each risk is about; empty for the whole plan.
        jobs: The job of each subject, if it has one.
        before: The value before; None if there is none, or if each subject states its own.
        after: The value after, likewise.
    """

    what: str
    subjects: tuple[str, ...]
    jobs: tuple[str | None, ...]
    before: str | None
    after: str | None

    @property
    def first_subjects(self) -> list[str]:
        """The first subjects, and the number of further ones."""
        more = len(self.subjects) - _SUBJECTS
        return [*self.subjects[:_SUBJECTS], *([f"and {more:,} more"] if more > 0 else ())]


def group_risks(risks: Sequence[Risk]) -> Iterator[RiskLine]:
    """Group risks of one kind by their values; if there are many values, group all risks of that kind."""
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
    if risk.kind is RiskKind.UNORDERED_READ:  # ``after`` is the writer there: the subject names it
        return None, None
    return value_text(risk.before), value_text(risk.after)


def _subject(risk: Risk, *, with_values: bool) -> str:
    """Return what a risk is about; nothing if it is about the whole plan."""
    dataset, node = (name and name_text(name) for name in (risk.dataset, risk.node))
    match risk.kind:
        case RiskKind.UNORDERED_READ:
            return f"{risk.job} reads {dataset} without waiting for {risk.after}, which writes it"
        case RiskKind.DATASET_NOT_WRITTEN:
            return f"{dataset} (read by {risk.job})" if risk.job else f"{dataset}"
        case RiskKind.ENV_CHANGED | RiskKind.ACCOUNT_CHANGED | RiskKind.REGION_CHANGED:
            return ""
        case (
            RiskKind.QUEUE_CHANGED
            | RiskKind.DEFINITION_CHANGED
            | RiskKind.IMAGE_CHANGED
            | RiskKind.JOB_REMOVED
            | RiskKind.NODE_REMOVED
            | RiskKind.MEMORY_LOWERED
            | RiskKind.GPUS_LOWERED
            | RiskKind.TIMEOUT_LOWERED
            | RiskKind.NODE_REPLACED
        ):
            subject = f"{risk.job}: node {node}" if node else risk.job or f"job definition {risk.definition}"
        case _:
            assert_never(risk.kind)
    if with_values:
        before, after = ("none" if value is None else value for value in _values(risk))
        subject += f" ({before} -> {after})"
    return subject
