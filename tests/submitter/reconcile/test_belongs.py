"""Which job on the service is the one that a journal says it is."""

import pytest

from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import TAG_PLAN, JobId, RunId
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.reconcile.belongs import is_of_run
from kedro_batch.submitter.service.api import JobDetail

_DIGEST = PlanDigest("sha256:1")


@pytest.mark.parametrize(
    ("name", "tags", "belongs"),
    [
        ("nightly_train_2", {TAG_PLAN: _DIGEST}, True),
        ("nightly_train_2", {}, True),
        ("nightly_train_2", {"team": "data"}, True),
        ("nightly_train_2", {TAG_PLAN: "sha256:2"}, False),
        ("nightly_train_1", {TAG_PLAN: _DIGEST}, False),
        ("nightly_train-2_2", {TAG_PLAN: _DIGEST}, False),
        ("nightly-2_train_2", {}, False),
        ("payroll", {}, False),
    ],
)
def test_a_job_is_of_a_run_by_its_name_and_its_tag(name: str, tags: dict[str, str], *, belongs: bool) -> None:
    detail = JobDetail(job_id=JobId("1"), name=name, state=JobState.RUNNING, tags=tags)
    assert is_of_run(detail, RunId("nightly"), JobName("train"), 2, _DIGEST) is belongs
