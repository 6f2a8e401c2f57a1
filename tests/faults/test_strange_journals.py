"""What of a journal is believed: it may have come with a repository, or be older than what AWS Batch remembers."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kedro_batch.submitter.journal_view import read_journal
from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL, make_older, wait_until
from tests.support.services import StandIn, standin

CHAIN = {"b": "a", "c": "b"}
APPLY = ("apply", "plan.yaml", "--run-id", "r", "-q")


@pytest.fixture
def applied(tmp_path: Path) -> Path:
    """Give a folder whose journal says that a run of it has succeeded, on a service that is gone."""
    write_plan(tmp_path, {name: ["x"] for name in "abc"}, CHAIN)
    with standin() as service:
        assert on(service, *APPLY, cwd=tmp_path).code == 0
    return tmp_path


def rewrite(folder: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(folder / JOURNAL)) as connection, connection:
        assert connection.execute(statement, values).rowcount


def a_foreign_job(service: StandIn, name: str = "theirs") -> str:
    """Submit a job that is not this run's; it runs for an hour."""
    service.configure(durations={name: 3600.0})
    reply = service.client().submit_job(jobName=name, jobQueue="a_queue", jobDefinition="a_definition")
    wait_until(lambda: service.jobs()[name]["status"] == "RUNNING")
    return str(reply["jobId"])


def untouched(service: StandIn) -> bool:
    """True if nothing but the foreign job was submitted, and nothing was terminated."""
    ended = service.asked("terminatejob") or service.asked("terminatejobs")
    return len(service.asked("submitjob")) <= 1 and not ended


@pytest.mark.parametrize("command", [APPLY, ("resume", "r", "-q")])
def test_successes_that_aws_batch_should_know_and_does_not_know_are_refused(applied, command):
    with standin() as service:
        refused = on(service, *command, cwd=applied)
        assert untouched(service)
        assert refused.code == 2, refused.err
        for part in ("cannot be believed about run r", "a, submission 1, has succeeded, but AWS Batch knows no job "):
            assert part in refused.err
        # What it says can be done.
        another = str(Path(JOURNAL).with_name("r-again.db"))
        assert f"kedro-batch resume r --plan PLAN --journal {another}" in refused.err
        resumed = on(service, "resume", "r", "--plan", "plan.yaml", "--journal", another, cwd=applied)
        assert resumed.code == 8, resumed.err
        assert on(service, *APPLY, "--journal", another, cwd=applied).code == 0
        assert len(service.asked("submitjob")) == 3


@pytest.mark.parametrize(
    ("state", "command"), [("SUCCEEDED", APPLY), ("RUNNING", ("wait", "r", "-q")), ("LOST", ("resume", "r", "-q"))]
)
def test_the_id_of_another_job_is_neither_believed_nor_adopted_nor_terminated(applied, state, command):
    with standin() as service:
        foreign = a_foreign_job(service)
        rewrite(applied, "UPDATE submissions SET state = ?, job_id = ? WHERE job = 'a'", state, foreign)
        make_older(applied, 30 * 3600)
        refused = on(service, *command, cwd=applied)
        assert untouched(service)
        assert service.jobs()["theirs"]["status"] == "RUNNING"
    assert refused.code == 2, refused.err
    assert f"a, submission 1, has the id {foreign}, which is that of theirs" in refused.err


def test_successes_that_aws_batch_has_forgotten_are_believed_and_counted_in_one_line(applied):
    make_older(applied, 30 * 3600)
    with standin() as service:
        ended = on(service, "wait", "r", cwd=applied)
        assert untouched(service)
    assert ended.code == 0, ended.err
    assert ended.err.count("the journal alone says that 3 jobs of run r succeeded") == 1


def test_the_word_of_the_user_is_believed_again(tmp_path):
    write_plan(tmp_path, {name: ["x"] for name in "abc"}, CHAIN)
    with standin(fail={"b": 1}) as service:
        assert on(service, *APPLY, cwd=tmp_path).code == 6
        (tmp_path / "done").write_text("b\n")
        service.configure(fail={})
        assert on(service, "resume", "r", "--assume-done", "done", "-q", cwd=tmp_path).code == 0
        again = on(service, "resume", "r", "-q", cwd=tmp_path)
        assert again.code == 0, again.err
        assert [one["jobName"] for one in service.asked("submitjob")] == ["r_a_1", "r_b_1", "r_c_1", "r_c_2"]


def test_an_own_journal_is_believed_without_listing_and_when_its_jobs_show_late(tmp_path):
    write_plan(tmp_path, {name: ["x"] for name in "abc"}, CHAIN)
    with standin(list_delay_s=3600.0) as service:
        assert on(service, *APPLY, cwd=tmp_path).code == 0
        for command in (APPLY, ("resume", "r", "--no-adopt")):
            again = on(service, *command, cwd=tmp_path)
            assert (again.code, "the journal alone" in again.err) == (0, False), again.err
        assert len(service.asked("submitjob")) == 3
    with read_journal(tmp_path / JOURNAL) as journal:
        assert {one.state.value for one in journal.records(journal.runs()[0].run).values()} == {"SUCCEEDED"}
