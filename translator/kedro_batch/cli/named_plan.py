"""The plan that a user names for a run: with ``--plan`` for one of another machine, or for one that the journal has."""

from collections.abc import Sequence
from dataclasses import dataclass

from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import Plan, PlanDigest
from kedro_batch.plan.reader import read_plan
from kedro_batch.submitter.journal_rows import PlanOfRun


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPlan:
    """A plan that the user names.

    Attributes:
        plan: The plan.
        digest: Its digest.
        content: It, byte for byte.
        source: Where it comes from, for messages: a file, or something else.
    """

    plan: Plan
    digest: PlanDigest
    content: bytes
    source: str

    def is_one_of(self, plans: Sequence[PlanOfRun]) -> bool:
        """True if it is one of the plans of a run."""
        return self.digest in {one.digest for one in plans}


def read_named_plan(content: bytes, source: str) -> NamedPlan:
    """Read a plan that the user names.

    Raises:
        PlanError: It is wrong.
    """
    plan = read_plan(content, source)
    return NamedPlan(plan=plan, digest=plan_digest(plan), content=content, source=source)
