"""The run that a command shows: by its newest plan, with the queues of all its plans."""

import re
from contextlib import closing
from typing import Any

import pytest

from kedro_batch.cli.run_handle import open_named_run
from kedro_batch.cli.shown_run import find_shown_run
from kedro_batch.errors import RunUnknown, UsageError
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from tests.support.plans import write_plan

RUN = RunId("night-1")


def plan(folder, job, queue):
    settings: dict[str, Any] = {job: {"job_queue": queue}}
    return write_plan(folder, {job: ["x"]}, **settings).read_bytes()


@pytest.fixture
def file(tmp_path):
    """A journal with a run that went on with another plan."""
    first, second = plan(tmp_path, "a", "before"), plan(tmp_path, "b", "now")
    digests = [plan_digest(read_plan(one, "plan.yaml")) for one in (first, second)]
    with closing(Journal(tmp_path / "journal.db")) as journal:
        journal.begin(RunEntry(run=RUN, digest=digests[0], engine="aws", jobs=1, began_at=100.0), first)
        journal.add_plan(RUN, digests[1], second, jobs=1, at=103.0)
        journal.commit()
    return tmp_path / "journal.db"


def test_it_has_its_newest_plan_and_the_queues_of_all(file, tmp_path, capsys):
    for named in (None, plan(tmp_path, "a", "before"), plan(tmp_path, "b", "now")):
        found = find_shown_run(RUN, named and (named, "plan.yaml"), file, quiet=True)
        assert ([*found.names], {*found.queues}) == (["b"], {"before", "now"})
    assert find_shown_run("night", None, file, quiet=True).run_id == RUN
    assert not capsys.readouterr().err


def test_another_plan_is_refused_if_the_journal_has_the_run(file, tmp_path):
    other = plan(tmp_path, "c", "now"), "plan.yaml"
    told = re.escape("name a journal that does not have it: --journal FILE")
    with pytest.raises(UsageError, match=f"^plan.yaml is not the plan of run {RUN}: .*{told}$"):
        find_shown_run(RUN, other, file)
    (tmp_path / "empty.db").touch()
    for run, journal in (("night-2", file), (RUN, tmp_path / "none.db"), (RUN, tmp_path / "empty.db")):
        found = find_shown_run(run, other, journal)
        assert (found.entry, [*found.names], {*found.queues}) == (None, ["c"], {"now"})


@pytest.mark.parametrize(("journal", "refusal"), [("journal.db", RunUnknown), ("none.db", UsageError)])
def test_where_the_journal_does_not_have_the_run_its_plan_is_the_way_out_for_every_command(file, journal, refusal):
    told: list[str] = []
    for find in (
        lambda: find_shown_run("night-2", None, file.with_name(journal)),
        lambda: open_named_run("night-2", file.with_name(journal), None, quiet=True),
    ):
        with pytest.raises(refusal, match=r"name the plan of the run with --plan PLAN$") as refused:
            find()
        told.append(str(refused.value))
    assert told[0] == told[1]
