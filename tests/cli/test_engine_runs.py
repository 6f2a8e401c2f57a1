"""How builds and pushes end, with a stand-in for the engine and a registry over HTTP."""

import pytest

from kedro_batch.cli.engine_runs import build_image, push_image, refuse_missing_dockerfile
from kedro_batch.errors import ProjectError, ServiceError
from kedro_batch.image.engine import Build, Engine, EngineName
from kedro_batch.image.registry import OtherRepository
from tests.support.engines import BUILDING, REFUSED
from tests.support.engines import Engine as StandIn
from tests.support.registry import registry


@pytest.fixture
def server():
    with registry() as it:
        yield it


@pytest.fixture
def docker(tmp_path):
    return StandIn(tmp_path / "docker")


@pytest.fixture
def engine(tmp_path, docker, monkeypatch):
    monkeypatch.setenv("DOCKER_CONFIG", docker.environment["DOCKER_CONFIG"])
    return Engine(name=EngineName.DOCKER, program=str(tmp_path / "docker" / "docker"))


def a_build(root, *given):
    return Build(root=root, reference="flights:v1", platform="linux/amd64", labels=(), proof="proof:1", given=given)


def again(*words):
    return f"again -- {' '.join(words)}"


@pytest.mark.parametrize("quiet", [True, False])
def test_a_build_that_fails_is_seen_with_its_output_also_if_quiet(tmp_path, engine, docker, capfd, quiet):
    docker.says(build_code=3)
    with pytest.raises(ProjectError, match="docker says above why, and ended with exit code 3"):
        build_image(engine, a_build(tmp_path), again, quiet=quiet)
    assert "the command of a step failed\n" in capfd.readouterr().err


@pytest.mark.parametrize("quiet", [True, False])
def test_a_build_that_ends_well_is_seen_unless_quiet(tmp_path, engine, capfd, quiet):
    build_image(engine, a_build(tmp_path), again, quiet=quiet)
    shown = capfd.readouterr()
    assert (f"$ docker build --file {tmp_path}/Dockerfile " in shown.err) is not quiet
    assert (BUILDING in shown.err + shown.out) is not quiet


@pytest.mark.parametrize(
    ("says", "said"),
    [
        ({"loads": False}, r"did not get the image: its builder keeps it for itself. .* add --load: again -- --load$"),
        ({"platform": "linux/arm64"}, "flights:v1 is for linux/arm64, and the jobs run on linux/amd64"),
    ],
)
def test_an_image_that_jobs_cannot_run_is_refused(tmp_path, engine, docker, says, said):
    docker.says(**says)
    docker.has("flights:v1")  # of an earlier build
    with pytest.raises(ProjectError, match=said):
        build_image(engine, a_build(tmp_path), again, quiet=True)
    assert docker.names == ["flights:v1"]


def test_a_platform_of_the_user_is_not_judged(tmp_path, engine, docker):
    build_image(engine, a_build(tmp_path, "--platform", "linux/arm64"), again, quiet=True)
    assert docker.words("build")[-3:-1] == ["--platform", "linux/arm64"]


def test_a_dockerfile_of_the_user_takes_the_place_of_a_missing_one(tmp_path):
    refuse_missing_dockerfile(a_build(tmp_path, "-f", "Containerfile"), "kedro-batch init", again)
    with pytest.raises(ProjectError, match=r"Write one: kedro-batch init\. Or name yours: again -- --file"):
        refuse_missing_dockerfile(a_build(tmp_path), "kedro-batch init", again)


@pytest.mark.parametrize("tells", [True, False])  # the docker of podman-docker does not tell
def test_the_digest_is_that_of_the_engine_or_of_the_registry(engine, docker, server, tells):
    docker.says(tells=tells)
    name = f"{server.host}/flights"
    digest = push_image(engine, OtherRepository(name), f"{name}:v1", quiet=True)
    assert server.tags == {"flights/manifests/v1": digest}
    assert bool(server.asked) is not tells


def test_a_tag_that_came_while_it_was_pushed_stays_and_its_digest_is_told(engine, docker, server, capfd):
    docker.says(push_code=1, meanwhile=True)
    name = f"{server.host}/flights"
    digest = push_image(engine, OtherRepository(name), f"{name}:v1", quiet=True)
    assert server.tags == {"flights/manifests/v1": digest}
    shown = capfd.readouterr().err
    assert REFUSED in shown
    assert f"{name}:v1 is there: somebody else has pushed it in the meantime" in shown


@pytest.mark.parametrize("status", [None, 401])
def test_a_push_that_is_refused_says_what_it_needs(engine, docker, server, status):
    docker.says(push_code=1)
    server.status = status
    name = f"{server.host}/flights"
    with pytest.raises(ServiceError, match=f"exit code 1. If it wants a login: docker login {server.host}$"):
        push_image(engine, OtherRepository(name), f"{name}:v1", quiet=True)
