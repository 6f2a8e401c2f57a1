"""What goes wrong with calls to the stand-in for AWS Batch: drawn in process, and as boto3 sees it over real HTTP."""

import http.client
import json
import threading
import time
import urllib.error
from contextlib import closing, suppress

import botocore.exceptions
import pytest

from tests.standin.simulated import Simulated, request
from tests.support.command_line import GENEROUS_S
from tests.support.services import StandIn, standin
from tests.support.standin.faults import Fault
from tests.support.standin.limits import RefusedError
from tests.support.standin.server import serve

CLOSED = (botocore.exceptions.ConnectionClosedError, botocore.exceptions.EndpointConnectionError)


def statuses(world, number):
    return [world.service.answer("SubmitJob", request(str(n))).status for n in range(number)]


def code(error):
    return error.value.response["Error"]["Code"]


def test_the_bucket_gives_a_burst_and_then_its_rate():
    world = Simulated(throttle={"rate": 2, "burst": 5})
    assert statuses(world, 7) == [200] * 5 + [429] * 2
    world.now = 1
    assert statuses(world, 3) == [200, 200, 429]
    world.now = 100
    assert statuses(world, 6) == [200] * 5 + [429]
    verdict = world.service.judge()
    assert (verdict["calls"], verdict["throttled"], verdict["taken"]) == ({"submitjob": 16}, {"submitjob": 4}, 12)


def test_the_rate_changes_by_the_schedule_counted_from_the_first_submit():
    world = Simulated(throttle={"rate": 10, "burst": 1}, throttle_schedule=[[10, 1], [20, None], [30, 0]])
    world.now = 1000
    taken = []
    for tenth in range(400):
        world.now = 1000 + tenth / 10 + 0.001
        taken += [tenth // 100] * statuses(world, 1).count(200)
    assert [taken.count(ten) for ten in range(4)] == [100, 10, 100, 1]  # the last one is what the bucket held


def test_the_other_operations_have_buckets_of_their_own():
    world = Simulated(throttle_other={"rate": 1, "burst": 1})
    assert statuses(world, 5) == [200] * 5
    assert [world.service.answer("DescribeJobs", {"jobs": []}).status for _ in range(2)] == [200, 429]
    assert world.service.answer("DescribeJobQueues", {}).status == 200
    asked = {"logGroupName": "/aws/batch/job", "logStreamName": "x"}
    replies = [world.service.answer("GetLogEvents", asked) for _ in range(2)]
    assert [one.content["__type"] for one in replies] == ["ResourceNotFoundException", "ThrottlingException"]
    assert world.service.judge()["throttled"] == {"describejobs": 1, "getlogevents": 1}


@pytest.mark.parametrize(
    ("name", "fault", "status", "taken"),
    [
        ("lost_replies", Fault.LOST, 200, True),
        ("cut_replies", Fault.CUT, 200, True),
        ("error_after", None, 503, True),
        ("error_before", None, 503, False),
    ],
)
def test_faults_are_as_frequent_as_configured_and_the_same_for_the_same_seed(name, fault, status, taken):
    def drawn():
        world = Simulated(seed=7, **{name: 0.3})
        replies = [world.service.answer("SubmitJob", request(str(n))) for n in range(200)]
        bad = [n for n, one in enumerate(replies) if (one.fault, one.status) == (fault, status)]
        assert 40 < len(bad) < 80
        assert all(str(n) in world.service.states() for n in bad) == taken
        assert world.service.judge()["taken"] == (200 if taken else 200 - len(bad))
        assert world.service.answer("DescribeJobs", {"jobs": []}).fault is None
        return bad

    assert drawn() == drawn()


def test_faults_can_be_those_of_other_operations():
    world = Simulated(lost_replies=1, faulty=["TerminateJob"])
    job_id = world.submit("a")
    assert world.service.answer("TerminateJob", {"jobId": job_id, "reason": "enough"}).fault is Fault.LOST
    assert world.to_the_end() == {"a": "FAILED"}


def test_credentials_expire_and_the_service_is_down_in_windows_since_the_first_call():
    world = Simulated(expired=[[5, 10]], down=[[10, 12]])
    world.now = 100
    world.submit("a")
    world.now = 105
    with pytest.raises(RefusedError) as raised:
        world.submit("b")
    assert (raised.value.status, raised.value.code) == (403, "ExpiredTokenException")
    world.now = 110
    assert world.service.answer("SubmitJob", request("b")).fault is Fault.DOWN
    world.now = 112
    world.submit("b")
    assert world.service.judge()["calls"] == {"submitjob": 3}


@pytest.mark.parametrize(
    ("configuration", "error", "mended", "taken"),
    [
        ({"lost_replies": 1}, CLOSED, {"lost_replies": 0}, 1),
        ({"hang": ["SubmitJob"]}, botocore.exceptions.ReadTimeoutError, {"hang": None}, 0),
        ({"down": [[0, 3600]]}, CLOSED, {"down": []}, 0),
    ],
)
def test_a_reply_that_does_not_come_through(configuration, error, mended, taken):
    with standin(**configuration) as service:
        with pytest.raises(error):
            service.client(read_timeout=0.1 if "hang" in configuration else GENEROUS_S).submit_job(**request("a"))
        service.configure(**mended)
        assert service.verdict()["taken"] == taken
        service.client().submit_job(**request("a"))
        assert service.verdict()["duplicates"].keys() == ({"a"} if taken else set())


def test_a_reply_can_be_cut_in_the_middle():
    with standin(cut_replies=1) as service:
        connection = http.client.HTTPConnection(service.url.removeprefix("http://"))
        with closing(connection):
            connection.request("POST", "/v1/submitjob", json.dumps(request("a")))
            with pytest.raises(http.client.IncompleteRead) as raised:
                connection.getresponse().read()
        assert raised.value.partial.startswith(b'{"jobName": "run_a_1"')
        # Some versions of what boto3 is made of do not notice, and give a reply of status 200 without an id.
        with suppress(botocore.exceptions.BotoCoreError):
            assert "jobId" not in service.client().submit_job(**request("b"))
        assert service.verdict()["taken"] == 2


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({"error_before": 1}, (503, "ServerException")),
        ({"error_after": 1}, (503, "ServerException")),
        ({"throttle": {"rate": 0, "burst": 0}, "throttle_first": 1}, (429, "TooManyRequestsException")),
        ({"expired": [[0, 3600]]}, (403, "ExpiredTokenException")),
        ({"deny": ["SubmitJob"]}, (403, "AccessDeniedException")),
        ({"deny_tags": True}, (403, "AccessDeniedException")),
        ({"absent": ["SubmitJob"]}, (404, "UnknownOperationException")),
    ],
)
def test_an_error_as_boto3_raises_it(configuration, expected):
    with standin(**configuration) as service:
        with pytest.raises(botocore.exceptions.ClientError) as raised:
            service.client().submit_job(**request("a"))
        assert (raised.value.response["ResponseMetadata"]["HTTPStatusCode"], code(raised)) == expected
        assert service.verdict()["taken"] == ("error_after" in configuration)


def test_tags_that_are_denied_can_be_left_out():
    with standin(deny_tags=True) as service:
        with pytest.raises(botocore.exceptions.ClientError, match="batch:TagResource"):
            service.client().submit_job(**request("a"))
        untagged = request("a", jobName="261122-161507-k3f7_a_1")
        del untagged["tags"]
        service.client().submit_job(**untagged)
        assert service.jobs().keys() == {"a"}


def test_terminating_several_can_be_absent():
    with standin(absent=["TerminateJobs"], run_s=60, terminate_s=0) as service:
        batch = service.client()
        job_id = batch.submit_job(**request("a"))["jobId"]
        with pytest.raises(botocore.exceptions.ClientError) as raised:
            batch.terminate_jobs(jobs=[job_id], reason="enough")
        assert code(raised) == "UnknownOperationException"
        batch.terminate_job(jobId=job_id, reason="enough")
        assert service.jobs()["a"]["status"] == "FAILED"


def test_logs_are_there_once_a_job_runs_unless_they_are_denied():
    with standin(run_s=60, start_s=0, slots=1, logs={"a": ["hello", "world"]}) as service:
        batch, logs = service.client(), service.client("logs")
        ids = [batch.submit_job(**request(label))["jobId"] for label in "ab"]
        where = {"logGroupName": "/aws/batch/job", "logStreamName": f"a/default/{ids[0]}"}
        page = logs.get_log_events(**where, startFromHead=True, limit=1)
        assert [one["message"] for one in page["events"]] == ["hello"]
        page = logs.get_log_events(**where, nextToken=page["nextForwardToken"])
        assert [one["message"] for one in page["events"]] == ["world"]
        assert logs.get_log_events(**where, nextToken=page["nextForwardToken"])["events"] == []
        for other in ({"logStreamName": f"b/default/{ids[1]}"}, {"logGroupName": "another"}, {"logStreamName": "x"}):
            with pytest.raises(botocore.exceptions.ClientError) as raised:
                logs.get_log_events(**{**where, **other})
            assert code(raised) == "ResourceNotFoundException"
        service.configure(deny=["GetLogEvents"])
        with pytest.raises(botocore.exceptions.ClientError, match="logs:GetLogEvents") as raised:
            logs.get_log_events(**where)
        assert code(raised) == "AccessDeniedException"


def test_a_running_server_is_configured_and_made_to_forget_and_to_finish():
    with standin(run_s=60, slots=0) as service:
        batch = service.client()
        job_id = batch.submit_job(**request("a"))["jobId"]
        assert service.jobs()["a"]["status"] == "RUNNABLE"
        service.configure(slots=None, run_s=0, start_s=0)
        assert service.jobs()["a"]["status"] == "SUCCEEDED"
        service.forget("a")
        assert batch.describe_jobs(jobs=[job_id])["jobs"] == []
        service.configure(run_s=60)
        batch.submit_job(**request("c"))
        service.configure(run_s=0)
        assert service.jobs()["c"]["status"] == "RUNNING"
        service.finish("c")
        assert service.jobs()["c"]["status"] == "SUCCEEDED"
        with pytest.raises(urllib.error.HTTPError):
            service.configure(nonsense=1)
        assert [one["jobName"] for one in service.asked("submitjob")] == ["run_a_1", "run_c_1"]
        service.configure(keep_bodies=False)
        batch.submit_job(**request("b"))
        assert len(service.asked("submitjob")) == 2
        assert len(service.verdict(times=True)["taken_at"]) == 3


def test_latency_is_waited_for_by_each_call_on_its_own(monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    with serve({"latency_s": 0.3}) as server:
        threading.Thread(target=server.serve_forever).start()
        batch = StandIn(server.server_port).client()
        for label in "ab":
            batch.submit_job(**request(label))
        batch.close()
        server.shutdown()
    assert waits.count(0.3) == 2


def test_an_operation_may_be_refused_with_any_error_or_answered_by_something_on_the_way():
    world = Simulated(refuse={"ListJobs": [418, "Teapot", "short"], "*": [400, "Other", "stout"]})
    assert world.service.answer("listjobs", {}).content == {"__type": "Teapot", "message": "short"}
    assert world.service.answer("DescribeJobs", {}).status == 400
    world.service.configure({"refuse": {}, "pages": {"DescribeJobs": [302, "text/html", "<p>"]}})
    page = world.service.answer("DescribeJobs", {}).page
    assert page
    assert (page[0], page[2]) == (302, "<p>")
    assert world.service.answer("DescribeJobQueues", {}).page is None
    assert world.service.judge()["calls"]["describejobs"] == 2


def test_a_role_can_be_assumed_for_as_long_as_is_configured():
    with standin(role_session_s=300) as service:
        given = service.client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="me")
    left = given["Credentials"]["Expiration"].timestamp() - time.time()
    assert 0 < left < 300


def test_a_key_expires_after_so_many_jobs_or_after_an_operation():
    world = Simulated(expire_keys={"OLD": 1, "ONCE": "ListJobs"})

    def status(key, operation="ListJobs"):
        return world.service.answer(operation, {"jobQueue": "a_queue"}, access_key=key).status

    assert (status("OLD"), status("ONCE", "DescribeJobs"), status("ONCE"), status("ONCE")) == (200, 200, 200, 403)
    world.submit("a")
    assert (status("OLD"), status("OTHER"), status(None)) == (403, 200, 200)


def test_each_mfa_code_opens_one_session():
    world = Simulated(mfa_codes=["111111"], role_session_s=60)
    form = {"RoleArn": "arn:aws:iam::1:role/r", "SerialNumber": "device", "TokenCode": "111111"}
    session = world.ask("AssumeRole", **form)["Credentials"]
    assert (session["AccessKeyId"], session["Expiration"]) == ("ASIASESSION1", "2025-06-15T15:07:40Z")
    with pytest.raises(RefusedError, match="invalid MFA one time pass code"):
        world.ask("AssumeRole", **form)
    del form["SerialNumber"]
    assert world.ask("AssumeRole", **form)["Credentials"]["AccessKeyId"] == "ASIASESSION2"
