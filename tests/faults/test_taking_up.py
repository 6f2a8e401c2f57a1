"""Runs that are taken up where two processes were at work, ListJobs is late, or AWS Batch has forgotten jobs."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kedro_batch.plan.data_version import make_data_version
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.reconcile.duplicates import reason_to_terminate
from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.runs import end_of, started, wait_until
from tests.support.services import StandIn, standin
from tests.support.simulation import Simulation, plan_of

CHAIN = {"b": "a", "c": "b"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a plan, and no journal."""
    write_plan(tmp_path, {name: ["x"] for name in "abc"}, CHAIN)
    return tmp_path


_NOW = datetime.now(UTC)


def submit(service: StandIn, name: str, *, days_ago: float = 0, parents: tuple[JobId, ...] = ()) -> JobId:
    """Submit a job as another machine does, of a run that was begun so long ago."""
    version = make_data_version(_NOW - timedelta(days=days_ago))
    reply = service.client().submit_job(
        jobName=name,
        jobQueue="a_queue",
        jobDefinition="a_definition",
        dependsOn=[{"jobId": one} for one in parents],
        containerOverrides={"command": ["x"], "environment": [{"name": "KEDRO_BATCH_VERSION", "value": version}]},
    )
    return JobId(reply["jobId"])


def names(service: StandIn) -> list[str]:
    return [one["jobName"] for one in service.asked("submitjob")]


def test_a_node_whose_two_jobs_were_each_ended_for_the_other_is_submitted_again(folder):
    with standin(durations={"a": 3600.0}) as service:
        one, other = submit(service, "r_a_1"), submit(service, "r_a_1")
        waits = submit(service, "r_b_1", parents=(one,))
        for job_id, kept in ((one, other), (other, one), (waits, None)):
            service.client().terminate_job(jobId=job_id, reason=reason_to_terminate(kept))
        wait_until(lambda: all(job["status"] == "FAILED" for job in service.jobs().values()))
        service.configure(durations={})
        ended = on(service, "apply", "plan.yaml", "--run-id", "r", cwd=folder)
        assert ended.code == 0, ended.err
        assert names(service) == ["r_a_1", "r_a_1", "r_b_1", "r_a_2", "r_b_2", "r_c_1"]


def test_the_second_job_of_a_lost_reply_is_ended_also_if_list_jobs_shows_both_later_than_they_are_waited_for(tmp_path):
    plan = plan_of({"a": ""})
    simulation = Simulation(tmp_path, plan, submit_fault="reply_lost", list_delay_s=20.0, run_s=60.0)
    simulation.calls.at(1, partial(simulation.service.configure, {"submit_fault": None}))
    assert simulation.to_the_end().outcome == "succeeded"
    # Nothing goes on after it has said so.
    assert [job.status.value for job in simulation.service.jobs.by_id.values()] == ["SUCCEEDED", "FAILED"]
    notices = [one.event for one in simulation.happened if isinstance(one.event, Notice)]
    assert [one.job for one in notices if one.kind is NoticeKind.DUPLICATE] == ["a"]


def test_a_run_has_not_succeeded_while_a_second_job_of_a_node_goes_on_that_does_not_end(tmp_path):
    plan = plan_of({"a": ""})
    trouble: dict[str, Any] = {"submit_fault": "reply_lost", "list_delay_s": 20.0, "terminate_s": 9000.0}
    simulation = Simulation(tmp_path, plan, run_s=300.0, **trouble)
    simulation.calls.at(10, partial(simulation.service.configure, {"submit_fault": None, "run_s": 9000.0}))
    finished = simulation.to_the_end()
    first, second = simulation.service.jobs.by_id.values()
    assert (first.status.value, second.status.value) == ("SUCCEEDED", "RUNNING")
    assert finished.outcome == "unfinished"
    assert finished.note == (
        f"a second job of one node goes on: {second.id}. Once it can be terminated: kedro-batch resume simulated"
        f" --journal {tmp_path / 'journal.db'}"
    )


@pytest.mark.parametrize(
    ("name", "days_ago", "command"),
    [
        ("r_b_2", 0, ("apply", "plan.yaml", "--run-id", "r")),  # the first submission was forgotten
        ("r_b_1", 2, ("resume", "r", "--plan", "plan.yaml")),  # the run is older than this job
    ],
)
def test_without_the_journal_nobody_guesses_what_became_of_jobs_that_may_have_been_forgotten(
    folder, name, days_ago, command
):
    with standin(durations={"b": 3600.0}, stuck={"b": "no capacity"}) as service:
        submit(service, name, days_ago=days_ago)
        refused = on(service, *command, cwd=folder)
        assert refused.code == 8, refused.err
        assert "AWS Batch no longer knows what became of a, c" in refused.err
        assert "kedro-batch resume r --plan PLAN --assume-done FILE" in refused.err
        assert names(service) == [name]
        (folder / "done").write_text("a\n")
        service.configure(stuck={}, durations={})
        ended = on(service, "resume", "r", "--plan", "plan.yaml", "--assume-done", "done", cwd=folder)
        assert ended.code == 0, ended.err
        assert names(service) == [name, "r_c_2"]


def test_a_job_that_was_started_proves_those_above_it(folder):
    with standin(durations={"c": 3600.0}) as service:
        submit(service, "r_c_2", days_ago=2)
        wait_until(lambda: service.jobs()["c"]["status"] == "RUNNING")
        service.finish("c")
        ended = on(service, "apply", "plan.yaml", "--run-id", "r", cwd=folder)
        assert ended.code == 0, ended.err
        assert names(service) == ["r_c_2"]


def test_a_chosen_id_that_looks_like_a_made_one_is_no_proof_of_age(folder):
    with standin() as service:
        ended = on(service, "apply", "plan.yaml", "--run-id", "251128-000000-ci", cwd=folder)
        assert ended.code == 0, ended.err
        assert len(names(service)) == 3


def test_a_file_that_says_of_no_forgotten_job_that_it_is_done_lets_them_run_again(folder):
    with standin(stuck={"b": "no capacity"}) as service:  # were it started, it would prove that a has succeeded
        submit(service, "r_b_2")
        (folder / "done").write_text("# none of them\n")
        with started("resume", "r", "--plan", "plan.yaml", "--assume-done", "done", cwd=folder, service=service) as run:
            wait_until(lambda: len(names(service)) == 3, run)
            service.configure(stuck={})
            assert end_of(run).code == 0
        assert sorted(names(service)) == ["r_a_2", "r_b_2", "r_c_2"]
