"""Makes job names of node and group names: readable, legal on AWS Batch, different from each other."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JOB_NAME_LENGTH

_SHORT_SUFFIX = 8
_LONG_SUFFIX = 32
_NOTHING_LEFT = "job"


def job_names(labels: Mapping[str, str]) -> dict[str, JobName]:
    """Give everything that has a label its job name.

    Labels that become equal, or equal but for case (which ListJobs ignores), or too long, get a suffix made
    of a hash, which does not depend on the other labels.

    Args:
        labels: By what tells the jobs apart for ever, such as their nodes: the hash is made of it.
    """
    cleaned = {key: _clean(label) for key, label in labels.items()}
    taken = Counter(clean.lower() for clean in cleaned.values())
    made = {
        key: clean
        if taken[clean.lower()] == 1 and len(clean) <= JOB_NAME_LENGTH and clean != _NOTHING_LEFT
        else _with_suffix(key, clean)
        for key, clean in cleaned.items()
    }
    # A name may look just like another with its suffix: then both get longer ones.
    taken = Counter(job.lower() for job in made.values())
    return {
        key: JobName(job if taken[job.lower()] == 1 else _with_suffix(key, cleaned[key], _LONG_SUFFIX))
        for key, job in made.items()
    }


def _clean(label: str) -> str:
    """Keep a legal name as it is; put one dash wherever there is something else in any other."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", label):
        return label
    clean = re.sub(r"[^A-Za-z0-9_]+", "-", label).strip("-")
    return clean if clean[:1].isalnum() else f"{_NOTHING_LEFT}-{clean}".rstrip("-")


def _with_suffix(key: str, clean: str, length: int = _SHORT_SUFFIX) -> str:
    suffix = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:length]
    return f"{clean[: JOB_NAME_LENGTH - length - 1]}-{suffix}"
