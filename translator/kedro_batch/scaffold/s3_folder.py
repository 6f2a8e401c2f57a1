"""Reads the bucket and the folder in it that a user of ``init`` names, in one word or in two. Pure."""

from kedro_batch.compiler.data.s3_folder import parse_s3_folder


def read_s3_folder(bucket: str, prefix: str | None = None) -> tuple[str, str | None]:
    """Return the name of a bucket and the folder in it, without slashes at the ends.

    Args:
        bucket: A name, or a URL such as ``s3://BUCKET/FOLDER``.
        prefix: The folder, if it is named by itself; empty for the whole bucket.

    Returns:
        The bucket and the folder; None where no folder is named.

    Raises:
        ValueError: A name is not one of S3, or two different folders are named. The message says why.
    """
    named = bucket.strip()
    folder = parse_s3_folder(named if "://" in named else f"s3://{named}")
    if not f"{folder.prefix}{prefix or ''}".isascii():  # which the policies of IAM do not take
        raise ValueError("the folder may have ASCII letters only")
    if prefix is None:
        return folder.bucket, folder.prefix or None
    given = parse_s3_folder(f"s3://{folder.bucket}/{prefix.strip().strip('/')}").prefix
    if folder.prefix and folder.prefix != given:
        raise ValueError(f"two folders are named in the bucket: {folder.prefix} and {given or 'the whole bucket'}")
    return folder.bucket, given
