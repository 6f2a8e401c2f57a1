"""Makes job names of node names: readable, legal on AWS Batch, different from each other."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

from kedro_batch.plan.model import JobName

# schemas/plan.schema.json says the same: 128 less the run id, the attempt and two dashes.
_MAX_LENGTH = 99
_SHORT_SUFFIX = 8
_LONG_SUFFIX = 32


def job_names(names: Iterable[str]) -> dict[str, JobName]:
    """Give every name its job name.

    Names that become equal, or equal but for case (which ListJobs ignores), or too long, get a suffix made
    of a hash of the whole name: it stays the same whatever else is in the plan.
    """
    cleaned = {name: _clean(name) for name in names}
    taken = Counter(clean.lower() for clean in cleaned.values())
    made = {
        name: clean if taken[clean.lower()] == 1 and len(clean) <= _MAX_LENGTH else _with_suffix(name, clean)
        for name, clean in cleaned.items()
    }
    # A name may look just like another with its suffix: then both get longer ones.
    taken = Counter(job.lower() for job in made.values())
    return {
        name: JobName(job if taken[job.lower()] == 1 else _with_suffix(name, cleaned[name], _LONG_SUFFIX))
        for name, job in made.items()
    }


def _clean(name: str) -> str:
    """Keep a legal name as it is; put one dash wherever there is something else in any other."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        return name
    clean = re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")
    return clean if clean[:1].isalnum() else f"job-{clean}".rstrip("-")


def _with_suffix(name: str, clean: str, length: int = _SHORT_SUFFIX) -> str:
    suffix = hashlib.sha256(name.encode()).hexdigest()[:length]
    return f"{clean[: _MAX_LENGTH - length - 1]}-{suffix}"
