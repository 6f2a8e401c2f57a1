"""Uploads files to Amazon S3. What is there already, as long and not older than the file, is not sent again.

That is the rule of ``aws s3 sync``.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kedro_batch.cloud.aws_errors import calling
from kedro_batch.cloud.clients import Clients
from kedro_batch.cloud.error_replies import error_code
from kedro_batch.cloud.session import SERVICE_NAMES
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.text.wording import sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file, and the object that it becomes."""

    file: Path
    bucket: str
    key: str

    @property
    def url(self) -> str:
        """The URL of the object."""
        return f"s3://{self.bucket}/{self.key}"


def upload_file(clients: Clients, upload: Upload, *, make_bucket: str) -> bool:
    """Upload a file, large ones in parts. Return False if it is there already.

    Args:
        clients: The account.
        upload: The file, and where to.
        make_bucket: The command that makes the bucket, for the message where it is missing.

    Raises:
        ServiceError: The bucket is missing, the account may not write there, or there was no reply.
        OSError: The file cannot be read.
    """
    if _is_there(clients, upload):
        return False
    client = clients.client("s3")
    with upload.file.open("rb") as stream:
        try:
            with calling("PutObject", SERVICE_NAMES["s3"]):
                client.upload_fileobj(stream, upload.bucket, upload.key)
        except ServiceError as error:
            problem = f"cannot upload {upload.file} to {upload.url}: {error.problem}"
            raise ServiceError(problem, fault=error.fault, remedy=_find_remedy(error, upload, make_bucket)) from error
    return True


def _is_there(clients: Clients, upload: Upload) -> bool:
    status = upload.file.stat()
    try:
        found = clients.call("s3", "head_object", Bucket=upload.bucket, Key=upload.key)
    except ServiceError as error:
        if error_code(error) is None:  # AWS has not replied
            raise
        return False  # a refusal of HEAD has no reason in it: that of the upload says more
    modified: datetime = found["LastModified"]
    return bool(found["ContentLength"] == status.st_size and modified >= datetime.fromtimestamp(status.st_mtime, UTC))


def _find_remedy(error: ServiceError, upload: Upload, make_bucket: str) -> str:
    if error_code(error) == "NoSuchBucket":
        return f"Create the bucket first: {make_bucket}"
    if error.fault is Fault.DENIED:
        return sentences(
            error.remedy, f"These credentials need s3:PutObject on arn:aws:s3:::{upload.bucket}/{upload.key}"
        )
    return error.remedy
