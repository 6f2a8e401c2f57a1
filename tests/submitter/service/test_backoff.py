from collections.abc import Mapping
from typing import Any

import pytest

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.submitter.events import EngineName, Event, Notice, NoticeKind
from kedro_batch.submitter.service.backoff import Backoff
from kedro_batch.submitter.service.call_pool import Lane

PASSING = [Fault.THROTTLED, Fault.UNREACHABLE, Fault.CREDENTIALS, Fault.AMBIGUOUS]


class Renewing:
    """An engine that counts how often it has looked for credentials anew, and is asked for nothing else."""

    name: EngineName = "aws"
    location: Mapping[str, str] = {}
    renewals = 0

    def renew(self) -> None:
        self.renewals += 1

    def renew_here(self, error: ServiceError) -> bool:  # noqa: ARG002  as all engines are called
        return False

    def __getattr__(self, name: str) -> Any:
        raise NotImplementedError(name)


def backoff(limit_s: float = 3600) -> tuple[Backoff, list[Event], Renewing]:
    told: list[Event] = []
    engine = Renewing()
    return Backoff(engine, told.append, limit_s, lambda: 0.0), told, engine


def error(fault: Fault = Fault.UNREACHABLE) -> ServiceError:
    return ServiceError("no connection", fault=fault)


@pytest.mark.parametrize("fault", [Fault.DENIED, Fault.REFUSED, Fault.SETTINGS])
def test_what_waiting_does_not_mend_is_raised_at_once(fault):
    waiting, told, _ = backoff()
    with pytest.raises(ServiceError, match=r"^no connection$") as raised:
        waiting.on_failure(Lane.DESCRIBE, error(fault), 0.0)
    assert raised.value.fault is fault
    assert told == []


@pytest.mark.parametrize("fault", PASSING)
def test_tries_come_after_1_2_4_and_so_on_to_30_seconds(fault):
    waiting, _, _ = backoff()
    now, pauses = 0.0, []
    for _ in range(8):
        waiting.on_failure(Lane.DESCRIBE, error(fault), now)
        pauses.append(waiting.retry_at(Lane.DESCRIBE) - now)
        now = waiting.retry_at(Lane.DESCRIBE)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]


def test_calls_that_fail_together_are_one_failure():
    waiting, _, engine = backoff()
    for at in (0.0, 0.1, 0.5):
        waiting.on_failure(Lane.DESCRIBE, error(Fault.CREDENTIALS), at)
    assert (waiting.retry_at(Lane.DESCRIBE), engine.renewals) == (1.0, 1)
    waiting.on_failure(Lane.DESCRIBE, error(Fault.CREDENTIALS), 1.0)
    assert (waiting.retry_at(Lane.DESCRIBE), engine.renewals) == (3.0, 2)


@pytest.mark.parametrize("fault", [Fault.UNREACHABLE, Fault.THROTTLED, Fault.AMBIGUOUS])
def test_only_expired_credentials_are_looked_for_anew(fault):
    waiting, _, engine = backoff()
    waiting.on_failure(Lane.DESCRIBE, error(fault), 0.0)
    assert engine.renewals == 0


def test_trouble_is_told_once_and_its_end_too():
    waiting, told, _ = backoff()
    waiting.jobs_go_on = True
    waiting.on_success(Lane.DESCRIBE)
    assert told == []
    for at in (0.0, 1.0, 3.0):
        waiting.on_failure(Lane.DESCRIBE, error(), at)
    waiting.on_success(Lane.DESCRIBE)
    waiting.on_success(Lane.DESCRIBE)
    waiting.on_failure(Lane.DESCRIBE, error(), 100.0)
    assert told == [
        Notice(kind=NoticeKind.TROUBLE, message=TROUBLE),
        Notice(kind=NoticeKind.RECOVERED, message="AWS Batch answers again"),
        Notice(kind=NoticeKind.TROUBLE, message=TROUBLE),
    ]


def test_trouble_is_told_again_where_there_is_something_else_to_do_about_it():
    def failing(remedy: str, fault: Fault = Fault.UNREACHABLE) -> ServiceError:
        return ServiceError("it failed", fault=fault, remedy=remedy)

    waiting, told, _ = backoff()
    network, login = failing("Check the network"), failing("Log in again", Fault.CREDENTIALS)
    for at, (lane, one) in enumerate(
        [
            (Lane.DESCRIBE, network),
            (Lane.LIST, network),  # the same on another lane
            (Lane.DESCRIBE, login),  # the machine slept, and is on the network again
            (Lane.LIST, login),
            (Lane.DESCRIBE, network),
            (Lane.DESCRIBE, failing("")),
        ]
    ):
        waiting.on_failure(lane, one, float(at))
    waiting.on_success(Lane.DESCRIBE)
    waiting.on_failure(Lane.DESCRIBE, login, 10.0)  # the other lane is in trouble all the time
    waiting.on_success(Lane.LIST)
    waiting.on_success(Lane.DESCRIBE)
    waiting.on_failure(Lane.DESCRIBE, login, 20.0)
    again = "Trying again for up to 1 h 0 min"
    log_in = f"it failed. Log in again. Do that in another terminal: this goes on by itself then. {again}"
    assert [one.message for one in told if isinstance(one, Notice)] == [
        f"it failed. Check the network. {again}",
        log_in,
        "AWS Batch answers again; credentials work again",
        log_in,
    ]


def test_what_is_over_is_said_of_what_has_failed():
    waiting, told, _ = backoff()
    asleep = ServiceError("no connection", fault=Fault.UNREACHABLE, service="CloudWatch Logs", remedy="Check it")
    slow = ServiceError("the clock", fault=Fault.CREDENTIALS, of_clock=True, service="AWS STS", remedy="Set it")
    for one in (asleep, slow, error(Fault.CREDENTIALS)):
        waiting.on_failure(Lane.LOG, one, 0.0)
        waiting.on_success(Lane.LOG)
    said = [one.message for one in told if isinstance(one, Notice) and one.kind is NoticeKind.RECOVERED]
    assert said == ["CloudWatch Logs answers again", "AWS STS answers again", "credentials work again"]


TROUBLE = "no connection. Trying again for up to 1 h 0 min; jobs on AWS Batch go on meanwhile"


def test_nothing_is_said_of_jobs_before_there_are_some_and_what_the_caller_tells_is_not_told_again():
    waiting, told, _ = backoff()
    waiting.on_failure(Lane.SUBMIT, error(Fault.AMBIGUOUS), 0.0, quiet=True)
    waiting.on_success(Lane.SUBMIT)
    assert told == []
    waiting.on_failure(Lane.SUBMIT, error(), 0.0)
    said = "no connection. Trying again for up to 1 h 0 min"
    assert told == [Notice(kind=NoticeKind.TROUBLE, message=said)]


def limited(operation="DescribeJobs"):
    return ServiceError("too many", fault=Fault.THROTTLED, operation=operation)


def test_being_throttled_for_a_moment_is_no_trouble_worth_telling():
    waiting, told, _ = backoff()
    waiting.on_failure(Lane.DESCRIBE, limited(), 0.0)
    assert waiting.retry_at(Lane.DESCRIBE) == 1
    waiting.tell(9.9)
    waiting.on_success(Lane.DESCRIBE)
    assert (told, waiting.tell_at) == ([], float("inf"))
    waiting.on_failure(Lane.DESCRIBE, limited(), 10.0)
    waiting.on_failure(Lane.DESCRIBE, error(Fault.UNREACHABLE), 11.0)  # this is
    waiting.on_success(Lane.DESCRIBE)
    assert [one.kind for one in told if isinstance(one, Notice)] == [NoticeKind.TROUBLE, NoticeKind.RECOVERED]


def test_a_storm_is_told_after_10_seconds_and_then_every_30():
    waiting, told, _ = backoff()
    waiting.jobs_go_on = True
    now = 100.0
    waiting.on_failure(Lane.DESCRIBE, limited(), now)
    while now < 185:
        now = waiting.tell_at
        waiting.tell(now - 0.1)
        waiting.tell(now)
        waiting.on_failure(Lane.DESCRIBE, limited(), now)
    waiting.on_success(Lane.DESCRIBE)
    assert [one.message for one in told if isinstance(one, Notice)] == [
        f"AWS Batch limits DescribeJobs; jobs go on. No call has got through for {said}: trying again"
        for said in ("10 s", "40 s", "1 min 10 s", "1 min 40 s")
    ] + ["AWS Batch answers again"]


@pytest.mark.parametrize(
    ("to_submit", "said"),
    [
        (None, "jobs go on"),
        (True, "jobs go on, and more are submitted"),
        (False, "; jobs go on, and the others are submitted once a call gets through"),
    ],
)
def test_it_is_told_whether_jobs_are_submitted_meanwhile(to_submit, said):
    waiting, told, _ = backoff()
    waiting.jobs_go_on, waiting.to_submit = True, to_submit
    waiting.on_failure(Lane.DESCRIBE, limited(), 0.0)
    waiting.tell(10.0)
    (notice,) = told
    assert isinstance(notice, Notice)
    assert f"{said}. No call has got through for 10 s" in notice.message


def test_a_storm_of_submissions_is_over_with_each_one_that_gets_through():
    waiting, told, _ = backoff()
    for at in range(0, 100, 5):
        waiting.on_throttled(Lane.SUBMIT, limited("SubmitJob"), float(at))
        waiting.tell(float(at) + 4)
        waiting.on_success(Lane.SUBMIT)
    assert told == []
    waiting.on_throttled(Lane.SUBMIT, limited("SubmitJob"), 100.0)
    waiting.tell(110.0)
    (notice,) = told
    assert isinstance(notice, Notice)
    assert notice.message.startswith("AWS Batch limits SubmitJob. No call")


def test_credentials_that_look_wrong_are_waited_for_only_once_a_call_was_accepted():
    waiting, _, _ = backoff()
    wrong = ServiceError("unknown key", fault=Fault.CREDENTIALS, set_up_wrong=True)
    with pytest.raises(ServiceError, match="unknown key"):
        waiting.on_failure(Lane.DESCRIBE, wrong, 0.0)
    waiting.on_success(Lane.LIST)
    waiting.on_failure(Lane.DESCRIBE, wrong, 1.0)
    assert waiting.retry_at(Lane.DESCRIBE) == 2


class Failing(Renewing):
    """An engine that finds no credentials that it may use."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault

    def renew(self) -> None:
        raise ServiceError("there is half a file", fault=self.fault)


@pytest.mark.parametrize("fault", [Fault.SETTINGS, Fault.CREDENTIALS, Fault.UNREACHABLE])
def test_credentials_that_cannot_be_read_just_now_are_looked_for_again(fault):
    waiting = Backoff(Failing(fault), lambda _: None, 3600, lambda: 0.0)
    waiting.on_failure(Lane.DESCRIBE, error(Fault.CREDENTIALS), 0.0)
    assert waiting.retry_at(Lane.DESCRIBE) == 1


def test_new_credentials_that_lead_elsewhere_end_it():
    waiting = Backoff(Failing(Fault.REFUSED), lambda _: None, 3600, lambda: 0.0)
    with pytest.raises(ServiceError, match="there is half a file"):
        waiting.on_failure(Lane.DESCRIBE, error(Fault.CREDENTIALS), 0.0)


def test_after_success_the_next_failure_is_waited_for_shortly_again():
    waiting, _, _ = backoff()
    for at in (0.0, 1.0, 3.0):
        waiting.on_failure(Lane.DESCRIBE, error(), at)
    waiting.on_success(Lane.DESCRIBE)
    assert waiting.retry_at(Lane.DESCRIBE) == float("-inf")
    waiting.on_failure(Lane.DESCRIBE, error(), 50.0)
    assert waiting.retry_at(Lane.DESCRIBE) == 51


def test_in_the_end_trying_again_ends_with_how_long_it_lasted():
    waiting, _, _ = backoff(limit_s=60)
    waiting.on_failure(Lane.DESCRIBE, error(), 0.0)
    waiting.on_failure(Lane.DESCRIBE, error(), 60.0)
    with pytest.raises(ServiceError, match="no connection; this has lasted for 1 min 1 s") as raised:
        waiting.on_failure(Lane.DESCRIBE, error(), 61.0)
    assert raised.value.fault is Fault.UNREACHABLE


def test_one_kind_of_calls_that_works_does_not_end_the_trouble_of_another():
    waiting, told, _ = backoff(limit_s=60)
    for at in range(0, 60, 10):
        waiting.on_failure(Lane.LIST, error(), float(at))
        waiting.on_success(Lane.DESCRIBE)
        assert waiting.retry_at(Lane.DESCRIBE) == float("-inf")
    assert [one.kind for one in told if isinstance(one, Notice)] == [NoticeKind.TROUBLE]
    with pytest.raises(ServiceError, match="this has lasted for"):
        waiting.on_failure(Lane.LIST, error(), 61.0)
    waiting.on_success(Lane.LIST)
    assert [one.kind for one in told if isinstance(one, Notice)] == [NoticeKind.TROUBLE, NoticeKind.RECOVERED]
