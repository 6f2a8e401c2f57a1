"""What AWS Batch itself says in a message. Pure, and without botocore: runs on this machine do not load it."""

import re

_AROUND = "Error executing request, Exception : "
_REQUEST_ID = re.compile(r",? *RequestId: *[0-9a-f-]+", re.IGNORECASE)


def own_words(message: str) -> str:
    """Return a message of AWS Batch without what stands around each of them, and without the id of the call."""
    return _REQUEST_ID.sub("", message).strip().removeprefix(_AROUND).rstrip(".,")
