"""Spell the values of risks that are about settings: amounts with their units, and what it means that none is there."""

from collections.abc import Mapping
from typing import Any

from kedro_batch.review.diff.model import Risk, RiskKind
from kedro_batch.review.formatting import BY_DEFINITION, setting_text

AMOUNT_KINDS: Mapping[RiskKind, str] = {
    RiskKind.MEMORY_LOWERED: "memory_mib",
    RiskKind.MEMORY_RAISED: "memory_mib",
    RiskKind.GPUS_LOWERED: "gpus",
    RiskKind.GPUS_RAISED: "gpus",
    RiskKind.VCPUS_RAISED: "vcpus",
    RiskKind.TIMEOUT_LOWERED: "timeout_s",
    RiskKind.TIMEOUT_RAISED: "timeout_s",
}
"""Kinds about more or less of an amount, and which that is, by the names of settings."""
_NOT_STATED: Mapping[RiskKind, str] = {
    RiskKind.TIMEOUT_LOWERED: "no limit stated",
    RiskKind.TIMEOUT_RAISED: "no limit",
    RiskKind.RETRY_WIDENED: "any failure",
    RiskKind.NO_LONGER_STATED: BY_DEFINITION,
    RiskKind.GPUS_RAISED: BY_DEFINITION,
    RiskKind.ATTEMPTS_RAISED: BY_DEFINITION,
}
"""What it means that the setting of a kind is not stated."""


def amount_name(kind: RiskKind, field: str | None) -> str | None:
    """Return which amount a kind is about, by the names of settings; None if it is about none."""
    return field if kind is RiskKind.NO_LONGER_STATED else AMOUNT_KINDS.get(kind)


def spell_value(risk: Risk, value: Any) -> str | None:
    """Spell the value of a setting."""
    retries = risk.kind in (RiskKind.RETRY_WIDENED, RiskKind.RETRY_CHANGED)
    name = "retry_on" if retries else amount_name(risk.kind, risk.field) or ""
    return _NOT_STATED.get(risk.kind) if value is None else setting_text(name, value)
