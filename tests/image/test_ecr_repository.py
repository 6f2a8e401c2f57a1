"""What a repository in Amazon ECR answers, and what is said where it does not."""

import base64
import json
from pathlib import Path

import pytest

from kedro_batch.cloud.account import Account
from kedro_batch.cloud.images import find_ecr_image
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.image.ecr_repository import PUSH_ACTIONS, EcrRepository
from tests.support.ecr import index, push

pytestmark = pytest.mark.xdist_group("aws")  # one moto server for all of them

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


def repository(name="flights", host=HOST):
    image = find_ecr_image(f"{host}/{name}")
    assert image
    return EcrRepository(image, Account(), "kedro-batch infra deploy")


def test_a_tag_has_a_digest_or_is_not_there(aws):
    client = aws.client("ecr")
    client.create_repository(repositoryName="flights")
    digest = push(client, "flights", "v1", index("linux/amd64"))
    assert repository().find_digest("v1") == digest
    assert repository().find_digest("v2") is None


def test_a_repository_that_does_not_exist_is_told_with_the_nearest_and_the_command_that_makes_one(aws):
    aws.client("ecr").create_repository(repositoryName="flights")
    with pytest.raises(ServiceError) as caught:
        repository("flight").find_digest("v1")
    assert str(caught.value) == (
        "there is no repository 'flight' in account 123456789012, us-east-1. Did you mean 'flights'? "
        "Create it: kedro-batch infra deploy. Or correct image_repository"
    )


@pytest.mark.parametrize("account", ["123456789012", "210987654321"])
def test_a_missing_permission_is_told_with_all_that_a_push_needs(aws, account):
    aws.forbidden = {"BatchGetImage", "GetAuthorizationToken"}
    other = repository(host=HOST.replace("123456789012", account))
    for ask in (lambda: other.find_digest("v1"), lambda: other.ready_to_push().__enter__()):
        with pytest.raises(ServiceError) as caught:
            ask()
        message = str(caught.value)
        assert caught.value.fault is Fault.DENIED
        assert "AccessDeniedException" in message
        assert "ecr:GetAuthorizationToken on *" in message
        assert all(action.removeprefix("ecr:") in message for action in PUSH_ACTIONS)
        foreign = "of the account 123456789012, and the repository is in 210987654321"
        assert (foreign in message) is (account != "123456789012")
        assert ("These credentials" in message) is (account != "123456789012")


@pytest.mark.usefixtures("aws")
def test_the_login_is_that_of_ecr_for_its_host(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with repository().ready_to_push() as env:
        auths = json.loads(Path(env["REGISTRY_AUTH_FILE"]).read_text())["auths"]
    assert list(auths) == [HOST]
    assert base64.b64decode(auths[HOST]["auth"]).startswith(b"AWS:")
