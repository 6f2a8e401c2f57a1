"""The containers of a job: what they run, whoever states it."""

import pytest

from kedro_batch.plan.job_containers import JobImages, commands_of, images_of_job
from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.plan.settings import JobDefinition, JobSettings
from tests.support.containers import MAIN, SIDE, on_pod, on_task, pod, task


def test_the_commands_of_all_containers_are_seen():
    submit = on_pod(MAIN, {"name": "given", "command": ["a"], "args": ["b"]})
    declared = pod({**MAIN, "command": ["replaced"]}, {"name": "given", "command": ["x"]}, {**SIDE, "args": ["c"]})
    own = Job(name=JobName("j"), command=("run",), settings=JobSettings(job_definition="d", submit=submit))
    plan = Plan(jobs=(own,), job_definitions={"d": declared})
    assert list(commands_of(own, plan)) == [(True, ("run",)), (False, ("a", "b")), (False, ("c",))]
    assert list(commands_of(own, Plan(jobs=(own,)))) == [(True, ("run",)), (False, ("a", "b"))]


IMAGES = pod({**MAIN, "image": "m:1"}, {**SIDE, "image": "s:1"}, first=({"name": "init", "image": "i:1"},))


@pytest.mark.parametrize(
    ("definition", "submit", "expected"),
    [
        (None, {}, JobImages(definition="d")),
        (JobDefinition(image="x:1"), {}, JobImages(declared=("x:1",))),
        (IMAGES, on_pod(MAIN), JobImages(declared=("m:1", "i:1", "s:1"))),
        (IMAGES, on_pod({**MAIN, "image": "e:1"}), JobImages(by_submit=("e:1",), declared=("i:1", "s:1"))),
        (pod({"image": "x:1"}), on_pod({"image": "e:1"}), JobImages(by_submit=("e:1",))),
        (None, on_pod({**MAIN, "image": "e:1"}), JobImages(by_submit=("e:1",), definition="d")),
        (task({**MAIN, "image": "m:1"}), on_task(MAIN), JobImages(declared=("m:1",))),
    ],
)
def test_an_image_of_submit_runs_in_the_place_of_that_of_the_definition(definition, submit, expected):
    plan = Plan(jobs=(), job_definitions={"d": definition} if definition else {})
    assert images_of_job(JobSettings(job_definition="d", submit=submit), plan) == expected
