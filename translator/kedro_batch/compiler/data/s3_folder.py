"""A folder on Amazon S3, as ``s3://BUCKET/PREFIX`` names it. Pure: whether it exists is not asked."""

import re
from dataclasses import dataclass

from kedro_batch.text.wording import quoted

_SHORTEST, _LONGEST = 3, 63
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*[a-z0-9]")
_IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_BEGINNINGS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("--ol-s3", ".mrap", "--x-s3", "--table-s3")
"""The rules of names: docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html."""
_SEGMENT = re.compile(r"[\w.=+@,!()-]+")
"""No braces, which dataset factories fill in, no wildcards, and nothing that ends a path in a URL."""
_LONGEST_PREFIX = 512
"""Characters. A key has 1,024 at most, and the names of the datasets come after the folder."""
_EXAMPLE = "such as s3://my-company-data/spaceflights"


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Folder:
    """A folder on Amazon S3.

    Attributes:
        bucket: The bucket.
        prefix: The folder in it, without a slash at either end; empty for the bucket itself.
    """

    bucket: str
    prefix: str = ""

    def __str__(self) -> str:
        return self.url()

    def url(self, key: str = "", protocol: str = "s3") -> str:
        """Return the URL of what has a key below the folder; of the folder itself if there is none."""
        return "/".join(part for part in (f"{protocol}://{self.bucket}", self.prefix, key) if part)


def parse_s3_folder(text: str) -> S3Folder:
    """Read ``s3://BUCKET`` or ``s3://BUCKET/PREFIX``; one slash at the end does not count.

    Raises:
        ValueError: It is no such URL, or no bucket can have this name. The message says what to write.
    """
    protocol, separator, rest = text.partition("://")
    if not separator:
        raise ValueError(f"{quoted(text)} is not a URL: write s3://{text.strip('/') or 'BUCKET/PREFIX'}")
    if protocol in ("s3a", "s3n"):
        raise ValueError(f"write s3:// in place of {protocol}://; Spark's entries get s3a:// by themselves")
    if protocol != "s3":
        raise ValueError(f"{quoted(protocol)} is not Amazon S3: write s3://BUCKET/PREFIX, {_EXAMPLE}")
    bucket, _, prefix = rest.partition("/")
    refuse_bucket_name(bucket)
    prefix = prefix.removesuffix("/")
    for segment in prefix.split("/") if prefix else ():
        if segment in ("", ".", ".."):
            raise ValueError(f"the prefix {quoted(prefix)} has {quoted(segment)} as a folder, which S3 keeps as it is")
        if not _SEGMENT.fullmatch(segment):
            raise ValueError(
                f"the prefix {quoted(prefix)} may have letters, digits, slashes and _.-=+@,!() only, {_EXAMPLE}"
            )
    if len(prefix) > _LONGEST_PREFIX:
        raise ValueError(f"the prefix has {len(prefix)} characters: keys on S3 leave it {_LONGEST_PREFIX}")
    return S3Folder(bucket=bucket, prefix=prefix)


def refuse_bucket_name(name: str) -> None:
    """Refuse what cannot be the name of a bucket.

    Raises:
        ValueError: With the rule that it breaks.
    """
    if "<" in name or ">" in name or name == "BUCKET":
        raise ValueError(f"{quoted(name)} is to be filled in: write the name of your bucket, {_EXAMPLE}")
    if not name:
        raise ValueError(f"the bucket is missing: write s3://BUCKET/PREFIX, {_EXAMPLE}")
    if not _SHORTEST <= len(name) <= _LONGEST:
        raise ValueError(
            f"the name of a bucket has {_SHORTEST} to {_LONGEST} characters: {quoted(name)} has {len(name)}"
        )
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{quoted(name)} is not the name of a bucket: it has small letters, digits, hyphens and dots, and "
            "begins and ends with a letter or a digit"
        )
    if ".." in name or _IP_ADDRESS.fullmatch(name):
        raise ValueError(
            f"{quoted(name)} is not the name of a bucket: it may not have two dots in a row or look like an IP address"
        )
    if name.startswith(_RESERVED_BEGINNINGS) or name.endswith(_RESERVED_ENDS):
        reserved = ", ".join((*_RESERVED_BEGINNINGS, *_RESERVED_ENDS))
        raise ValueError(f"{quoted(name)} begins or ends as only AWS may name a bucket: {reserved}")
