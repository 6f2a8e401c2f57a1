import json
from dataclasses import replace

import pytest

from kedro_batch.plan.checks.batch_limits import AT_RUN_TIME, OVERRIDES_CHARACTERS, REQUEST_BYTES
from kedro_batch.plan.checks.request_size import check_request_sizes, room_for_nodes, worst_request
from kedro_batch.plan.data_flow import reads_from_run
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.submit_job import reads_variable
from kedro_batch.plan.variables import READS_FROM_RUN_LENGTH
from tests.support.plans import a_job

TAGGED = a_job(tags={"a": "b"}).settings


def problems(**given):
    return [(one.path[2:], one.message) for one in check_request_sizes(Plan(jobs=(a_job(**given),)))]


def test_overrides_leave_room_for_what_a_run_adds():
    def taken(words):
        found = problems(command=("x" * words,))
        return found[0] if found else None

    fits = next(words for words in range(OVERRIDES_CHARACTERS, 0, -1) if taken(words) is None)
    assert OVERRIDES_CHARACTERS - 1200 < fits < OVERRIDES_CHARACTERS - 600
    path, message = taken(fits + 1)
    assert path == ("command",)
    assert message.startswith(
        f"is too long with {fits + 1} characters, 8193 in all: a container is given 8192 characters"
    )
    assert message.endswith("give these a namespace or a tag of their own, which the command then names")


def test_the_environment_counts_and_so_do_escapes():
    assert not problems(environment={"A": "x" * 7000})
    assert problems(environment={"A": '"' * 7000})[0][0] == ("environment",)


def test_a_request_has_30_kib_at_most():
    parents = tuple(JobName(f"p{number}") for number in range(20))
    tags = {f"{number:03}" + "k" * 120: "é" * 256 for number in range(47)}
    found = problems(depends_on=parents, tags=tags)
    assert found[-1][0] == ("tags",)
    assert "a request may have 30720 bytes" in found[-1][1]
    assert problems(submit={"parameters": {"a": "x" * 31_000}})[0][0] == ("submit", "parameters")


def test_tags_that_are_not_sent_take_no_room():
    def is_taken(letters, **given):
        plan = Plan(jobs=(a_job(submit={"parameters": {"a": "x" * letters}}),), **given)
        return not list(check_request_sizes(plan))

    least = next(letters for letters in range(REQUEST_BYTES, 0, -1) if is_taken(letters))
    most = next(letters for letters in range(REQUEST_BYTES, 0, -1) if is_taken(letters, submit_tags=False))
    tags = worst_request(a_job(), Plan(jobs=()))["tags"] | {"kedro-batch:job": "a"}
    assert most - least == len(json.dumps({"tags": tags}, separators=(",", ":"))) - len("{}") + len(",")
    assert "tags" not in worst_request(a_job(), Plan(jobs=(), submit_tags=False))


def test_the_worst_request_has_every_run_time_part_at_its_longest():
    request = worst_request(a_job("j" * 99, depends_on=(JobName("p"),)), Plan(jobs=(), env="prod"))
    assert len(request["jobName"]) == 128
    assert request["tags"]["kedro-batch:run"] == "9" * 24
    assert len(request["dependsOn"][0]["jobId"]) == 36
    assert len(AT_RUN_TIME["AWS_BATCH_JOB_ID"]) == 36
    assert request["containerOverrides"]["environment"] == [
        {"name": "KEDRO_BATCH_JOB", "value": "j" * 99},
        {"name": "KEDRO_BATCH_RUN_ID", "value": "9" * 24},
        {"name": "KEDRO_BATCH_SUBMISSION", "value": "999"},
        {"name": "KEDRO_BATCH_VERSION", "value": "9999-12-31T23.59.59.999Z"},
        {"name": "KEDRO_ENV", "value": "prod"},
    ]


@pytest.mark.parametrize("env", [None, "prod", 'a"b'])
@pytest.mark.parametrize("name", ["a", "j" * 99])
@pytest.mark.parametrize("reads", [(), tuple("abcdefgh")])
def test_the_quick_look_lets_nothing_through_that_is_too_long(env, name, reads):
    """Most jobs are found short enough without building their request: both ways have to agree on the rest."""
    writer = a_job("writer", writes=reads)
    for words in range(OVERRIDES_CHARACTERS // 8, OVERRIDES_CHARACTERS // 6):
        job = a_job(name, ("\x01" * words,), reads=reads)
        quick = list(check_request_sizes(Plan(jobs=(job, writer), env=env)))
        thorough = list(check_request_sizes(Plan(jobs=(replace(job, settings=TAGGED), writer), env=env)))
        assert quick == thorough


def test_the_environment_of_the_plan_counts():
    def taken(env):
        job = a_job(command=("x" * 7100,))
        return list(check_request_sizes(Plan(jobs=(job,), env=env)))

    assert not taken("prod")
    assert taken("e" * 700)


def test_what_a_job_reads_from_its_run_counts():
    def taken(*reads: str, writes: tuple[str, ...]) -> bool:
        jobs = (a_job(command=("x" * 6000,), reads=reads), a_job("b", writes=writes))
        return not list(check_request_sizes(Plan(jobs=jobs)))

    assert taken("n" * 1900, writes=())
    assert not taken("n" * 1900, writes=("n" * 1900,))
    assert taken("n" * 2000, writes=("n" * 2000,))  # its complement is shorter
    assert not taken("n" * 2000, "o" * 1900, writes=("n" * 2000,))
    assert taken("n" * 2000, "o" * 2000, writes=("n" * 2000,))  # it is left out


def test_a_command_that_fills_the_room_for_nodes_fits():
    settings = a_job(environment={"A": "x" * 50}).settings
    for env in (None, "prod"):
        words = ["kedro", "run", f"--env={env}"]
        room = room_for_nodes(settings, env, words)
        read = "r" * (READS_FROM_RUN_LENGTH - len(r'"[\"\"]"'))
        job = a_job("j" * 99, (*words, f"--nodes={'n' * room}"), environment={"A": "x" * 50}, reads=(read,))
        plan = Plan(jobs=(job, a_job("w", writes=(read,))), env=env)
        assert reads_variable(reads_from_run(plan)[job.name])
        assert not list(check_request_sizes(plan))
