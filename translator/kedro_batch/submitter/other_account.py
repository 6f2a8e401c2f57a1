"""Refuse credentials of another account than that of a plan or a run, in the same words wherever it is found out."""

from kedro_batch.cloud.replies import Identity
from kedro_batch.errors import ServiceError


def refuse_other_account(account: str | None, caller: Identity, *, what: str, so: str, otherwise: str = "") -> None:
    """Refuse credentials of another account, if one is named.

    Args:
        account: The account that it should be; None for any.
        caller: Whose credentials they are.
        what: What has to be in that account: ``run r is in``.
        so: What follows from that.
        otherwise: What else can be done.

    Raises:
        ServiceError: It is another account.
    """
    if account in (None, caller.account):
        return
    raise ServiceError(
        f"{what} account {account}, and your credentials are of account {caller.account} ({caller.arn}): {so}. Choose "
        f"credentials of {account} with AWS_PROFILE{otherwise}"
    )
