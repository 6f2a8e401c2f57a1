"""The road from a project to a finished run, by the command line alone, with every job in a container of its own."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.containers.conftest import GROUPINGS, Road
from tests.e2e.containers.walk import RAW

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("containers")]

IN_MEMORY = {"data/05_model_input/train.csv", "data/05_model_input/test.csv"}
JOBS = {"aws_batch": 6, "by_namespace": 2, "in_memory": 4}
WRITTEN = {"aws_batch": 7, "by_namespace": 7, "in_memory": 5}
"""How many files the jobs of a grouping write, beside the inputs that are there before."""


def compile_plan(road: Road, env: str) -> str:
    road.walk.types("compile", "--env", env, "--image", road.image, "--strict", "-o", f"{env}.yaml")
    return f"{env}.yaml"


def test_doctor_finds_everything_that_a_plan_needs(road):
    plan = compile_plan(road, "aws_batch")
    assert road.walk.plan(plan)["job_definitions"]["kedro_run"]["image"] == road.image
    findings = json.loads(road.walk.types("doctor", plan, "--json").text)["findings"]
    assert [one for one in findings if one["status"] != "pass"] == []


def test_in_every_grouping_the_containers_write_what_kedro_run_writes(road, account, record_property):
    plans = {env: compile_plan(road, env) for env in GROUPINGS}
    assert {env: len(road.walk.plan(plan)["jobs"]) for env, plan in plans.items()} == JOBS
    inputs = {path: road.expected[path] for path in RAW}
    assert {env: account.stored(env) for env in GROUPINGS} == dict.fromkeys(GROUPINGS, inputs)  # from compile --upload
    begun = time.monotonic()
    with ThreadPoolExecutor() as pool:
        ended = dict(zip(plans, pool.map(lambda plan: road.walk.types("apply", plan), plans.values()), strict=True))
    seconds = time.monotonic() - begun
    for env, run in ended.items():
        assert f": {JOBS[env]} jobs, {JOBS[env]} succeeded" in run.text
    # Byte for byte, the pickled model too: the image has the packages with which these tests run.
    total = 0
    for env in GROUPINGS:
        stored = account.stored(env)
        assert {path: stored.pop(path) for path in RAW} == inputs
        left_out = {*RAW, *(IN_MEMORY if env == "in_memory" else ())}
        expected = {path: content for path, content in road.expected.items() if path not in left_out}
        assert stored == expected
        assert len(stored) == WRITTEN[env]
        total += sum(map(len, stored.values()))
    size = int(account.engine.docker("image", "inspect", "--format", "{{.Size}}", road.image))
    record_property(
        "figures",
        f"{sum(JOBS.values())} jobs in 3 groupings at once: {seconds:.0f} s, an image of {size / 1e6:.0f} MB, "
        f"{total:,} bytes written to S3, equal to those of kedro run",
    )


def test_cancel_leaves_no_container(road, account, record_property):
    road.walk.types("compile", "--env", "aws_batch", "--pipeline", "stuck", "--image", road.image, "-o", "stuck.yaml")
    begun = time.monotonic()
    with account.engine.events("type=container", "event=start", "event=destroy") as happened:
        road.walk.types("apply", "stuck.yaml", "--detach", "--run-id", "stuck")
        assert next(happened).startswith("start stuck_wait_1-")
        road.walk.types("cancel", "stuck")
        assert next(happened).startswith("destroy stuck_wait_1-")
    assert account.engine.docker("ps", "--all", "--quiet") == ""
    record_property("figures", f"2 jobs cancelled: {time.monotonic() - begun:.0f} s, no container left")
