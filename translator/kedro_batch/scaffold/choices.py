"""The choices of ``init``: what its templates are rendered with, and the names on AWS that follow from them."""

from dataclasses import dataclass
from enum import StrEnum

from kedro_batch.plan.settings import Platform

DEFAULT_ENV = "aws_batch"
"""The environment of the configuration in which a project keeps what AWS Batch needs."""


class Forge(StrEnum):
    """Where pull requests are."""

    GITHUB = "github"
    GITLAB = "gitlab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The choices of ``init``.

    The names are those of Kedro's guide for AWS Batch, where its project is called ``spaceflights``.

    Attributes:
        project: The package name of the project.
        env: The environment of its configuration.
        bucket: The S3 bucket of its data.
        prefix: The folder in the bucket, without a slash at either end; empty for the whole bucket.
        create_bucket: The bucket does not exist yet: the infrastructure has it.
        create_network: The infrastructure has a network of its own; otherwise, subnets are given to ``infra deploy``.
        platform: What the containers run on.
        spot: Use spare capacity, which AWS may take back.
        forge: Where pull requests are; None if there are no workflows.
        repository: The repository there, such as ``OWNER/NAME``; None if nobody submits from there.
        branch: Its branch from which plans are applied.
        packaged: The image has the project as an installed package, not its folder.
    """

    project: str
    env: str = DEFAULT_ENV
    bucket: str
    prefix: str
    create_bucket: bool = False
    create_network: bool = False
    platform: Platform = Platform.FARGATE
    spot: bool = False
    forge: Forge | None = None
    repository: str | None = None
    branch: str = "main"
    packaged: bool = False

    @property
    def data(self) -> str:
        """The URL of the folder of the data."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def compute_environment(self) -> str:
        """The name of the compute environment."""
        return f"{self.project}_env"

    @property
    def job_queue(self) -> str:
        """The name of the queue."""
        return f"{self.project}_queue"

    @property
    def job_definition(self) -> str:
        """The name of the job definition."""
        return "kedro_run"

    @property
    def job_role(self) -> str:
        """The name of the role of the jobs' code."""
        return "batchJobRole"

    @property
    def execution_role(self) -> str:
        """The name of the role of what starts the containers."""
        return "batchExecutionRole"

    @property
    def log_group(self) -> str:
        """The name of the log group."""
        return f"/aws/batch/{self.project}"

    @property
    def image_repository(self) -> str:
        """The name of the repository in Amazon ECR, which takes no capital letters."""
        return self.project.lower()


def stack_name(project: str, env: str) -> str:
    """Return the name of the stack of a project's infrastructure, of letters, digits and hyphens."""
    words = [project] if env == DEFAULT_ENV else [project, env]
    letters = "-".join(words).replace("_", "-")
    return f"kedro-batch-{''.join(one for one in letters if one.isascii() and (one.isalnum() or one == '-'))}"
