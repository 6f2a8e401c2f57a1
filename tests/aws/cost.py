"""What these tests cost at most, and what they make: said before anything is made.

python -m tests.aws.cost
"""

import sys

from tests.aws.jobs import JOBS, Job

_VCPU_HOUR, _GB_HOUR, _ADDRESS_HOUR = 0.04048, 0.004445, 0.005
"""Dollars: AWS Fargate on Linux/x86 and a public IPv4 address, in us-east-1."""
_SOURCES = "aws.amazon.com/fargate/pricing and aws.amazon.com/vpc/pricing, us-east-1, as quoted in June 2026"
_OTHER_REGIONS = 2.0
"""No region that we know of costs twice as much as us-east-1."""
_START_S = 120
"""Paid before the timeout of an attempt begins: the image is pulled, and the container started [ours]."""
_LEAST_S = 60
"""Fargate charges a minute at least."""
_REST = 0.05
"""Dollars for a few kilobytes in Amazon ECR, S3 and CloudWatch Logs, and their calls: far more than they can cost."""


def paid_seconds(job: Job) -> int:
    """Return for how long a job is paid at most: AWS Batch ends each attempt at its timeout."""
    return job.attempts * (_START_S + max(_LEAST_S, job.timeout_s))


def most_dollars() -> float:
    """Return what a run of the tests costs at most."""
    return _OTHER_REGIONS * sum(map(_dollars, JOBS.values())) + _REST


def _dollars(job: Job) -> float:
    vcpus, gigabytes = job.resources.vcpus or 0, (job.resources.memory_mib or 0) / 1024
    return paid_seconds(job) / 3600 * (vcpus * _VCPU_HOUR + gigabytes * _GB_HOUR + _ADDRESS_HOUR)


def statement() -> str:
    """Return what is made and what it costs, for people."""
    seconds = sum(map(paid_seconds, JOBS.values()))
    return f"""\
These tests make, in your AWS account, and remove again:
  two stacks of AWS CloudFormation, each with a network without a NAT gateway, a queue, roles, and an
    empty bucket, log group and repository
  {len(JOBS)} jobs on AWS Fargate, all but one of 0.25 vCPU and 512 MiB: {seconds:,} seconds at most, by their timeouts
They cost at most {most_dollars():.2f} US dollars, in any region, for:
  ${_VCPU_HOUR} a vCPU-hour, ${_GB_HOUR} a GB-hour, ${_ADDRESS_HOUR} an hour of a public IPv4 address,
  twice as much in dearer regions, and ${_REST} for everything else
  ({_SOURCES}:
  look whether they still hold)
They take about half an hour. If they are killed: python -m tests.aws.stack"""


if __name__ == "__main__":
    sys.stdout.write(f"{statement()}\n")
