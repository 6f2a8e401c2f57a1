"""The sizes of EC2's machines, which AWS Batch only names."""

from collections.abc import Sequence
from typing import Any

from kedro_batch.cloud.aws_errors import calling, parsing

_VALUES = 200
"""Values in one filter of EC2 (the Amazon EC2 API reference, DescribeInstanceTypes)."""


def largest_memory_mib(client: Any, types: Sequence[str]) -> int:
    """Return the memory of the largest of these instance types, in MiB; 0 if EC2 knows none of them.

    Args:
        client: Of EC2.
        types: Types such as ``m5.large``, or families such as ``m5``.

    Raises:
        ServiceError: EC2 refused or did not answer.
    """
    what = "DescribeInstanceTypes"
    patterns = [one if "." in one else f"{one}.*" for one in types]
    largest = 0
    for start in range(0, len(patterns), _VALUES):
        filters = [{"Name": "instance-type", "Values": patterns[start : start + _VALUES]}]
        with calling(what, "Amazon EC2"):
            pages: list[Any] = list(client.get_paginator("describe_instance_types").paginate(Filters=filters))
        with parsing(what, "Amazon EC2"):
            sizes = [one["MemoryInfo"]["SizeInMiB"] for page in pages for one in page["InstanceTypes"]]
        largest = max(largest, *sizes, 0)
    return largest
