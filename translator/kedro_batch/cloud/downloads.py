"""Fetches small files by URLs that AWS has signed, through the proxies and with the certificates that boto3 uses."""

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

_TIMEOUT_S = 5


def download(url: str) -> bytes:
    """Return what is behind a URL.

    Raises:
        botocore.exceptions.HTTPClientError: There was no reply.
    """
    session = URLLib3Session(timeout=_TIMEOUT_S, proxies=get_environ_proxies(url))
    content: bytes = session.send(AWSRequest("GET", url).prepare()).content
    return content
