"""Fetches small files by URLs that AWS has signed, through the proxies and with the certificates that boto3 uses."""

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session
from botocore.session import get_session
from botocore.utils import get_environ_proxies

from kedro_batch.cloud.aws_errors import calling
from kedro_batch.errors import ServiceError

_TIMEOUT_S = 5
_OK = 200


def download(url: str) -> bytes:
    """Return what is behind a URL of Amazon S3.

    Raises:
        ServiceError: There is nothing, or there was no reply.
    """
    certificates = get_session().get_config_variable("ca_bundle")
    session = URLLib3Session(verify=certificates or True, timeout=_TIMEOUT_S, proxies=get_environ_proxies(url))
    with calling("GetObject", "Amazon S3"):
        reply = session.send(AWSRequest("GET", url).prepare())
        status, content = reply.status_code, bytes(reply.content)
    if status != _OK:
        raise ServiceError(f"Amazon S3 refused GetObject: HTTP {status}")
    return content
