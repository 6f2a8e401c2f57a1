"""What ECR says of images, over HTTP."""

import pytest

from kedro_batch.cloud.account import Account
from kedro_batch.cloud.images import EcrImage, Registries, find_ecr_image
from kedro_batch.errors import ConfigError, Fault, ServiceError
from tests.support.ecr import index, manifest, push

pytestmark = pytest.mark.xdist_group("aws")  # one moto server for all of them

REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
DIGEST = f"sha256:{'0f' * 32}"


@pytest.mark.parametrize(
    ("reference", "region"),
    [
        (f"{REGISTRY}/flights:v1", "us-east-1"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/flights:v1", "cn-north-1"),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/flights:v1", "us-gov-west-1"),
        ("123456789012.dkr-ecr.eu-west-1.on.aws/flights:v1", "eu-west-1"),
    ],
)
def test_private_registries_are_known_by_their_hosts(reference, region):
    image = find_ecr_image(reference)
    assert image
    assert (image.account, image.region, image.repository, image.tag) == ("123456789012", region, "flights", "v1")


@pytest.mark.parametrize(
    "reference",
    [
        *("busybox", "public.ecr.aws/lambda/python:3.12", "ghcr.io/team/flights:v1", "not an image", ""),
        "12345.dkr.ecr.us-east-1.amazonaws.com/flights",
        f"{REGISTRY}.example.com/flights",
        f"evil.{REGISTRY}/flights",
    ],
)
def test_images_elsewhere_are_not_in_ecr(reference):
    assert find_ecr_image(reference) is None


def test_what_counts_of_a_reference():
    assert find_ecr_image(f"{REGISTRY}/team/flights:v1@{DIGEST}") == EcrImage(
        account="123456789012",
        region="us-east-1",
        repository="team/flights",
        name=f"{REGISTRY}/team/flights",
        tag="v1",
        digest=DIGEST,
    )
    untagged = find_ecr_image(f"{REGISTRY}/flights")
    assert untagged
    assert untagged.tag == "latest"


def test_a_tag_becomes_its_digest(aws):
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName="flights")
    digest = push(ecr, "flights", "v1", index("linux/amd64"))
    assert Registries(Account()).resolve(f"{REGISTRY}/flights:v1") == f"{REGISTRY}/flights@{digest}"


def test_an_image_elsewhere_is_refused_with_how_to_find_its_digest(aws):
    with pytest.raises(ConfigError, match=r"docker buildx imagetools inspect ghcr\.io/team/flights:v1"):
        Registries(Account()).resolve("ghcr.io/team/flights:v1")
    assert aws.calls == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("flights:v2", "has no image with the tag 'v2'. It has 1.0.0, v1"),
        ("flights:1.0.O", "has no image with the tag '1.0.O'. Did you mean '1.0.0'?"),
        ("flihgts:v1", "no repository 'flihgts' in account 123456789012, us-east-1. Did you mean 'flights'?"),
        ("empty:v1", "has no image with the tag 'v1', nor with any other"),
        (f"flights@{DIGEST}", f"has no image with the digest {DIGEST}"),
        ("quite_another:v1", "there is no repository 'quite_another' in account 123456789012, us-east-1"),
    ],
)
def test_what_does_not_exist_is_named_with_what_may_have_been_meant(aws, name, said):
    ecr = aws.client("ecr")
    for repository in ("flights", "empty"):
        ecr.create_repository(repositoryName=repository)
    for tag in ("1.0.0", "v1"):
        push(ecr, "flights", tag, index("linux/amd64"))
    with pytest.raises(ConfigError) as refused:
        Registries(Account()).resolve(f"{REGISTRY}/{name}")
    assert said in str(refused.value)


def test_a_repository_of_another_region_is_found_in_that_of_the_shell(aws):
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName="flights")
    push(ecr, "flights", "v1", index("linux/amd64"))
    with pytest.raises(ConfigError, match=r"in account 123456789012, eu-west-1\. It is in us-east-1: correct"):
        Registries(Account()).resolve("123456789012.dkr.ecr.eu-west-1.amazonaws.com/flights:v1")


def test_a_tag_is_named_as_missing_even_where_tags_cannot_be_listed(aws):
    aws.client("ecr").create_repository(repositoryName="flights")
    aws.forbidden = {"ListImages"}
    with pytest.raises(ConfigError, match=r"has no image with the tag 'v2'$"):
        Registries(Account()).resolve(f"{REGISTRY}/flights:v2")


def test_a_registry_that_may_not_be_asked(aws):
    aws.forbidden = {"BatchGetImage"}
    with pytest.raises(ServiceError, match="Amazon ECR refused BatchGetImage") as refused:
        Registries(Account()).resolve(f"{REGISTRY}/flights:v1")
    assert refused.value.fault is Fault.DENIED


@pytest.mark.parametrize(
    ("pushed", "platforms"),
    [
        (index("linux/arm64", "linux/amd64", "unknown/unknown"), ("linux/amd64", "linux/arm64")),
        (manifest("sha256:config"), ("linux/arm64",)),
        (manifest("sha256:silent"), ()),
        ({"mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [{}]}, ()),
        ({"mediaType": "application/vnd.oci.image.manifest.v1+json"}, ()),
    ],
)
def test_what_machines_an_image_is_for(aws, pushed, platforms):
    aws.blobs = {"sha256:config": {"os": "linux", "architecture": "arm64"}, "sha256:silent": {"rootfs": {}}}
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName="flights")
    push(ecr, "flights", "v1", pushed)
    registries, image = Registries(Account()), find_ecr_image(f"{REGISTRY}/flights:v1")
    assert image
    found = registries.find_manifest(image)
    assert found
    assert registries.find_platforms(image, found) == platforms


def test_a_region_that_there_is_not_is_named_with_a_near_one(aws, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert aws.calls == []
    with pytest.raises(ServiceError, match=r"There is no region 'eu-wset-1' .* Did you mean 'eu-west-1'"):
        Registries(Account()).resolve("123456789012.dkr.ecr.eu-wset-1.amazonaws.com/flights:v1")


def test_a_configuration_that_cannot_be_downloaded_leaves_the_registry_as_it_is(aws):
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName="flights")
    push(ecr, "flights", "v1", manifest("sha256:lost"))
    registries, image = Registries(Account()), find_ecr_image(f"{REGISTRY}/flights:v1")
    assert image
    found = registries.find_manifest(image)
    assert found
    with pytest.raises(ServiceError, match="Amazon S3 refused GetObject: HTTP 404"):
        registries.find_platforms(image, found)
    assert registries.find_manifest(image) == found
