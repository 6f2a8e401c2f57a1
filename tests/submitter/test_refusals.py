"""What a refusal of SubmitJob is about, by its words."""

import pytest

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.submitter.refusals import Scope, scope_of
from tests.support.plans import a_job

FOR_FAIR_SHARE = (
    "Job with shareIdentifier or schedulingPriority can onlybe submitted to job queue with fair share scheduling "
    "policy."
)
JOB, UNKNOWN, ALL = Scope.JOB, Scope.UNKNOWN, Scope.ALL


@pytest.mark.parametrize(
    ("words", "scope"),
    [
        ("Container overrides or node overrides should not be set for Batch on EKS jobs.", JOB),
        ("shareIdentifier must be specified.", JOB),
        ("Either schedulingPriority in job definition or schedulingPriorityOverride should be specified.", JOB),
        (FOR_FAIR_SHARE, JOB),
        ("Error executing request, Exception : Job size must be less than 30 KiB, got 47 KiB, RequestId: 5b2a", JOB),
        ("Error executing request, Exception : Job name should match valid pattern, RequestId: 5b2a", UNKNOWN),
        ("Unable to substitute value. No parameter found for reference job_id", UNKNOWN),
        ("Dependency 5b2a does not exist", UNKNOWN),
        ("JobQueue memory not found", ALL),
        ("JobDefinition vcpus:3 not found", ALL),
        ("Provided name vcpus:x is not supported pattern[a-zA-Z_0-9-]{1,128}", ALL),
        ("Job Queue is attached to Compute Environment that can not run Jobs with capability EC2", ALL),
        ("User: arn:aws:iam::1:user/me is not authorized to perform: batch:SubmitJob", ALL),
        ("", ALL),
    ],
)
def test_the_words_tell_what_a_refusal_is_about(words, scope):
    job = a_job(job_queue="memory", job_definition="vcpus")
    assert scope_of(job, ServiceError("refused", objection=words)) is scope


def test_what_no_service_has_read_is_about_all():
    assert scope_of(a_job(), ServiceError("there is no region", fault=Fault.REFUSED)) is Scope.ALL
