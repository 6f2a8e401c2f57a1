"""Images in private registries of Amazon ECR: whether they exist, their digests, the machines that they are for.

References of images come in, and what ECR says about them goes out. Images elsewhere are not asked for.
Source of the calls and fields: the Amazon ECR API reference; the OCI image specification for indexes and manifests.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kedro_batch.cloud.account import Account
from kedro_batch.cloud.aws_errors import parsing
from kedro_batch.cloud.downloads import download
from kedro_batch.cloud.error_replies import error_code
from kedro_batch.errors import ConfigError, Fault, ServiceError
from kedro_batch.plan.image_reference import parse_image
from kedro_batch.text.wording import did_you_mean, listed

_REGISTRY = re.compile(
    r"(?P<account>[0-9]{12})\.dkr[.-]ecr(-fips)?\.(?P<region>[a-z0-9-]+)\."
    r"(amazonaws\.(com(\.cn)?|eu)|on\.(aws|amazonwebservices\.com\.cn)|sc2s\.sgov\.gov|c2s\.ic\.gov"
    r"|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)"
)
"""The hosts of private registries, as awslabs/amazon-ecr-credential-helper knows them (api/client.go)."""
MEDIA_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
"""Indexes too: else ECR may answer with a manifest that it has converted."""
_ECR = "Amazon ECR"
NO_REPOSITORY = "RepositoryNotFoundException"
"""The code of the error where a repository does not exist."""
_NO_IMAGE = "ImageNotFound"
"""The code among the ``failures`` of BatchGetImage; with any other, the image may exist."""
_EVERY_REPOSITORY = "ROOT"
"""The prefix of a pull-through cache rule for repositories that no other rule is for."""
_MOST_NAMES = 1000
"""So many names are compared at most, to find one like a missing one: the size of one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EcrImage:
    """An image in a private registry of ECR, as its reference says.

    Attributes:
        account: The account of the registry.
        region: Its region.
        repository: The repository in it.
        name: Registry and repository, without tag and digest.
        tag: The tag; ``latest`` where the reference has neither tag nor digest.
        digest: The digest; it counts more than the tag.
    """

    account: str
    region: str
    repository: str
    name: str
    tag: str
    digest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an image is made of: its digest, and an index or a manifest of OCI or Docker."""

    digest: str
    content: Mapping[str, Any]


def find_ecr_image(reference: str) -> EcrImage | None:
    """Return where in ECR an image is; None if it is elsewhere, or if the reference is none."""
    try:
        image = parse_image(reference)
    except ValueError:
        return None
    host = _REGISTRY.fullmatch(image.registry or "")
    return host and EcrImage(
        account=host["account"],
        region=host["region"],
        repository=image.repository,
        name=image.name,
        tag=image.tag or "latest",
        digest=image.digest,
    )


class Registries:
    """The private registries of ECR. Every call raises ``ServiceError`` if it fails."""

    def __init__(self, account: Account) -> None:
        """Ask with the credentials of this account; the registries may be those of others, in other regions."""
        self._account = account

    def resolve(self, reference: str) -> str:
        """Return a reference with the digest of an image in place of its tag.

        Raises:
            ConfigError: The image is not in ECR, or does not exist.
        """
        image = find_ecr_image(reference)
        if image is None:
            raise ConfigError(
                f"{reference} is not in a private registry of Amazon ECR, and no other is asked. Find the digest with "
                f"`docker buildx imagetools inspect {reference}`, and write it behind the name: NAME@sha256:..."
            )
        manifest = self.find_manifest(image)
        if manifest is None:
            raise ConfigError(self.explain_missing(image))
        return f"{image.name}@{manifest.digest}"

    def find_manifest(self, image: EcrImage) -> Manifest | None:
        """Return the manifest of an image; None if the image does not exist."""
        try:
            return self.find_pushed(image)
        except ServiceError as error:
            if error_code(error) == NO_REPOSITORY:
                return None
            raise

    def find_pushed(self, image: EcrImage) -> Manifest | None:
        """Return the manifest of an image; None if its repository does not have it.

        Raises:
            ServiceError: There is no such repository, with the code ``NO_REPOSITORY``; or ECR cannot be asked.
        """
        which = {"imageDigest": image.digest} if image.digest else {"imageTag": image.tag}
        reply = self._call("batch_get_image", image, imageIds=[which], acceptedMediaTypes=list(MEDIA_TYPES))
        with parsing("BatchGetImage", _ECR):
            for one in reply.get("images", ()):
                return Manifest(digest=one["imageId"]["imageDigest"], content=_read_manifest(one["imageManifest"]))
            other = next((one for one in reply.get("failures", ()) if one.get("failureCode") != _NO_IMAGE), None)
            if other:
                raise ServiceError(f"{other['failureCode']}: {other.get('failureReason') or 'no reason given'}")
        return None

    def find_authorization(self, image: EcrImage) -> str:
        """Return what logs an engine in to the registry of an image: a secret for 12 hours, as engines store it.

        That is user name and password with a colon between them, in Base64.
        """
        reply = self._account.call("ecr", "get_authorization_token", region=image.region)
        with parsing("GetAuthorizationToken", _ECR):
            return str(reply["authorizationData"][0]["authorizationToken"])

    def find_platforms(self, image: EcrImage, manifest: Manifest) -> tuple[str, ...]:
        """Return what an image runs on, such as ``linux/amd64``; empty if it does not say."""
        content = manifest.content
        inner, config = content.get("manifests"), content.get("config")
        if isinstance(inner, list):
            known = {_platform_in(one.get("platform")) for one in inner if isinstance(one, dict)}
        elif isinstance(config, dict) and isinstance(config.get("digest"), str):
            known = {_platform_in(self._read_config(image, config["digest"]))}
        else:
            known = {_platform_in(content)}
        return tuple(sorted(known - {"", "unknown/unknown"}))  # so attestations are listed, which BuildKit adds

    def find_cache_rule(self, image: EcrImage) -> str | None:
        """Return the prefix of the pull-through cache rule that fetches an image at its first pull; None without one.

        Raises:
            ServiceError: The rules cannot be looked at.
        """
        reply = self._account.call(
            "ecr", "describe_pull_through_cache_rules", region=image.region, registryId=image.account
        )
        with parsing("DescribePullThroughCacheRules", _ECR):
            prefixes = [str(one["ecrRepositoryPrefix"]) for one in reply["pullThroughCacheRules"]]
        return next(
            (one for one in prefixes if image.repository.startswith(f"{one}/") or one == _EVERY_REPOSITORY), None
        )

    def explain_missing(self, image: EcrImage) -> str:
        """Return a message about an image that does not exist, with what may have been meant."""
        try:
            tags = self._list_tags(image)
        except ServiceError as error:
            if error_code(error) == NO_REPOSITORY:
                return self.explain_missing_repository(image)
            tags = None
        where = f"account {image.account}, {image.region}"
        which = f"digest {image.digest}" if image.digest else f"tag {image.tag!r}"
        message = f"the repository {image.repository!r} in {where} has no image with the {which}"
        if image.digest or tags is None:
            return message
        if not tags:
            return f"{message}, nor with any other"
        others = [tag for tag in tags if tag != image.tag]
        return f"{message}.{did_you_mean(image.tag, others) or f' It has {listed(others)}'}" if others else message

    def explain_missing_repository(self, image: EcrImage) -> str:
        """Return a message about a repository that does not exist, with what may have been meant."""
        hint = self._find_repository(image)
        where = f"account {image.account}, {image.region}"
        return f"there is no repository {image.repository!r} in {where}{f'.{hint}' if hint else ''}"

    def _list_tags(self, image: EcrImage) -> list[str]:
        reply = self._call("list_images", image, filter={"tagStatus": "TAGGED"}, maxResults=_MOST_NAMES)
        return [one["imageTag"] for one in reply.get("imageIds", ()) if "imageTag" in one]

    def _find_repository(self, image: EcrImage) -> str:
        """Return where a missing repository is, or which one may have been meant; nothing if neither is known."""
        for region in dict.fromkeys((image.region, self._account.region)):
            try:
                names = self._list_repositories(image.account, region)
            except ServiceError:
                continue
            others = [name for name in names if name != image.repository]
            if len(others) < len(names) and region != image.region:
                return f" It is in {region}: correct the region in the name of the image"
            if near := did_you_mean(image.repository, others):
                return near if region == image.region else f"{near} That is in {region}"
        return ""

    def _list_repositories(self, account: str, region: str | None) -> list[str]:
        reply = self._account.call(
            "ecr", "describe_repositories", region=region, registryId=account, maxResults=_MOST_NAMES
        )
        return [one["repositoryName"] for one in reply.get("repositories", ())]

    def _read_config(self, image: EcrImage, digest: str) -> Mapping[str, Any]:
        with parsing("GetDownloadUrlForLayer", _ECR):
            url = self._call("get_download_url_for_layer", image, layerDigest=digest)["downloadUrl"]
        content = self._account.ask("s3", lambda _: download(url), region=image.region)
        with parsing("the configuration of an image", _ECR):
            return _read_json(content)

    def _call(self, method: str, image: EcrImage, **arguments: Any) -> Any:
        names = {"registryId": image.account, "repositoryName": image.repository}
        try:
            return self._account.call("ecr", method, region=image.region, **names, **arguments)
        except ServiceError as error:
            regions = self._account.regions("ecr")
            if error.fault is not Fault.UNREACHABLE or image.region in regions:
                raise
            hint = did_you_mean(image.region, regions)
            message = f"{error}. There is no region {image.region!r} as far as boto3 knows{f'.{hint}' if hint else ''}"
            raise ServiceError(message, fault=error.fault) from error


def _read_json(text: str | bytes) -> Mapping[str, Any]:
    content = json.loads(text)
    if not isinstance(content, dict):
        raise TypeError("not a map")
    return content


def _read_manifest(text: str) -> Mapping[str, Any]:
    """Return a manifest; what nobody can read says nothing."""
    try:
        return _read_json(text)
    except (TypeError, ValueError):
        return {}


def _platform_in(stated: Any) -> str:
    """Return the platform that a manifest or a configuration states; empty if it states none."""
    system, processor = (stated.get("os"), stated.get("architecture")) if isinstance(stated, dict) else (None, None)
    return f"{system}/{processor}" if isinstance(system, str) and isinstance(processor, str) else ""
