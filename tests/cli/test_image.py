"""``image``, through the command line: real git, ECR over HTTP, and a stand-in for docker or podman."""

import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.command_line import PROGRAM, environment
from tests.support.engines import BUILDING, Engine, without_engine
from tests.support.forked import kedro_batch
from tests.support.projects import TARGET, write_project
from tests.support.registry import registry
from tests.support.repositories import commit_all

pytestmark = pytest.mark.xdist_group("aws")  # one moto server for all of them

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
DECLARED = f"""\
# Where the jobs run.
job_queue: a_queue
job_definition:
  name: kedro_run  # declared

image_repository: {HOST}/flights
"""
FILE = "conf/aws_batch/aws_batch.yml"
DIRTY = r"dirty-[0-9]{8}T[0-9]{6}Z"


def project_with(folder, settings=DECLARED, **base):
    conf = {"base/aws_batch.yml": None, "aws_batch/aws_batch.yml": settings, **base}
    project = write_project(folder / "project", conf=conf)
    (project / "Dockerfile").write_text("FROM python:3.11-slim\n")
    (project / ".gitignore").write_text("__pycache__/\n")
    return project


@pytest.fixture
def docker(tmp_path):
    return Engine(tmp_path / "docker")


@pytest.fixture
def server():
    with registry() as it:
        yield it


def test_without_push_it_is_built_under_the_name_of_the_package_and_nothing_else(tmp_path, docker):
    project = project_with(tmp_path, TARGET)
    ended = kedro_batch("image", "--", "--no-cache", cwd=project, env=docker.environment)
    assert ended.code == 0, ended.err
    assert re.fullmatch(rf"a_project:{DIRTY}\n", ended.text)
    reference = ended.text.strip()
    words = docker.words("build")
    proof = words.pop(8)
    assert words == [
        *("build", "--file", f"{project}/Dockerfile", "--platform", "linux/amd64", "--tag", reference, "--tag"),
        *("--no-cache", str(project)),
    ]
    assert docker.names == [reference], f"{proof} was for the build alone"
    assert "Warning: the project is in no git repository, so the tag is dirty-" in ended.err
    assert BUILDING in ended.err
    assert f"Built {reference}. To build and push: kedro-batch image --push -- --no-cache\n" in ended.err
    assert [call["words"][0] for call in docker.calls] == ["version", "build", "image", "image"]


def test_an_older_image_of_the_same_name_is_not_taken_for_the_one_that_was_built_and_no_secret_is_shown(
    tmp_path, server, docker
):
    project = project_with(tmp_path)
    settings = DECLARED.replace(HOST, server.host)
    (project / "conf" / "prod").mkdir()
    (project / "conf" / "prod" / "aws_batch.yml").write_text(settings)
    docker.has(f"{server.host}/flights:v1")
    docker.says(loads=False)
    words = ["--push", "--tag=v1", "--env", "prod"]
    ended = kedro_batch("image", *words, "--", "--build-arg", "TOKEN=made-up", cwd=project, env=docker.environment)
    assert (ended.code, ended.out, server.tags) == (4, b"", {})
    again = "kedro-batch image --push --tag=v1 --env prod -- --build-arg TOKEN=... --load"
    assert (
        f"docker did not get the image: its builder keeps it for itself. With buildx, add --load: {again}" in ended.err
    )
    assert "--build-arg TOKEN=... " in ended.err.partition("\n")[0]
    assert "made-up" not in ended.err
    assert "TOKEN=made-up" in docker.words("build")
    assert (project / "conf" / "prod" / "aws_batch.yml").read_text() == settings


def test_a_commit_is_pushed_to_ecr_once_and_told_by_its_digest(tmp_path, aws_account, docker):
    project = project_with(tmp_path)
    commit = commit_all(project)
    client = aws_account.client("ecr")
    client.create_repository(repositoryName="flights")
    env = {**aws_account.environment, **docker.environment}
    ended = kedro_batch("image", "--push", cwd=project, env=env)
    assert ended.code == 0, ended.err
    (pushed,) = client.list_images(repositoryName="flights")["imageIds"]
    assert pushed["imageTag"] == commit
    image = f"{HOST}/flights@{pushed['imageDigest']}"
    assert ended.text == f"{image}\n"
    assert f"--label org.opencontainers.image.revision={commit}" in " ".join(docker.words("build"))
    # The login was for this push: it is in no words, and nothing is left of it.
    config = docker.calls[-1]["config"]
    (login,) = config["content"]["auths"].values()
    assert list(config["content"]["auths"]) == [HOST]
    assert not any(login["auth"] in word for call in docker.calls for word in call["words"])
    assert login["auth"] not in ended.err
    assert not Path(config["folder"]).exists()
    assert not list(Path(docker.environment["DOCKER_CONFIG"]).iterdir())
    # The settings have it, and the next command works as it is printed.
    assert (project / FILE).read_text() == DECLARED.replace("declared\n", f"declared\n  image: {image}\n")
    assert f"Wrote it into {FILE}: job_definition.image" in ended.err
    command = ended.err.split("\n\n    ")[1].strip()
    assert command == "kedro-batch compile --env aws_batch -o plan.yaml"
    assert kedro_batch(*command.split()[1:], cwd=project).code == 0
    assert image in (project / "plan.yaml").read_text()
    # Again: the settings file alone is another, the tag is there, and no engine is needed.
    (project / "plan.yaml").unlink()
    again = kedro_batch(
        "image", "--push", cwd=project, env={**aws_account.environment, **without_engine(tmp_path / "none")}
    )
    assert again.code == 0, again.err
    assert again.text == f"{image}\n"
    assert f"{HOST}/flights:{commit} is there already: nothing was built or pushed." in again.err
    assert f"{FILE} has it already: job_definition.image. Next:" in again.err


def test_what_is_not_committed_is_named_and_gets_a_tag_of_its_own(tmp_path, server):
    podman = Engine(tmp_path / "podman", "podman")
    project = project_with(tmp_path, f"{TARGET}image_repository: {server.host}/flights\n")
    commit = commit_all(project)
    for name in ("a.py", "b.py", "c.py", "\x07d.py"):
        (project / name).write_text("")
    ended = kedro_batch("image", "--push", "-q", cwd=project, env=podman.environment)
    assert ended.code == 0, ended.err
    ((path, digest),) = server.tags.items()
    assert re.fullmatch(rf"flights/manifests/{commit}-{DIRTY}", path)
    assert ended.text == f"{server.host}/flights@{digest}\n"
    assert ended.err == (
        f"Warning: not committed: \\x07d.py, a.py, b.py and 1 more. So the tag is {path.rpartition('/')[2]}. "
        "Commit first if others use the image.\n"
    )
    assert "--label" not in podman.words("build")


def test_a_definition_that_is_only_named_is_left_alone_and_it_is_said_who_sets_its_image(tmp_path, server, docker):
    settings = f"{TARGET}image_repository: {server.host}/flights\n"
    project = project_with(tmp_path, settings)
    server.status = 401
    docker.says(push_code=0)
    ended = kedro_batch("image", "--push", "--tag", "v1", cwd=project, env=docker.environment)
    assert ended.code == 0, ended.err
    assert ended.text == f"{server.host}/flights@{server.tags['flights/manifests/v1']}\n"
    assert (
        f"Note: whether {server.host}/flights:v1 is there already is not known: {server.host} wants a login"
        in ended.err
    )
    assert f"{FILE} only names the job definition a_definition:2, and its image is set on AWS" in ended.err
    assert (project / FILE).read_text() == settings
    assert docker.calls[-1]["config"]["folder"] == docker.environment["DOCKER_CONFIG"]  # the user's own login counts


def test_a_definition_that_another_file_declares_gets_the_image_by_an_option(tmp_path, server, docker):
    own = f"shared_paths: [data]\nimage_repository: {server.host}/flights\n"
    base = {"base/aws_batch.yml": "job_queue: a_queue\njob_definition: {name: kedro_run, image: 'busybox:1'}\n"}
    project = project_with(tmp_path, own, **base)
    ended = kedro_batch("image", "--push", "--tag=v1", "--project", project, cwd=tmp_path, env=docker.environment)
    assert ended.code == 0, ended.err
    command = ended.err.split("\n\n    ")[1].strip()
    image = ended.text.strip()
    assert command == (f"kedro-batch compile --project {project} --env aws_batch -o project/plan.yaml --image {image}")
    assert kedro_batch(*command.split()[1:], cwd=tmp_path).code == 0
    assert image in (project / "plan.yaml").read_text()


@pytest.mark.parametrize(
    "case",
    [
        (
            ["--push"],
            TARGET,
            {},
            4,
            f"{FILE} does not say where images are pushed. Create a repository: kedro-batch infra deploy (it",
        ),
        (["--push"], f"{DECLARED}account: '210987654321'\n", {}, 2, "of 123456789012. Nothing was changed"),
        (
            ["--push"],
            f"{DECLARED}region: eu-west-1\n",
            {},
            2,
            "is for the region eu-west-1, and the shell names us-east-1",
        ),
        (["--push"], DECLARED, {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, 5, "Check the network"),
        (["--push"], DECLARED, {"AWS_ACCESS_KEY_ID": ""}, 5, "Log in (aws sso login, aws login)"),
        (
            ["--push"],
            DECLARED,
            {"AWS_DEFAULT_REGION": ""},
            5,
            "there is no repository 'flights' in account 123456789012, us-east-1. Create it",
        ),
        ([], TARGET, {}, 2, "neither docker nor podman is on the PATH"),
        (["--tag", "a/b"], TARGET, {}, 2, "the tag 'a/b' must have 1 to 128 letters"),
        (["."], TARGET, {}, 2, "'.' is no option of image. Write what is for the build of Docker behind --"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_built(tmp_path, aws_account, case):
    words, settings, env, code, said = case
    project = project_with(tmp_path, settings)
    given = {**aws_account.environment, **without_engine(tmp_path / "none"), **env}
    ended = kedro_batch("image", *words, cwd=project, env={key: value for key, value in given.items() if value})
    assert (ended.code, ended.out) == (code, b""), ended.err
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert (project / FILE).read_text() == settings


@pytest.mark.parametrize(("says", "code", "said"), [({"build_code": 3}, 4, "build"), ({"push_code": 1}, 5, "push")])
def test_what_the_engine_refuses_ends_with_its_own_words_and_changes_nothing(tmp_path, server, says, code, said):
    docker = Engine(tmp_path / "docker")
    settings = DECLARED.replace(HOST, server.host)
    project = project_with(tmp_path, settings)
    docker.says(**says)
    ended = kedro_batch("image", "--push", "--tag=v1", cwd=project, env=docker.environment)
    assert (ended.code, ended.out) == (code, b"")
    assert f"Error: the {said} failed: docker says above why, and ended with exit code" in ended.err
    assert (project / FILE).read_text() == settings
    assert server.tags == {}


def test_without_a_dockerfile_the_command_that_writes_one_is_named(tmp_path, docker):
    project = project_with(tmp_path, TARGET)
    (project / "Dockerfile").unlink()
    ended = kedro_batch("image", cwd=project, env=docker.environment)
    assert ended.code == 4
    assert f"there is no Dockerfile in {project}. Write one: kedro-batch init. Or name yours: " in ended.err
    assert docker.calls == []


def test_a_signal_reaches_the_engine_and_ends_the_command(tmp_path, docker):
    project = project_with(tmp_path, TARGET)
    docker.says(waits=True)
    with subprocess.Popen(
        [*PROGRAM, "image"],
        cwd=project,
        env=environment(docker.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        assert process.stdout
        for line in process.stderr:
            if line == "waits\n":
                process.send_signal(signal.SIGTERM)
                break
        rest = process.stderr.read()
        assert process.wait() == 128 + signal.SIGTERM
        assert rest == "Stopped by SIGTERM.\n"
        assert process.stdout.read() == ""
    assert [call["words"][0] for call in docker.calls] == ["version", "build", "image"]


def test_a_project_that_is_not_prepared_is_led_to_init(tmp_path, docker):
    project = write_project(tmp_path / "project")
    ended = kedro_batch("image", cwd=project, env=docker.environment)
    assert ended.code == 4
    assert "no environment is named 'aws_batch'" in ended.err
    assert ended.err.endswith("To prepare the project for AWS Batch: kedro-batch init\n")
