"""Jobs that AWS Batch does not take: for themselves, so that the others go on, or for what concerns all of them."""

import json
import re
from typing import Any

import pytest

from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.runs import states
from tests.support.services import standin

OVERRIDES = "Container overrides or node overrides should not be set for Batch on EKS jobs."
FAIR = {"a_queue": {"schedulingPolicyArn": "arn:aws:batch:us-east-1:123456789012:scheduling-policy/fair"}}
EKS: dict[str, Any] = {"b_definition": {"eksProperties": {"podProperties": {}}}}
DEFINITIONS = {"a_definition": 3, "b_definition": 2}
_APPLY = ("apply", "plan.yaml", "--run-id", "r")


def four(folder, **more):
    write_plan(folder, {name: ["x"] for name in "abcd"}, {"b": "a"}, **more)


def test_a_job_that_is_refused_for_itself_fails_alone(tmp_path, transcript):
    """It is refused for as long as it names a definition that takes no overrides: only a new plan names another one."""
    four(tmp_path)
    refused = {"refuse_jobs": {"a": OVERRIDES}, "mended": {"a": "b_definition"}}
    with standin(definitions=DEFINITIONS, **refused) as service:
        assert transcript.on(service, *_APPLY).code == 6
        assert states(service) == {"c": "SUCCEEDED", "d": "SUCCEEDED"}
        four(tmp_path, a={"job_definition": "b_definition"})
        assert transcript.on(service, "resume", "r", "--new-plan", "plan.yaml").code == 0
        assert service.verdict()["duplicates"] == {}
        names = [one["jobName"] for one in service.asked("submitjob")]
    transcript.check("a_job_refused_for_itself")
    assert sorted(names) == ["r_a_1", "r_a_1", "r_b_1", "r_c_1", "r_d_1"]  # nothing has run under the first name


def test_the_same_words_for_the_first_jobs_end_the_submission(tmp_path, transcript):
    four(tmp_path)
    with standin(queue_details=FAIR, deny=["DescribeJobQueues"]) as service:
        assert transcript.on(service, *_APPLY).code == 5
        assert service.verdict()["taken"] == 0
        service.configure(queue_details={})
        assert transcript.on(service, *_APPLY).code == 0
    transcript.check("the_first_jobs_refused_alike")


def test_the_one_job_of_a_definition_without_overrides_fails_alone_and_runs_once_it_has_another(tmp_path):
    four(tmp_path, c={"job_definition": "b_definition"})
    deny = ["DescribeJobDefinitions"]
    with standin(definitions=DEFINITIONS, definition_details=EKS, deny=deny) as service:
        ended = on(service, *_APPLY, cwd=tmp_path)
        assert (ended.code, sorted(states(service))) == (6, ["a", "b", "d"])
        assert f"c failed (refused): {OVERRIDES.rstrip('.')}\n  its job definition takes no overrides" in ended.text
        service.configure(definition_details={})
        assert on(service, "resume", "r", cwd=tmp_path).code == 0


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_plan_with_fewer_jobs_fails_by_them(tmp_path, jobs):
    names = "ab"[:jobs]
    write_plan(tmp_path, {name: ["x"] for name in names})
    with standin(refuse_jobs=dict.fromkeys(names, OVERRIDES)) as service:
        assert on(service, *_APPLY, cwd=tmp_path).code == 6
        status = on(service, "status", "r", cwd=tmp_path).text
        assert "a failed (refused)" in status
        assert ("failed in the same way (1): b" in status) == (jobs == 2)
        asked = len(service.asked("submitjob"))
        assert on(service, *_APPLY, cwd=tmp_path).code == 6  # what failed is not repeated
        assert len(service.asked("submitjob")) == asked
        service.configure(refuse_jobs={})
        assert on(service, "resume", "r", cwd=tmp_path).code == 0


def test_different_words_for_every_job_are_about_each_of_them(tmp_path):
    four(tmp_path)
    words = {name: f"{what} must not be so" for name, what in zip("abcd", ("One", "Two", "Three", "Four"), strict=True)}
    with standin(refuse_jobs=words) as service:
        ended = on(service, *_APPLY, cwd=tmp_path)
    assert ended.code == 6
    assert ended.text.count("failed (refused)") == 3
    assert "not run because of it (1): b" in ended.text


def test_names_ids_and_numbers_make_no_other_words(tmp_path):
    four(tmp_path)
    words = {
        name: f"Error executing request, Exception : Job r_{name}_1 ({name}) has {number} of it, RequestId: "
        f"5b2aa26b-6458-418c-94ac-0521e764821{number}"
        for number, name in enumerate("abcd")
    }
    with standin(refuse_jobs=words) as service:
        ended = on(service, *_APPLY, cwd=tmp_path)
        assert ended.code == 5
        assert "accepted none: Job r_" in ended.err
        assert "RequestId" not in ended.err
        service.configure(refuse_jobs={})
        assert on(service, *_APPLY, cwd=tmp_path).code == 0


@pytest.mark.parametrize(
    "words",
    [
        "JobQueue a_queue not found",
        "JobQueue a_queue is not in ENABLED state",
        "JobDefinition a_definition:2 not found",
        "Job Queue is attached to Compute Environment that can not run Jobs with capability EC2",
        "Provided name a_definition:x is not supported pattern[a-zA-Z_0-9-]{1,128}",
        "The account is not authorized to use AWS Batch",
    ],
)
def test_what_concerns_every_job_ends_the_submission_at_the_first_one(tmp_path, words):
    four(tmp_path)
    with standin(refuse_jobs={"a": words}) as service:
        ended = on(service, *_APPLY, cwd=tmp_path)
        assert ended.code == 5
        assert words in ended.err
        service.configure(refuse_jobs={})
        assert on(service, *_APPLY, cwd=tmp_path).code == 0
        assert service.verdict()["duplicates"] == {}


def test_a_queue_named_like_anything_is_not_taken_for_words(tmp_path):
    four(tmp_path, defaults={"job_queue": "memory-overrides"})
    deny = ["DescribeJobQueues"]
    with standin(queues=["memory-overrides"], disabled_queues=["memory-overrides"], deny=deny) as service:
        ended = on(service, *_APPLY, cwd=tmp_path)
    assert ended.code == 5
    assert "JobQueue memory-overrides is not in ENABLED state" in ended.err


def test_detach_does_not_hide_that_a_job_was_refused(tmp_path):
    four(tmp_path)
    with standin(refuse_jobs={"a": OVERRIDES}) as service:
        ended = on(service, *_APPLY, "--detach", cwd=tmp_path)
    assert ended.code == 6
    assert "a failed (refused)" in ended.text


def test_on_failure_stop_starts_nothing_after_a_refusal(tmp_path):
    write_plan(tmp_path, {f"j{number:03}": ["x"] for number in range(200)})
    with standin(refuse_jobs={"j001": OVERRIDES}) as service:
        ended = on(service, *_APPLY, "--on-failure", "stop", "--rate", "50", cwd=tmp_path)
        assert service.verdict()["taken"] < 199
    assert ended.code == 6
    assert "j001 has failed. No more jobs are started" in ended.err


def test_the_words_of_a_refusal_are_harmless_and_bounded(tmp_path):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]})
    with standin(refuse_jobs={"a": "overrides are \x1b[2J bad " + "x" * 5000}) as service:
        ended = on(service, *_APPLY, "--json", cwd=tmp_path)
    assert ended.code == 6
    (failed,) = (one for one in map(json.loads, ended.text.splitlines()) if one.get("after") == "FAILED")
    assert (failed["cause"], "job_id" in failed) == ("refused", False)
    assert len(failed["reason"]) < 600
    assert "\x1b" not in failed["reason"]


def test_cancel_leaves_a_refused_job_as_it_is(tmp_path):
    four(tmp_path)
    with standin(refuse_jobs={"a": OVERRIDES}, stuck={"c": ""}) as service:
        assert on(service, *_APPLY, "--detach", cwd=tmp_path).code == 6
        assert on(service, "cancel", "r", cwd=tmp_path).code == 0
        said = on(service, "status", "r", cwd=tmp_path).text
    assert re.search(r"^a failed \(refused\)", said, re.MULTILINE)


def test_another_machine_sends_a_refused_job_under_the_same_name(tmp_path):
    four(tmp_path)
    with standin(refuse_jobs={"a": OVERRIDES}) as service:
        assert on(service, *_APPLY, cwd=tmp_path).code == 6
        service.configure(refuse_jobs={})
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        assert on(service, "resume", "r", "--plan", "../plan.yaml", cwd=elsewhere).code == 0
        assert on(service, "resume", "r", cwd=tmp_path).code == 0  # finds that it has succeeded there
        assert service.verdict()["taken"] == 4


def test_a_job_that_was_refused_does_not_keep_a_run_from_having_an_end(tmp_path):
    """Its times are those of what ran: they stay the same, however long ago that is."""
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]})
    with standin(refuse_jobs={"b": OVERRIDES}) as service:
        assert on(service, *_APPLY, cwd=tmp_path).code == 6
        seconds = {
            json.loads(on(service, "wait", "r", "--json", cwd=tmp_path).text.splitlines()[-1])["run_seconds"]
            for _ in range(2)
        }
    assert len(seconds) == 1
