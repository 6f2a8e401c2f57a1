"""Names in ARNs: of job queues, of job definitions with their revisions. What is a name already stays one. Pure."""


def name_of_arn(named: str) -> str:
    """Return the name that an ARN ends with, with its revision: ``pipeline:7``."""
    return named.rpartition("/")[2]


def bare_name(named: str) -> str:
    """Return the name in an ARN, or in a name with a revision: ``pipeline``."""
    return name_of_arn(named).partition(":")[0]
