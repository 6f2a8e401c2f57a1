"""Judge whether a job on the service is the one that a journal says it is. Pure.

A journal may come from anywhere: with a repository, from a colleague, from an older run of the same id. So nothing is
adopted, believed or terminated because of an id in it alone, as long as the service still knows the job.
"""

from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import TAG_PLAN, RunId, parsed_job_name
from kedro_batch.submitter.service.api import JobDetail
from kedro_batch.text.escaping import one_line

_DIGEST_LENGTH = 71
"""Of sha256: and 64 hexadecimal digits."""


def is_of_run(detail: JobDetail, run_id: RunId, digest: PlanDigest) -> bool:
    """True if a job of a DescribeJobs reply is one of a run, whichever.

    Args:
        detail: The job as the service has it.
        run_id: The run.
        digest: The digest of the run's first plan. A job without our tags (``submit_tags: false``) has its name alone.
    """
    named = parsed_job_name(detail.name)
    return named is not None and named[0] == run_id and detail.tags.get(TAG_PLAN, digest) == digest


def digest_in(detail: JobDetail) -> PlanDigest:
    """Return the digest of its run's first plan, from a job's tag; empty without our tags."""
    return PlanDigest(detail.tags.get(TAG_PLAN, ""))


def shown_digest(digest: str) -> str:
    """Return a digest from a tag, which anybody may have written."""
    return one_line(digest, _DIGEST_LENGTH)


def is_submission(detail: JobDetail, run_id: RunId, digest: PlanDigest, job: JobName, submission: int) -> bool:
    """True if a job of a DescribeJobs reply is this submission of a job of a run, or stands for it.

    An older submission may stand for a newer one, which was terminated in its favour.
    """
    named = parsed_job_name(detail.name)
    return is_of_run(detail, run_id, digest) and named is not None and named[1] == job and named[2] <= submission
