"""What a plan is in short, and the commands that lead on, where the names are unusual."""

import shlex

import pytest

from kedro_batch.cli.compile_end import next_commands, plan_in_short
from kedro_batch.plan.model import JobName, Plan
from tests.support.plans import a_job


@pytest.mark.parametrize(
    ("queues", "words"),
    [
        ("q", "1 job on 1 level, queue q"),
        ("qqr", "3 jobs on 3 levels, queues q, r"),
        ("abcde", "5 jobs on 5 levels, queues a, b, c and 2 more"),
    ],
)
def test_a_plan_in_short(queues, words):
    names = [JobName(f"job-{number}") for number in range(len(queues))]
    jobs = (
        a_job(name, job_queue=queue, depends_on=tuple(names[max(number - 1, 0) : number]))
        for number, (name, queue) in enumerate(zip(names, queues, strict=True))
    )
    assert plan_in_short(Plan(jobs=tuple(jobs))) == words


@pytest.mark.parametrize("file", ["plan.yaml", "-plan.yaml", "/no/where/a plan.yaml", "no/where/it's.yaml"])
def test_a_file_that_git_does_not_have_is_shown_and_applied(file):
    found = [shlex.split(line.strip().partition("   ")[0])[:3] for line in next_commands(file, b"")]
    name = f"./{file}" if file.startswith("-") else file
    assert found == [["kedro-batch", "show", name], ["kedro-batch", "apply", name]]


def test_a_name_moves_no_terminal():
    assert all(line.isprintable() for line in next_commands("\x1b]0;x\x07\u202e.yaml", b""))
