"""What a look at a run on the service has seen counts, however late or briefly the service shows it."""

from contextlib import closing, nullcontext
from functools import partial
from typing import Any

import pytest

from kedro_batch.errors import RunUnknown
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.events import JobSubmitted
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.run_options import RunMode, RunOptions
from tests.support.simulation import Simulation, plan_of
from tests.support.standin.jobs import Status

_VERSION = DataVersion("2026-11-22T16.15.07.123Z")


def _submitted_elsewhere(simulation: Simulation, job: str) -> JobId:
    request: dict[str, Any] = {
        "jobName": f"simulated_{job}_1",
        "jobQueue": "a_queue",
        "jobDefinition": "a_definition",
        "containerOverrides": {"environment": [{"name": "KEDRO_BATCH_VERSION", "value": _VERSION}]},
    }
    return JobId(simulation.service.answer("SubmitJob", request).content["jobId"])


def test_a_job_that_is_forgotten_between_two_lists_of_one_look_is_not_submitted_again(tmp_path):
    """The machine slept between them, for days."""
    simulation = Simulation(tmp_path, plan_of({"a": ""}), options=RunOptions(mode=RunMode.CONTINUE), run_s=0.1)
    _submitted_elsewhere(simulation, "a")
    simulation.calls.at(1.0, partial(simulation.service.configure, {"vanish": ["a"]}))
    assert simulation.to_the_end().counts == {"SUCCEEDED": 1}
    assert simulation.service.judge()["taken"] == 1


@pytest.mark.parametrize("mode", [RunMode.RESUME, RunMode.FOLLOW])
def test_a_journal_that_has_a_run_without_any_job_of_it_does_not_make_it_a_new_one(tmp_path, mode):
    """As one of a machine that has tried to cancel the run after AWS Batch had forgotten all of it."""
    simulation = Simulation(tmp_path, plan_of({"a": ""}), options=RunOptions(mode=mode))
    with pytest.raises(RunUnknown, match="no job of run simulated is in a_queue"):
        simulation.to_the_end()
    assert simulation.service.judge()["taken"] == 0


@pytest.mark.parametrize("mode", [RunMode.CONTINUE, RunMode.RESUME])
@pytest.mark.parametrize(
    ("version", "is_new"), [("2025-06-13T15.06.40.000Z", False), ("2025-06-15T15.00.00.000Z", True)]
)
def test_a_journal_that_has_only_an_old_version_of_a_run_does_not_make_it_a_new_one(tmp_path, mode, version, is_new):
    """A process was killed that had found jobs of another machine: AWS Batch has forgotten them since."""
    plan, run_id = plan_of({"a": ""}), RunId("simulated")
    with closing(Journal(tmp_path / "journal.db")) as journal:
        journal.begin(RunEntry(run=run_id, digest=plan_digest(plan), engine="aws", jobs=1, began_at=0.0), b"")
        journal.record_version(run_id, DataVersion(version))
        journal.commit()
    simulation = Simulation(tmp_path, plan, options=RunOptions(mode=mode))
    with nullcontext() if is_new else pytest.raises(RunUnknown, match="it was more than a day ago"):
        simulation.to_the_end()
    assert simulation.service.judge()["taken"] == is_new


@pytest.mark.parametrize("mode", [RunMode.CONTINUE, RunMode.RESUME])
def test_the_version_of_a_run_is_found_where_describe_jobs_is_later_than_list_jobs(tmp_path, mode):
    options = RunOptions(mode=mode)
    simulation = Simulation(tmp_path, plan_of({"a": "", "b": "a"}), options=options, run_s=60, describe_delay_s=25)
    _submitted_elsewhere(simulation, "a")
    assert simulation.to_the_end().counts == {"SUCCEEDED": 2}
    (b,) = simulation.service.jobs.by_label["b"]
    assert {"name": "KEDRO_BATCH_VERSION", "value": _VERSION} in b.request["containerOverrides"]["environment"]


def test_an_id_that_stands_only_in_the_events_of_the_journal_counts_as_a_copy(tmp_path):
    """The row of a submission has its last id: the job of an earlier one may run beside it, not listed yet."""
    options = RunOptions(mode=RunMode.CONTINUE)
    simulation = Simulation(tmp_path, plan_of({"a": ""}), options=options, run_s=300, list_delay_s=1000)
    first, second = (_submitted_elsewhere(simulation, "a") for _ in range(2))
    for job_id in (first, second):
        event = JobSubmitted(job=JobName("a"), job_id=job_id, submission=1, adopted=True)
        simulation.journal.record(RunId("simulated"), event, simulation.calls.wall())
    simulation.journal.commit()
    assert simulation.to_the_end().counts == {"SUCCEEDED": 1}
    became = {one.id: one.status for one in simulation.service.jobs.by_label["a"]}
    kept, dropped = sorted((first, second))  # created in one millisecond, so that their ids decide
    assert became == {kept: Status.SUCCEEDED, dropped: Status.FAILED}
