"""The session of boto3, and with it the region: those of the usual places, or of the plan where the shell has none."""

from typing import Any

import boto3
import botocore.session

from kedro_batch.cloud.aws_errors import calling


def open_session(pinned: str | None) -> Any:
    """Return a session; its ``region_name`` is None, or empty, if there is no region.

    A variable that is set to nothing, as scripts leave it, is as if it was not set: boto3 takes it for a region.

    Args:
        pinned: The region of the plan, for where the shell names none.

    Raises:
        ServiceError: The profile is unknown, or the configuration cannot be read.
    """
    with calling("set up the client"):
        core: Any = botocore.session.get_session()
        region = core.get_config_variable("region") or core.get_scoped_config().get("region") or pinned
        return boto3.Session(botocore_session=core, region_name=region or None)
