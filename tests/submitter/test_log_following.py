"""Following logs on a virtual clock: nothing is lost, nothing is repeated, and it ends."""

from collections import Counter
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.model import JobName
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.batch_logs import BatchLogs, LogChoice
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.log_following import FollowPace, Log, OneLook, follow_logs
from kedro_batch.submitter.log_service import RecordedRun, RunListing
from kedro_batch.submitter.service import limits
from kedro_batch.submitter.service.api import job_detail
from tests.standin.simulated import Simulated
from tests.submitter.simulated_logs import EPOCH, asked
from tests.support.plans import write_plan

PACE = FollowPace(
    jobs_s=limits.LOG_JOBS_S,
    look_s=limits.LOG_LOOK_S,
    sweep_s=limits.LOG_SWEEP_S,
    again_s=limits.LOG_AGAIN_S,
    empty_s=limits.LOG_EMPTY_S,
)


class Followed:
    """Jobs on a simulated service, and what is shown of their logs."""

    def __init__(self, folder: Path, parents: dict[str, str], choice: LogChoice, **configuration) -> None:
        self.service = Simulated(**configuration)
        for job, above in parents.items():
            more = {"retryStrategy": {"attempts": 3}}
            self.service.submit(job, *above.split(), **more)
        self.asked, self.engine = asked(self.service)
        plan = read_plan(write_plan(folder, {job: ["x"] for job in parents}, parents).read_bytes(), "plan.yaml")
        self.recorded = dict.fromkeys(parents, JobState.SUBMITTED)
        self.logs = BatchLogs(plan, self.asked, self.read, choice)
        self.lines: dict[str, list[str]] = {job: [] for job in parents}
        self.told: list[str] = []

    def read(self) -> RecordedRun:
        """Return what the journal says: no more than the ids, unless another process follows the run, too."""
        return RecordedRun(
            submissions=[
                (JobName(job), JobRecord(state=state, job_id=JobId(self.service.ids[job]), intended_at=EPOCH))
                for job, state in self.recorded.items()
            ]
        )

    def show(self, place, events) -> None:
        self.lines[place.job] += [one.text for one in events]

    def tell(self, place, problem) -> None:
        self.told.append(f"{place.job}: {problem}")

    def follow(self) -> tuple[ServiceError, ...]:
        return follow_logs(self.logs, self.show, self.tell, self.asked, PACE)


def numbered(job: str, lines: int) -> list[str]:
    """Return lines, of which some are equal."""
    return [f"{job} {number - number % 2}" for number in range(lines)]


@pytest.mark.parametrize(
    ("lines", "configuration"),
    [
        (10_000, {}),
        (10_000, {"log_lag_s": 7.0, "log_page": 1000, "log_empty_pages": 2, "throttle_other": {"rate": 3, "burst": 3}}),
        (10_000, {"log_lag_s": 7.0, "log_rate": 5000.0, "run_s": 2.0}),
        (1_000, {"log_page": 100}),
        (1_000, {"log_empty_pages": 3, "log_page": 200}),
        (1_000, {"log_lag_s": 5.0}),
        (1_000, {"log_delay_s": 60.0}),
        (1_000, {"log_rate": 1e6, "log_page": 37}),  # all of one millisecond, so each line is there twice
        (1_000, {"log_endless": True, "log_lag_s": 4.0}),
        (1_000, {"throttle_other": {"rate": 0.5, "burst": 1}, "log_page": 100}),
    ],
    ids=str,
)
def test_no_line_is_lost_and_none_is_repeated(tmp_path, lines, configuration):
    said = numbered("a", lines)
    usual = {"run_s": 100.0, "log_rate": lines / 99, "logs": {"a": said}}
    run = Followed(tmp_path, {"a": ""}, LogChoice(), **{**usual, **configuration})
    assert run.follow() == ()
    assert Counter(run.lines["a"]) == Counter(said)
    if "log_lag_s" not in configuration:
        assert run.lines["a"] == said
    if "throttle_other" in configuration:
        assert run.engine.throttled


class Described(dict[str, Any]):
    """A job of a DescribeJobs reply, of which one can be told whether it is held."""

    __hash__ = object.__hash__  # type: ignore[assignment]  # mypy knows that a dict has no hash; this one gets one


def test_what_is_held_while_logs_are_followed_does_not_grow_with_the_jobs_that_have_ended(tmp_path, monkeypatch):
    names = [f"a{number}" for number in range(60)]
    run = Followed(tmp_path, dict.fromkeys(names, ""), LogChoice(), slots=5, run_s=40, fail={"a7": 1})
    replies, logs = WeakSet[Described](), WeakSet[Log]()
    ask, begin = run.engine.describe_jobs, run.logs.open
    most_logs = 0

    def describe(ids):
        some = [Described(one.reply) for one in ask(ids)]
        replies.update(some)
        return [job_detail(one) for one in some]

    def begun(place):
        nonlocal most_logs
        logs.add(log := begin(place))
        most_logs = max(most_logs, len(logs))
        return log

    def looked():
        found = look()
        assert not replies
        return found

    look = run.logs.look
    monkeypatch.setattr(run.engine, "describe_jobs", describe)
    monkeypatch.setattr(run.logs, "open", begun)
    monkeypatch.setattr(run.logs, "look", looked)
    assert run.follow() == ()
    assert {job: len(lines) for job, lines in run.lines.items()} == {**dict.fromkeys(names, 3), "a7": 9}
    assert most_logs <= 10  # those that run, and those that have just ended
    assert not logs


def test_a_service_that_repeats_no_token_is_not_asked_all_the_time(tmp_path):
    said = numbered("a", 10)
    run = Followed(tmp_path, {"a": ""}, LogChoice(), run_s=1000, log_rate=0.01, logs={"a": said}, log_endless=True)
    run.follow()
    assert run.lines["a"] == said
    assert run.service.service.verdict.calls["getlogevents"] < 3 * 1000


def test_a_token_alone_would_lose_lines_that_come_late(tmp_path):
    said = numbered("a", 1000)
    run = Followed(tmp_path, {"a": ""}, LogChoice(), run_s=20, log_rate=51, logs={"a": said}, log_lag_s=5)
    (stream,) = run.service.ids
    place = {"logGroupName": "/aws/batch/job", "logStreamName": f"{stream}/default/{run.service.ids[stream]}"}
    token: dict[str, str] = {}
    seen = 0
    for second in range(40):
        run.service.states(at=second)
        if second:
            reply = run.service.ask("GetLogEvents", **place, startFromHead=True, **token)
            token = {"nextToken": reply["nextForwardToken"]}
            seen += len(reply["events"])
    assert seen < 1000


def test_jobs_that_start_later_join_and_the_end_of_the_last_one_ends_it(tmp_path):
    logs = {job: numbered(job, 50) for job in "abc"}
    run = Followed(tmp_path, {"a": "", "b": "a", "c": "b"}, LogChoice(), run_s=30, log_rate=2, logs=logs, log_lag_s=3)
    assert run.follow() == ()
    assert {job: Counter(lines) for job, lines in run.lines.items()} == {job: Counter(logs[job]) for job in "abc"}


def test_what_is_below_a_failed_job_is_not_waited_for(tmp_path):
    run = Followed(tmp_path, {"a": "", "b": "a", "c": "b"}, LogChoice(), fail={"a": 1}, on_failed_parent="pend")
    run.follow()
    assert len(run.lines["a"]) == 9  # three attempts
    assert run.lines["b"] == run.lines["c"] == []


def test_a_job_that_is_tried_again_is_followed_on(tmp_path):
    run = Followed(tmp_path, {"a": ""}, LogChoice(), fail={"a": 1}, run_s=20)
    run.follow()
    assert run.lines["a"] == [f"line {n} of a" for n in (1, 2, 3)] * 3


class FollowedByOthers(Followed):
    """A run that a faster process follows, which writes down what it sees."""

    def read(self) -> RecordedRun:
        self.recorded = {job: JobState(state) for job, state in self.service.states(at=self.service.now).items()}
        return super().read()


def test_what_begins_and_ends_between_two_looks_is_shown_though_the_journal_knows_its_end(tmp_path):
    run = FollowedByOthers(tmp_path, {"a": "", "b": "a", "c": "b"}, LogChoice(), run_s=1, fail={"c": 1})
    run.follow()
    assert {job: len(lines) for job, lines in run.lines.items()} == {"a": 3, "b": 3, "c": 9}


def test_one_attempt_is_shown_if_that_is_wanted(tmp_path):
    run = Followed(tmp_path, {"a": ""}, LogChoice(attempt=2), fail={"a": 1}, run_s=20)
    run.follow()
    assert run.lines["a"] == [f"line {n} of a" for n in (1, 2, 3)]


def test_only_lines_since_a_time_are_shown(tmp_path):
    run = Followed(
        tmp_path, {"a": ""}, LogChoice(since=EPOCH + 50), run_s=100, log_rate=1, logs={"a": numbered("a", 90)}
    )
    run.follow()
    assert run.lines["a"] == numbered("a", 90)[50:]


def test_a_stream_that_never_comes_is_told(tmp_path):
    run = Followed(tmp_path, {"a": ""}, LogChoice(), log_missing={"a": 10_000}, run_s=5)
    assert run.follow() == ()
    (told,) = run.told
    assert told.startswith("a: CloudWatch Logs does not have its log (stream a/default/")


def test_a_log_group_that_is_gone_is_told(tmp_path):
    run = Followed(tmp_path, {"a": ""}, LogChoice(), run_s=5)
    run.service.service.config.log_group = "/team/jobs"
    run.logs.describe([JobName("a")])
    run.service.states(at=1)
    run.logs.look()
    run.service.service.config.log_group = "/other"
    works = list(run.logs.logs_of(JobName("a")))
    follow_logs(OneLook(works, run.logs.open), run.show, run.tell, run.asked, PACE)
    assert run.told == ["a: its log group /team/jobs does not exist, or was deleted"]


def test_a_log_that_may_not_be_read_ends_with_why(tmp_path):
    run = Followed(tmp_path, {"a": "", "b": ""}, LogChoice(), deny=["GetLogEvents"], run_s=5)
    (error,) = run.follow()
    assert "not authorized to perform: logs:GetLogEvents" in str(error)


def test_a_job_that_aws_batch_has_forgotten_is_not_waited_for(tmp_path):
    run = Followed(tmp_path, {"a": ""}, LogChoice(), run_s=1000)
    run.service.service.forget(["a"])
    run.follow()
    assert run.lines["a"] == []


def test_a_log_of_empty_pages_is_not_read_for_ever(tmp_path):
    run = Followed(tmp_path, {"a": ""}, LogChoice(), run_s=1, log_empty_pages=10**6)
    run.follow()
    assert run.told == ["a: its log is empty"]


def test_a_stream_that_comes_half_a_minute_after_its_job_has_ended_is_shown(tmp_path):
    run = Followed(tmp_path, {"a": ""}, LogChoice(), run_s=5, log_delay_s=35.0)
    run.follow()
    assert (run.lines["a"], run.told) == ([f"line {n} of a" for n in (1, 2, 3)], [])


def test_a_token_that_is_refused_again_and_again_ends_the_log(tmp_path, monkeypatch):
    run = Followed(tmp_path, {"a": ""}, LogChoice(), run_s=1, logs={"a": numbered("a", 100)}, log_page=10)
    log_page = run.engine.log_page

    def refusing(log, start_ms, token):
        if token:
            raise ServiceError("The specified nextToken is invalid", fault=Fault.REFUSED)
        return log_page(log, start_ms, token)

    monkeypatch.setattr(run.engine, "log_page", refusing)
    (error,) = run.follow()
    assert "nextToken is invalid" in str(error)
    assert run.lines["a"] == numbered("a", 10)


def test_a_job_that_no_plan_has_any_more_is_followed_to_its_end(tmp_path):
    run = Followed(tmp_path, {"a": "", "b": ""}, LogChoice(), run_s=20)
    plan = read_plan(write_plan(tmp_path, {"a": ["x"]}).read_bytes(), "plan.yaml")
    run.logs = BatchLogs(plan, run.asked, run.read)
    states = run.logs.states([JobName("b")])
    assert states == {"a": JobState.SUBMITTED, "b": JobState.RUNNING}
    run.logs.wanted = [JobName("b")]
    run.follow()
    assert (len(run.lines["b"]), run.lines["a"]) == (3, [])


def test_a_run_of_another_machine_is_listed_again_while_that_one_submits(tmp_path):
    run = Followed(tmp_path, {"a": ""}, LogChoice(), run_s=200, start_s=0)
    plan = read_plan(write_plan(tmp_path, {"a": ["x"], "b": ["x"]}).read_bytes(), "plan.yaml")
    listed = RunListing(run.asked, RunId("run"), {"a_queue"}, [job.name for job in plan.jobs])
    run.logs = BatchLogs(plan, run.asked, listed.read)
    run.lines["b"] = []
    show = run.show

    def show_and_submit(place, events):
        if "b" not in run.service.ids:
            run.service.submit("b")
        show(place, events)

    assert follow_logs(run.logs, show_and_submit, run.tell, run.asked, PACE) == ()
    assert {job: len(lines) for job, lines in run.lines.items()} == {"a": 3, "b": 3}
    assert run.service.service.verdict.calls["listjobs"] == 2


def test_of_a_run_of_another_machine_what_was_not_run_below_a_failure_has_not_failed(tmp_path):
    run = Followed(tmp_path, {"a": "", "b": "a", "c": "b"}, LogChoice(), fail={"a": 1})
    run.service.states(at=300)
    plan = read_plan((tmp_path / "plan.yaml").read_bytes(), "plan.yaml")
    listed = RunListing(run.asked, RunId("run"), {"a_queue"}, [job.name for job in plan.jobs])
    states = BatchLogs(plan, run.asked, listed.read).states()
    assert states == {"a": JobState.FAILED, "b": JobState.NOT_RUN, "c": JobState.NOT_RUN}
