"""A command that is refused before it has done anything leaves no journal where none was."""

import pytest

from kedro_batch.errors import RunUnknown, ServiceError, UsageError
from tests.support.forked import kedro_batch, on
from tests.support.plans import write_plan
from tests.support.services import StandIn, standin

JOURNALS = pytest.mark.parametrize("journal", [(), ("--journal", "a/b/journal.db")], ids=["usual", "named"])


@pytest.fixture(scope="module")
def service():
    with standin() as running:
        yield running


def refused(service: StandIn, folder, *words: str):
    """Run a command that is to leave a folder as it is, with a plan and nothing else."""
    write_plan(folder, {"a": ["x"]})
    before = sorted(folder.rglob("*"))
    ended = on(service, *words, cwd=folder)
    assert sorted(folder.rglob("*")) == before
    return ended


@JOURNALS
@pytest.mark.parametrize("words", [("wait",), ("wait", "--once", "--json"), ("cancel",), ("resume",)])
def test_a_mistyped_id_beside_a_plan_leaves_no_journal(service, tmp_path, words, journal):
    ended = refused(service, tmp_path, *words, "mistyped", "--plan", "plan.yaml", *journal)
    assert ended.code == RunUnknown.exit_code, ended.err
    again = on(service, "status", *journal, cwd=tmp_path)
    assert "there is no journal" in again.err


@JOURNALS
@pytest.mark.parametrize("words", [("wait", "r"), ("cancel", "r"), ("resume", "r"), ("apply",)])
def test_a_denied_call_before_anything_is_known_leaves_no_journal(service, tmp_path, words, journal):
    service.configure(deny=["ListJobs", "DescribeJobQueues", "DescribeJobDefinitions"])
    named = ("plan.yaml",) if words[0] == "apply" else ("--plan", "plan.yaml")
    ended = refused(service, tmp_path, *words, *named, *journal)
    service.configure(deny=[])
    assert ended.code == ServiceError.exit_code, ended.err


@JOURNALS
@pytest.mark.parametrize("where", [(), ("--local",)], ids=["aws", "local"])
def test_events_that_cannot_be_written_leave_no_journal(service, tmp_path, where, journal):
    ended = refused(service, tmp_path, "apply", "plan.yaml", "--events", "absent/x", *where, *journal)
    assert ended.code == UsageError.exit_code
    assert "cannot write the events to absent/x" in ended.err


def test_without_a_region_nothing_is_left(tmp_path):
    for words in (("wait", "r", "--plan", "plan.yaml"), ("apply", "plan.yaml")):
        write_plan(tmp_path, {"a": ["x"]})
        assert kedro_batch(*words, cwd=tmp_path).code == UsageError.exit_code
        assert [one.name for one in tmp_path.iterdir()] == ["plan.yaml"]


@pytest.mark.parametrize("words", [("status",), ("logs", "--run"), ("report",), ("wait",), ("cancel",), ("resume",)])
def test_a_run_that_the_journal_does_not_have_is_said_to_be_unknown_where_aws_batch_cannot_be_asked(tmp_path, words):
    write_plan(tmp_path, {"a": ["true"]})
    assert kedro_batch("apply", "plan.yaml", "--local", "--run-id", "r", "-q", cwd=tmp_path).code == 0
    ended = kedro_batch(*words, "zz", "--plan", "plan.yaml", cwd=tmp_path)
    assert (ended.code, ended.text) == (RunUnknown.exit_code, "")
    assert ended.err == (
        "Error: the journal .kedro-batch/journal.db has no run zz (see kedro-batch runs), and AWS Batch cannot be "
        "asked for it: cannot set up the client: there is no region. Set AWS_DEFAULT_REGION\n"
    )
