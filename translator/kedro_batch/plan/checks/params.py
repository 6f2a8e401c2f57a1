"""Checks parameters: that each can be carried to a node without loss, and that no command of a plan has others."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kedro_batch.diagnostics import Code, Diagnostic, FieldPath, diagnostics_of
from kedro_batch.plan.checks.batch_limits import OVERRIDES_CHARACTERS
from kedro_batch.plan.checks.credentials import Names, credentials_in_params
from kedro_batch.plan.model import Plan
from kedro_batch.plan.params import wrong_params
from kedro_batch.plan.params_words import PARAMS_OPTION

TOO_LONG_PARAMS = (
    f"A container is given {OVERRIDES_CHARACTERS} characters at most of command, environment and the like: write "
    "long parameters into the project's files, or into a file that the nodes read"
)


def refused_params(params: Mapping[Any, Any], not_secret: Names | None) -> Iterator[tuple[FieldPath, str, Code]]:
    """Yield everything that keeps parameters of any source out of a plan.

    What is far too long is not looked at: each text is searched for credentials, which takes a while.

    Args:
        params: The parameters.
        not_secret: The names that are none of credentials; None if that is not known yet, and asked later.
    """
    least = len(json.dumps(params, ensure_ascii=False, separators=(",", ":"), skipkeys=True, default=str))
    least -= len("{}") + len('""') * len(params)  # what the word of a command does not have
    if least > OVERRIDES_CHARACTERS:
        yield (), f"the parameters take {least} characters or more. {TOO_LONG_PARAMS}", Code.OVER_LIMIT
        return
    yield from ((path, message, Code.INVALID_CONFIG) for path, message in wrong_params(params))
    if not_secret is not None:
        yield from ((path, message, Code.CREDENTIAL) for path, message in credentials_in_params(params, not_secret))


def check_params(file: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Yield the parameters of a plan file that cannot be carried to a node without loss."""
    return diagnostics_of(wrong_params(file.get("params", {})), ("params",))


def check_other_params(plan: Plan) -> Iterator[Diagnostic]:
    """Yield the commands that have parameters of their own beside those of the plan."""
    for index, job in enumerate(plan.jobs if plan.params else ()):
        for position in own_params(job.command if job.nodes else ()):
            yield Diagnostic(path=("jobs", index, "command", position), message=PARAMS_TWICE)


def own_params(command: Sequence[str]) -> Iterator[int]:
    """Yield the positions of the words that give parameters."""
    return (position for position, word in enumerate(command) if word.partition("=")[0] == PARAMS_OPTION)


PARAMS_TWICE = (
    f"gives {PARAMS_OPTION} beside the params of the plan, and `kedro run` takes only the last: write all under params"
)
