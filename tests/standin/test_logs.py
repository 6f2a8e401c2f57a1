"""What the stand-in says of logs: pages, backwards and forwards, and what comes late."""

import pytest

from tests.standin.simulated import Simulated
from tests.support.standin.limits import RefusedError

GROUP = "/aws/batch/job"


def world(**configuration):
    made = Simulated(run_s=60, **configuration)
    made.submit("a")
    return made


def page(service, token=None, **more):
    stream = f"a/default/{service.ids['a']}"
    further = {"nextToken": token} if token else {}
    return service.ask("GetLogEvents", logGroupName=GROUP, logStreamName=stream, **further, **more)


def lines(reply):
    return [one["message"] for one in reply["events"]]


def test_pages_lead_backwards_to_the_beginning_where_the_token_stays_the_same():
    service = world(logs={"a": list("12345")})
    last = page(service, limit=2)
    middle = page(service, last["nextBackwardToken"], limit=2)
    first = page(service, middle["nextBackwardToken"], limit=2)
    none = page(service, first["nextBackwardToken"], limit=2)
    assert [lines(one) for one in (last, middle, first, none)] == [["4", "5"], ["2", "3"], ["1"], []]
    assert none["nextBackwardToken"] == first["nextBackwardToken"]


def test_empty_pages_come_before_those_with_lines():
    service = world(logs={"a": list("12")}, log_empty_pages=2)
    reply, seen = page(service), []
    for _ in range(3):
        seen.append(lines(reply))
        reply = page(service, reply["nextBackwardToken"])
    assert seen == [[], [], ["1", "2"]]
    assert lines(reply) == []


def test_a_stream_can_be_missing_for_some_looks_lack_its_end_for_some_and_be_empty():
    service = world(logs={"a": list("123")}, log_missing={"a": 1}, log_late={"a": [2, 1]})
    with pytest.raises(RefusedError, match="stream"):
        page(service)
    assert [lines(page(service)) for _ in range(2)] == [["1", "2"], ["1", "2", "3"]]
    service.service.configure({"logs": {"a": []}})
    assert lines(page(service)) == []


def test_with_another_log_driver_no_job_has_a_stream():
    service = world(log_driver="splunk")
    service.states(at=1)
    container = service.described("a")["container"]
    assert container["logConfiguration"]["logDriver"] == "splunk"
    assert "logStreamName" not in container


def test_an_operation_can_be_refused_with_any_words():
    service = world(refuse_reasons={"GetLogEvents": "not today"})
    with pytest.raises(RefusedError, match="not today"):
        page(service)
