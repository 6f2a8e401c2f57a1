"""Find added jobs that run where no job ran before: two plans come in, risks go out. Pure."""

import json
from collections.abc import Iterator

from kedro_batch.plan.model import Job, Plan
from kedro_batch.plan.settings import JobDefinition
from kedro_batch.review.diff.model import Risk, RiskKind


class NewTargets:
    """The queues and job definitions that jobs had before, to compare those of added jobs with them."""

    def __init__(self, old: Plan, new: Plan) -> None:
        """Compare the definitions that the plans declare: one that only has another name is none that is new."""
        declared = {_content(one) for one in old.job_definitions.values()}
        renamed = {name for name, one in new.job_definitions.items() if _content(one) in declared}
        self._queues = {job.settings.job_queue for job in old.jobs}
        self._definitions = renamed | {job.settings.job_definition for job in old.jobs}

    def find(self, job: Job) -> Iterator[Risk]:
        """Find the queue and the definition of an added job that no job had before. A first plan has nothing new."""
        if self._queues and job.settings.job_queue not in self._queues:
            yield Risk(kind=RiskKind.QUEUE_CHANGED, job=job.name, after=job.settings.job_queue)
        if self._queues and job.settings.job_definition not in self._definitions:
            yield Risk(kind=RiskKind.DEFINITION_CHANGED, job=job.name, after=job.settings.job_definition)


def _content(definition: JobDefinition) -> str:
    return json.dumps(definition.to_dict(), sort_keys=True)
