"""The choices of ``init``: what its templates are rendered with, and the names on AWS that follow from them."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from kedro_batch.plan.settings import Platform

_SUBMITTER = "_submitter"
_LONGEST_ROLE, _LONGEST_STACK = 64, 128
"""Characters in the names of roles of IAM and of stacks."""
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
    def folder(self) -> str:
        """The folder in the bucket with a slash behind it, as keys of objects begin; empty for the whole bucket."""
        return f"{self.prefix}/" if self.prefix else ""

    @property
    def compute_type(self) -> str:
        """The type of the compute environment, as AWS Batch spells it."""
        match self.platform:
            case Platform.FARGATE:
                return "FARGATE_SPOT" if self.spot else "FARGATE"
            case Platform.EC2:
                return "SPOT" if self.spot else "EC2"
            case _:
                assert_never(self.platform)

    @property
    def _name(self) -> str:
        """How names on AWS begin: as the project's, in letters that AWS takes, and no longer than a role's may be."""
        letters = re.sub(r"[^A-Za-z0-9_]", "_", self.project).strip("_") or "kedro"
        return letters[: _LONGEST_ROLE - len(_SUBMITTER)]

    @property
    def compute_environment(self) -> str:
        """The name of the compute environment."""
        return f"{self._name}_env"

    @property
    def job_queue(self) -> str:
        """The name of the queue."""
        return f"{self._name}_queue"

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
        return f"/aws/batch/{self._name}"

    @property
    def image_repository(self) -> str:
        """The name of the repository in Amazon ECR: no capital letters, and only single underscores between others."""
        name = "_".join(word for word in self._name.lower().split("_") if word)
        return name if len(name) > 1 else f"kedro_{name}"

    @property
    def submitter(self) -> str:
        """The name of the policy of those who submit jobs, and of the role of CI."""
        return f"{self._name}{_SUBMITTER}"

    @property
    def is_federated(self) -> bool:
        """True if CI submits jobs, with credentials that it gets for its tokens (OIDC)."""
        return self.forge is not None and self.repository is not None

    @property
    def oidc_host(self) -> str:
        """Who issues the tokens of CI."""
        return "gitlab.com" if self.forge is Forge.GITLAB else "token.actions.githubusercontent.com"

    @property
    def oidc_audience(self) -> str:
        """The ``aud`` of the tokens of CI, in the template as in the workflows.

        Source: the guides of both forges for AWS. GitHub's action asks for ``sts.amazonaws.com`` by itself.
        """
        return "https://gitlab.com" if self.forge is Forge.GITLAB else "sts.amazonaws.com"

    @property
    def oidc_subjects(self) -> tuple[str, ...]:
        """The ``sub`` of the tokens of jobs on the branch from which plans are applied, and of no others.

        A star stands for a number that is not known here. It can stand for no more: no name of an owner or a repository
        has an @, and none of a branch a colon.

        Source: "Immutable subject claims" in the guide of GitHub Actions: repositories that were made, renamed or
        transferred since July 2026 have the ids of owner and repository behind their names.
        """
        if self.forge is Forge.GITLAB:
            return (f"project_path:{self.repository}:ref_type:branch:ref:{self.branch}",)
        owner, _, name = (self.repository or "").partition("/")
        branch = f"ref:refs/heads/{self.branch}"
        return (f"repo:{owner}/{name}:{branch}", f"repo:{owner}@*/{name}@*:{branch}")


def stack_name(project: str, env: str) -> str:
    """Return the name of the stack of a project's infrastructure, of letters, digits and hyphens."""
    words = [project] if env == DEFAULT_ENV else [project, env]
    letters = "-".join(words).replace("_", "-")
    name = f"kedro-batch-{''.join(one for one in letters if one.isascii() and (one.isalnum() or one == '-'))}"
    return name[:_LONGEST_STACK]
