"""Reads the S3 bucket and the folder in it that a user names. Pure.

The rules of names: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
"""

import re

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_BEGINNINGS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_PREFIX = re.compile(r"[A-Za-z0-9_.=-]+(/[A-Za-z0-9_.=-]+)*")
_LONGEST_PREFIX = 512
"""Characters. A key has 1,024 at most, and the names of the datasets come after the folder."""


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
    name, slash, folder = bucket.strip().removeprefix("s3://").partition("/")
    if problem := _find_problem(name):
        raise ValueError(f"{name!r} is not the name of an S3 bucket: {problem}")
    in_url = _read_prefix(folder) if slash and folder.strip("/") else None
    given = None if prefix is None else _read_prefix(prefix)
    if in_url is not None and given is not None and in_url != given:
        raise ValueError(f"two folders are named in the bucket: {in_url} and {given or 'the whole bucket'}")
    return name, given if in_url is None else in_url


def _find_problem(name: str) -> str | None:
    """Return what is wrong with the name of a bucket; None if nothing is."""
    if "://" in name or ":" in name:
        return "write its name, such as flights-data, or s3://BUCKET/FOLDER"
    if name != name.lower():
        return "it may not have capital letters"
    if not _NAME.fullmatch(name):
        return (
            "it has 3 to 63 small letters, digits, hyphens and dots, begins and ends with a letter or a digit, and no "
            "two dots follow each other"
        )
    if _ADDRESS.fullmatch(name):
        return "it looks like an IP address"
    if name.startswith(_RESERVED_BEGINNINGS) or name.endswith(_RESERVED_ENDS):
        return "AWS keeps names that begin or end like this for itself"
    return None


def _read_prefix(prefix: str) -> str:
    folder = prefix.strip().strip("/")
    if folder and not _PREFIX.fullmatch(folder):
        raise ValueError(
            f"{prefix!r} is not a folder for data: write letters, digits and the characters _ . = -, with one slash "
            "between the parts"
        )
    if any(part in (".", "..") for part in folder.split("/")) or len(folder) > _LONGEST_PREFIX:
        raise ValueError(f"{prefix!r} is not a folder for data: it has . or .. as a part, or is too long")
    return folder
