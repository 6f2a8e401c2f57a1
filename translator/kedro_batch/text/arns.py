"""Names, accounts and regions in ARNs, such as of a job queue, or of a job definition with its revision. Pure."""

_PARTS, _REGION, _ACCOUNT = 6, 3, 4
"""Those of ``arn:partition:service:region:account:what``."""


def name_of_arn(named: str) -> str:
    """Return the name that an ARN ends with, with its revision: ``pipeline:7``."""
    return named.rpartition("/")[2]


def account_in_arn(named: str) -> str | None:
    """Return the account that an ARN names; None if it names none, or is no ARN."""
    return _part_of_arn(named, _ACCOUNT)


def region_in_arn(named: str) -> str | None:
    """Return the region that an ARN names; None likewise."""
    return _part_of_arn(named, _REGION)


def _part_of_arn(named: str, part: int) -> str | None:
    parts = named.split(":", _PARTS - 1)
    return parts[part] or None if len(parts) == _PARTS else None


def bare_name(named: str) -> str:
    """Return the name in an ARN, or in a name with a revision: ``pipeline``."""
    return name_of_arn(named).partition(":")[0]
