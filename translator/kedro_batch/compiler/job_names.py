"""Makes job names of the labels of groups: readable, legal on AWS Batch, and all different. Pure."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JOB_NAME_LENGTH

_SHORT_SUFFIX = 8
_LONG_SUFFIX = 32
_NOTHING_LEFT = "job"


def make_job_names(labels: Mapping[str, str]) -> dict[str, JobName]:
    """Make a job name of every label.

    A name that is too long, or equal to another but for case (which ListJobs ignores), gets a hash as its suffix.
    The hash does not depend on the other labels.

    Args:
        labels: By a key that identifies the job for ever, such as its node: the hash is made of the key.
    """
    cleaned = {key: _clean(label) for key, label in labels.items()}
    count = Counter(clean.lower() for clean in cleaned.values())
    names = {
        key: clean
        if count[clean.lower()] == 1 and len(clean) <= JOB_NAME_LENGTH and clean != _NOTHING_LEFT
        else _with_suffix(key, clean)
        for key, clean in cleaned.items()
    }
    # A name may be equal to another with its suffix: both get longer suffixes then.
    count = Counter(job.lower() for job in names.values())
    return {
        key: JobName(job if count[job.lower()] == 1 else _with_suffix(key, cleaned[key], _LONG_SUFFIX))
        for key, job in names.items()
    }


def _clean(label: str) -> str:
    """Return a legal name as it is, and any other with a dash in place of illegal characters."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", label):
        return label
    clean = re.sub(r"[^A-Za-z0-9_]+", "-", label).strip("-")
    return clean if clean[:1].isalnum() else f"{_NOTHING_LEFT}-{clean}".rstrip("-")


def _with_suffix(key: str, clean: str, length: int = _SHORT_SUFFIX) -> str:
    suffix = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:length]
    return f"{clean[: JOB_NAME_LENGTH - length - 1]}-{suffix}"
