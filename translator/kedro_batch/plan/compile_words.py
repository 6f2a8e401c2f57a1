"""The options of ``compile`` that a plan was surely compiled with: only the command line can have given them. Pure."""

from collections.abc import Iterator
from dataclasses import asdict

from kedro_batch.plan.model import Plan


def compile_words(plan: Plan) -> Iterator[str]:
    """Yield the options, each with its value, without the project's folder."""
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


def flag_values(plan: Plan, flag: str) -> tuple[str, ...]:
    """Return the values that the commands of a plan give a flag, without repetition."""
    start = f"--{flag}="
    found = (word.removeprefix(start) for job in plan.jobs for word in job.command if word.startswith(start))
    return tuple(dict.fromkeys(found))
