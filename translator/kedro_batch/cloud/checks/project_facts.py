"""What a project knows and a plan does not: where its data are on S3, and the packages that it lists."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPlace:
    """Where a dataset is on S3, and who uses it.

    Attributes:
        dataset: The name of the dataset.
        bucket: The bucket.
        key: The key of its file, or of one below its folder.
        readers: The names of the jobs that read it.
        writers: The names of the jobs that write it.
        own_access: Its catalog entry brings credentials or an endpoint: the account and its roles do not matter.
    """

    dataset: str
    bucket: str
    key: str
    readers: frozenset[str]
    writers: frozenset[str]
    own_access: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFacts:
    """All that checks need of a project.

    Attributes:
        places: The places of the datasets that the plan reads and writes.
        package_files: The files that list its packages.
        unlisted_packages: What is wrong with these lists, one text for each package that is missing.
    """

    places: tuple[DataPlace, ...]
    package_files: tuple[str, ...]
    unlisted_packages: tuple[str, ...]
