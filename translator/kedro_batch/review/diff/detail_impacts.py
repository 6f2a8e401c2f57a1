"""Say on which detail of a job each of its impacts sits: the line that shows what changed is the one that is marked.

A setting has its impact in its ``FieldChange``. Those of a job as a whole come in; labels of details come out. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping

from kedro_batch.review.diff.model import JobChange, Risk, RiskKind

Impacts = Mapping[str, RiskKind]
"""The worst impact on each detail of a job, by its label."""
COMMAND = "command"
WHOLE_JOB = ""
"""The label of what sits on no detail, but on the job: that it was removed."""
_WORST_FIRST = {kind: number for number, kind in enumerate(RiskKind)}
_PLACES: Mapping[RiskKind, tuple[str, ...]] = {
    RiskKind.SHELL_COMMAND: (COMMAND,),
    RiskKind.PROGRAM_CHANGED: (COMMAND,),
    RiskKind.ENV_CHANGED: (COMMAND,),
    RiskKind.RISKY_VARIABLE: (COMMAND, "submit"),
    RiskKind.QUEUE_CHANGED: ("job_queue",),
    RiskKind.DEFINITION_CHANGED: ("job_definition",),
    RiskKind.IMAGE_CHANGED: ("submit", "job_definition"),
    RiskKind.SUBMIT_CHANGED: ("submit",),
    RiskKind.NODE_REMOVED: ("nodes",),
    RiskKind.NODE_REPLACED: ("nodes",),
    RiskKind.UNORDERED_READ: ("depends on",),
    RiskKind.MEMORY_LOWERED: ("resources.memory_mib",),
    RiskKind.MEMORY_RAISED: ("resources.memory_mib",),
    RiskKind.GPUS_LOWERED: ("resources.gpus",),
    RiskKind.GPUS_RAISED: ("resources.gpus",),
    RiskKind.VCPUS_RAISED: ("resources.vcpus",),
    RiskKind.TIMEOUT_LOWERED: ("timeout_s",),
    RiskKind.TIMEOUT_RAISED: ("timeout_s",),
    RiskKind.ATTEMPTS_RAISED: ("attempts",),
    RiskKind.RETRY_CHANGED: ("retry_on",),
    RiskKind.RETRY_WIDENED: ("retry_on",),
}
"""Where an impact sits: on the first of these that differs, unless it names a field or a dataset that does."""


def worst_impact(kinds: Iterable[RiskKind | None]) -> RiskKind | None:
    """Return the worst of some impacts; None if there are none."""
    return min((kind for kind in kinds if kind), key=_WORST_FIRST.__getitem__, default=None)


def place_impacts(one: JobChange) -> Impacts:
    """Return the worst impact on each detail of a job, by the label of the detail.

    An impact that sits on no detail has the label ``WHOLE_JOB``.
    """
    found: dict[str, list[RiskKind]] = {}
    labels = _labels(one) if one.impacts else ()
    for risk in one.impacts:
        found.setdefault(_label(risk, one, labels), []).append(risk.kind)
    return {label: min(kinds, key=_WORST_FIRST.__getitem__) for label, kinds in found.items()}


def _label(risk: Risk, one: JobChange, labels: Iterable[str]) -> str:
    for place in _places(risk, one):
        for label in labels:
            if label == place or label.startswith(f"{place}."):
                return label
    return WHOLE_JOB


def _places(risk: Risk, one: JobChange) -> Iterator[str]:
    if risk.dataset in one.reads.gained:
        yield "reads"
    if risk.field:
        yield from (f"{where}.{risk.field}" for where in ("environment", "submit", "resources"))
        yield risk.field
    yield from _PLACES.get(risk.kind, ())
    if risk.kind is not RiskKind.JOB_REMOVED:
        yield from ("submit", "nodes")


def _labels(one: JobChange) -> tuple[str, ...]:
    lists = {"nodes": one.nodes, "depends on": one.parents, "reads": one.reads, "writes": one.writes}
    has = (label for label, names in lists.items() if names)
    return (*(field.name for field in one.fields), *((COMMAND,) if one.command else ()), *has)
