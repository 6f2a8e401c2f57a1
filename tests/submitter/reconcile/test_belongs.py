"""Which job on the service is the one that a journal says it is."""

import pytest

from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import TAG_PLAN, JobId, RunId
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.reconcile.belongs import is_of_run, is_submission
from kedro_batch.submitter.service.api import JobDetail

_DIGEST = PlanDigest("sha256:1")


@pytest.mark.parametrize(
    ("name", "tags", "belongs", "is_it"),
    [
        ("nightly_train_2", {TAG_PLAN: _DIGEST}, True, True),
        ("nightly_train_2", {}, True, True),
        ("nightly_train_2", {"team": "data"}, True, True),
        ("nightly_train_2", {TAG_PLAN: "sha256:2"}, False, False),
        ("nightly_train_1", {TAG_PLAN: _DIGEST}, True, True),  # it may stand for a second one, ended in its favour
        ("nightly_train_3", {TAG_PLAN: _DIGEST}, True, False),
        ("nightly_train-2_2", {TAG_PLAN: _DIGEST}, True, False),
        ("nightly-2_train_2", {}, False, False),
        ("nightly_train_02", {}, False, False),
        ("payroll", {}, False, False),
    ],
)
def test_a_job_is_of_a_run_by_its_name_and_its_tag(
    name: str, tags: dict[str, str], *, belongs: bool, is_it: bool
) -> None:
    detail = JobDetail(job_id=JobId("1"), name=name, state=JobState.RUNNING, tags=tags)
    assert is_of_run(detail, RunId("nightly"), _DIGEST) is belongs
    assert is_submission(detail, RunId("nightly"), _DIGEST, JobName("train"), 2) is is_it
