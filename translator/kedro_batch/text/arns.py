"""Names and accounts in ARNs, such as of a job queue, or of a job definition with its revision. Pure."""

_PARTS, _ACCOUNT = 6, 4
"""Those of ``arn:partition:service:region:account:what``."""


def name_of_arn(named: str) -> str:
    """Return the name that an ARN ends with, with its revision: ``pipeline:7``."""
    return named.rpartition("/")[2]


def account_in_arn(named: str) -> str | None:
    """Return the account that an ARN names; None if it names none, or is no ARN."""
    parts = named.split(":", _PARTS - 1)
    return parts[_ACCOUNT] or None if len(parts) == _PARTS else None


def bare_name(named: str) -> str:
    """Return the name in an ARN, or in a name with a revision: ``pipeline``."""
    return name_of_arn(named).partition(":")[0]
