"""``compile --resolve-image``, through the command line and HTTP."""

import re

import pytest

from tests.support.ecr import index, push
from tests.support.forked import kedro_batch
from tests.support.projects import write_project

pytestmark = pytest.mark.xdist_group("aws")  # one moto server for all of them

REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
SETTINGS = f"""
job_queue: a_queue
job_definition:
  name: flights
  image: {REGISTRY}/flights:v1
shared_paths: [data]
rules:
  - match: {{nodes: [add_up]}}
    job_definition: {{name: adding, image: "{REGISTRY}/flights:v2"}}
  - match: {{nodes: [go_left]}}
    job_definition: {{name: fixed, image: "busybox@sha256:{"0f" * 32}"}}
  - match: {{nodes: [go_right]}}
    job_definition: {{name: alike}}
"""


def project_with(folder, settings=SETTINGS):
    return write_project(folder / "project", conf={"base/aws_batch.yml": settings})


def images_in(plan):
    return dict(re.findall(r"^  (\w+):\n    image: \"?([^\"\n]+)", plan, re.MULTILINE))


@pytest.fixture
def pushed(aws_account):
    """The digests of two tags."""
    ecr = aws_account.client("ecr")
    ecr.create_repository(repositoryName="flights")
    return {tag: push(ecr, "flights", tag, index("linux/amd64", system)) for tag, system in TAGS.items()}


TAGS = {"v1": "linux/arm64", "v2": "windows/amd64"}


def test_declared_images_with_a_tag_are_written_by_digest(tmp_path, aws_account, pushed):
    project = project_with(tmp_path)
    ended = kedro_batch("compile", "--resolve-image", cwd=project, env=aws_account.environment)
    assert ended.code == 0, ended.err
    assert images_in(ended.text) == {
        "flights": f"{REGISTRY}/flights@{pushed['v1']}",
        "alike": f"{REGISTRY}/flights@{pushed['v1']}",
        "adding": f"{REGISTRY}/flights@{pushed['v2']}",
        "fixed": f"busybox@sha256:{'0f' * 32}",
    }
    assert "moving_image" not in ended.err
    assert aws_account.calls == ["BatchGetImage", "BatchGetImage"]
    # The same plan again, and nothing else: it can be checked.
    (project / "plan.yaml").write_bytes(ended.out)
    checked = kedro_batch(
        "compile", "--resolve-image", "--check", "plan.yaml", cwd=project, env=aws_account.environment
    )
    assert checked.code == 0, checked.err
    assert kedro_batch("validate", "plan.yaml", cwd=project).code == 0


def test_the_image_of_the_command_line_is_resolved_too(tmp_path, aws_account, pushed):
    words = ("--image", f"{REGISTRY}/flights:v2", "--resolve-image")
    ended = kedro_batch("compile", *words, cwd=project_with(tmp_path), env=aws_account.environment)
    assert ended.code == 0, ended.err
    assert images_in(ended.text)["flights"] == f"{REGISTRY}/flights@{pushed['v2']}"


@pytest.mark.usefixtures("pushed")
def test_a_check_that_cannot_ask_keeps_approved_digests_and_says_who_can(tmp_path, aws_account):
    project = project_with(tmp_path)
    words = ("compile", "--resolve-image", "-o", "plan.yaml")
    assert kedro_batch(*words, cwd=project, env=aws_account.environment).code == 0
    approved = (project / "plan.yaml").read_bytes()
    offline = kedro_batch("compile", "--check", "plan.yaml", cwd=project)
    assert offline.code == 3
    assert "Risks" not in offline.err
    assert "Ask it: kedro-batch compile --check plan.yaml --resolve-image" in offline.err
    # Something else changes too: the update asks for digests as well.
    settings = project / "conf/base/aws_batch.yml"
    settings.write_text(settings.read_text() + "timeout_s: 600\n")
    changed = kedro_batch("compile", "--check", "plan.yaml", cwd=project)
    assert changed.code == 3
    assert "Update it: kedro-batch compile -o plan.yaml --resolve-image" in changed.err
    assert (project / "plan.yaml").read_bytes() == approved


def test_explain_shows_the_digest_and_who_found_it(tmp_path, aws_account, pushed):
    words = ("compile", "--resolve-image", "--explain=add_up")
    ended = kedro_batch(*words, cwd=project_with(tmp_path), env=aws_account.environment)
    assert ended.code == 0, ended.err
    (image,) = (line.split(maxsplit=2) for line in ended.text.splitlines() if "job_definition.image" in line)
    assert image[1:] == [
        f"{REGISTRY}/flights@{pushed['v2']}",
        "conf/base/aws_batch.yml:9: rules[0].job_definition.image, --resolve-image",
    ]


@pytest.mark.usefixtures("pushed")
def test_all_images_that_cannot_be_resolved_are_named_with_their_places(tmp_path, aws_account):
    settings = SETTINGS.replace("flights:v1", "flights:v3").replace(f"{REGISTRY}/flights:v2", "ghcr.io/flights:v2")
    ended = kedro_batch("compile", "--resolve-image", cwd=project_with(tmp_path, settings), env=aws_account.environment)
    assert ended.code == 4
    assert ended.out == b""
    assert (
        "conf/base/aws_batch.yml:5: job_definition.image: the repository 'flights' in account 123456789012" in ended.err
    )
    assert "has no image with the tag 'v3'. It has v1, v2" in ended.err
    assert "conf/base/aws_batch.yml:9: rules[0].job_definition.image: ghcr.io/flights:v2 is not in a" in ended.err
    assert "docker buildx imagetools inspect ghcr.io/flights:v2" in ended.err


def test_without_a_declared_definition_it_is_refused_before_anything_is_asked(project):
    ended = kedro_batch("compile", "--resolve-image", cwd=project)
    assert ended.code == 4
    assert "its job definitions are only named, and their images are set on AWS" in ended.err


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({}, "Unable to locate credentials"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "cannot call BatchGetImage"),
    ],
)
def test_where_aws_cannot_be_asked_the_offline_way_is_named(tmp_path, moto_server, env, said):
    credentials = {**moto_server.environment, **env} if env else {}
    ended = kedro_batch("compile", "--resolve-image", cwd=project_with(tmp_path), env=credentials)
    assert ended.code == 5
    assert said in ended.err
    assert "Without it, compile works offline, and the plan has the tag" in ended.err
    assert "Traceback" not in ended.err


def test_a_registry_that_may_not_be_asked_ends_with_five(tmp_path, aws_account):
    aws_account.forbidden = {"BatchGetImage"}
    ended = kedro_batch("compile", "--resolve-image", cwd=project_with(tmp_path), env=aws_account.environment)
    assert ended.code == 5
    assert "Amazon ECR refused BatchGetImage: AccessDeniedException" in ended.err
