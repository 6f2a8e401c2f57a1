"""Writes plans by hand, for the tests of what is not Kedro's."""

import json
import random
from dataclasses import fields
from pathlib import Path
from typing import Any

from kedro_batch.plan.model import Job, JobName
from kedro_batch.plan.settings import JobSettings


def write_plan(
    folder: Path,
    jobs: dict[str, list[str]],
    parents: dict[str, str] | None = None,
    *,
    submit_tags: bool = True,
    header: dict[str, Any] | None = None,
    **extra,
) -> Path:
    """Write ``plan.yaml`` with a command for each job; JSON is YAML too.

    Args:
        folder: Where.
        jobs: The commands, by the names of the jobs.
        parents: The names of a job's parents, separated by spaces.
        submit_tags: Whether the jobs are submitted with tags.
        header: Further fields of the plan itself.
        extra: Further fields, by the name of the job (``_`` for ``-``), or ``defaults``.
    """
    content = {
        "schema": "kedro-batch/plan/v1",
        **({} if submit_tags else {"submit_tags": False}),
        **(header or {}),
        "defaults": {"job_queue": "a_queue", "job_definition": "a_definition", **extra.pop("defaults", {})},
        "jobs": [
            {
                "name": name,
                "command": command,
                "depends_on": (parents or {}).get(name, "").split(),
                **extra.get(name, {}),
            }
            for name, command in jobs.items()
        ],
    }
    file = folder / "plan.yaml"
    file.write_text(json.dumps(content))
    return file


def layered(jobs: int, width: int) -> dict[str, str]:
    """Give as many names in layers of this width, with one to four parents in the layer above: 2.5 in the mean."""
    chance = random.Random(1)  # noqa: S311  no secret is made of it
    names = [f"job_{number:05}" for number in range(jobs)]
    parents = {}
    for number, name in enumerate(names):
        above = names[(number // width - 1) * width : number // width * width] if number >= width else []
        parents[name] = " ".join(sorted(chance.sample(above, min(len(above), chance.randint(1, 4)))))
    return parents


_SETTINGS = {field.name for field in fields(JobSettings)}


def a_job(name: str = "a", command: tuple[str, ...] = ("x",), **given: Any) -> Job:
    """Make a job with a queue ``q`` and a definition ``d`` if nothing else is said."""
    settings = {field: given.pop(field) for field in _SETTINGS & given.keys()}
    return Job(
        name=JobName(name),
        command=command,
        settings=JobSettings(**{"job_queue": "q", "job_definition": "d", **settings}),
        **given,
    )
