"""The options of ``kedro-batch compile`` that a plan was compiled with, as far as it tells. Pure."""

from collections.abc import Iterator
from dataclasses import asdict

from kedro_batch.plan.model import Plan


def compile_words(plan: Plan) -> Iterator[str]:
    """Yield the options that only the command line can have given; that of the project's folder is left out."""
    if plan.pipelines and plan.pipelines != ("__default__",):
        yield f"--pipelines={','.join(plan.pipelines)}"
    if plan.env:
        yield f"--env={plan.env}"
    for flag, names in asdict(plan.selection).items():
        if names:
            yield f"--{flag.replace('_', '-')}={','.join(names)}"
    yield from (f"--params={one}" for one in flag_values(plan, "params"))
    if versions := flag_values(plan, "load-versions"):
        yield f"--load-versions={','.join(versions)}"


def words_to_compile_again(plan: Plan) -> Iterator[str]:
    """Yield the options that compile a plan once more after its settings were changed.

    Groups and parameters that the settings give too are named: they are the same then.
    """
    yield from compile_words(plan)
    yield from plan.params_words
    if plan.group_by:
        yield f"--group-by={','.join(plan.group_by)}"


def flag_values(plan: Plan, flag: str) -> tuple[str, ...]:
    """Return the values that the commands of a plan give a flag, without repetition."""
    start = f"--{flag}="
    found = (word.removeprefix(start) for job in plan.jobs for word in job.command if word.startswith(start))
    return tuple(dict.fromkeys(found))
