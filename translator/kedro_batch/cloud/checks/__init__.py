"""All checks of an account, and their order: ``doctor`` runs them from here.

A check is a function of what is checked and of the account. It yields a ``Finding`` for each thing that it looks at,
good or bad, and lets the ServiceError of a call through: the rows below say what that means. It asks for no more than
it needs, and changes nothing. To add one, write it in a module of this package and put it into a row.

What can be judged without asking is a function of replies: ``apply`` gets the replies in its own way, and uses the
same judgements (``targets``).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedro_batch.cloud.checks.credentials import check_credentials, check_region
from kedro_batch.cloud.checks.finding import Finding
from kedro_batch.cloud.checks.project import check_project
from kedro_batch.cloud.checks.subject import Subject

if TYPE_CHECKING:
    from kedro_batch.cloud.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One row.

    Attributes:
        name: The name of the findings where the check cannot run.
        about: What it looks at, for people.
        find: The check.
        needed: A run needs what it asks: no answer is a failure, else a warning.
        first: If it fails, nothing after it can be checked.
    """

    name: str
    about: str
    find: Callable[[Subject, "Account"], Iterator[Finding]]
    needed: bool = False
    first: bool = False


CHECKS: tuple[Check, ...] = (
    Check(name="region", about="region", find=check_region, needed=True, first=True),
    Check(name="credentials", about="credentials", find=check_credentials, first=True),
    Check(name="project", about="the project's data and packages", find=check_project),
)
