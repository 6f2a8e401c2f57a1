"""Checks the parameters of a plan: that each can be carried to a node without loss, and that no command has others."""

from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.diagnostics import Diagnostic, diagnostics_of
from kedro_batch.plan.model import Plan
from kedro_batch.plan.params import wrong_params
from kedro_batch.plan.params_words import PARAMS_OPTION


def check_params(file: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Yield the parameters of a plan file that cannot be carried to a node without loss."""
    return diagnostics_of(wrong_params(file.get("params", {})), ("params",))


def check_other_params(plan: Plan) -> Iterator[Diagnostic]:
    """Yield the commands that have parameters of their own beside those of the plan."""
    for index, job in enumerate(plan.jobs if plan.params else ()):
        for position, word in enumerate(job.command if job.nodes else ()):
            if word.partition("=")[0] == PARAMS_OPTION:
                yield Diagnostic(path=("jobs", index, "command", position), message=_TWICE)


_TWICE = (
    f"gives {PARAMS_OPTION} beside the params of the plan, and `kedro run` takes only the last: write all under params"
)
