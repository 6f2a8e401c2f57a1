"""An AWS account whose jobs are real containers: moto before a Docker engine, and a registry of images for Amazon ECR.

Where moto departs from AWS, the place says so. What it cannot prove, such as permissions, limits of memory, Fargate's
network and the login to ECR, is not tried here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.account import Account
from tests.support.docker_engine import DockerEngine
from tests.support.image_registry import ImageRegistry

BUCKET = "my-own-bucket"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerAccount:
    """The account, and what stands behind it.

    Attributes:
        services: The services over HTTP, as the command line finds them.
        wheel: This checkout's wheel.
    """

    services: Account
    engine: DockerEngine
    registry: ImageRegistry
    wheel: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables with which the command line finds the services and the engine."""
        return {**self.services.environment, **self.engine.environment}

    def client(self, service: str) -> Any:
        return self.services.client(service)

    def enter_image(self, repository: str, tag: str, digest: str) -> None:
        """Tell moto's ECR of an image that was pushed: it takes no push, and makes up a digest if it gets none."""
        text = self.registry.manifest_text(repository, tag)
        manifest = self.registry.manifest(repository, tag)
        self.client("ecr").put_image(
            repositoryName=repository,
            imageManifest=text,
            imageManifestMediaType=manifest["mediaType"],
            imageTag=tag,
            imageDigest=digest,
        )
        configuration = manifest["config"]["digest"]
        self.services.blobs[configuration] = self.registry.blob(repository, configuration)

    def stored(self, prefix: str) -> dict[str, bytes]:
        """Return what is in the bucket below a prefix, by the rest of the key."""
        client = self.client("s3")
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{prefix}/")
        keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
        bodies = {key: client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}
        return {key.removeprefix(f"{prefix}/"): content for key, content in bodies.items()}
