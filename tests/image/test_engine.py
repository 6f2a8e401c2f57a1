"""The commands that an engine gets."""

import pytest

from kedro_batch.errors import UsageError
from kedro_batch.image.engine import Build, Engine, EngineName, find_digest_in, find_engine, hide_build_args
from tests.support.engines import Engine as StandIn

DOCKER = Engine(name=EngineName.DOCKER, program="/usr/bin/docker")
PODMAN = Engine(name=EngineName.PODMAN, program="/usr/bin/podman")
DIGEST = f"sha256:{'0f' * 32}"


def command(root, *given, labels=()):
    build = Build(
        root=root, reference="flights:v1", platform="linux/amd64", labels=labels, proof="proof:1", given=given
    )
    return DOCKER.build(build)[2:]


def test_a_build_names_its_file_its_platform_its_labels_and_its_context(tmp_path):
    assert command(tmp_path, labels=("revision=1",)) == [
        *("--file", f"{tmp_path}/Dockerfile", "--platform", "linux/amd64", "--label", "revision=1"),
        *("--tag", "flights:v1", "--tag", "proof:1", str(tmp_path)),
    ]


@pytest.mark.parametrize("given", [["--file", "other"], ["--file=other"], ["-f", "other"], ["-fother"]])
def test_another_dockerfile_takes_the_place_of_that_of_the_project(tmp_path, given):
    words = command(tmp_path, *given)
    assert words == ["--platform", "linux/amd64", "--tag", "flights:v1", "--tag", "proof:1", *given, str(tmp_path)]


@pytest.mark.parametrize("given", [["--platform", "linux/arm64"], ["--platform=linux/arm64"]])
def test_another_platform_takes_the_place_of_that_of_the_jobs(tmp_path, given):
    words = command(tmp_path, *given)
    assert words == [
        "--file",
        f"{tmp_path}/Dockerfile",
        "--tag",
        "flights:v1",
        "--tag",
        "proof:1",
        *given,
        str(tmp_path),
    ]


def test_other_words_for_the_build_take_no_place(tmp_path):
    words = command(tmp_path, "--force-rm", "--build-arg", "file=x")
    assert words[:4] == ["--file", f"{tmp_path}/Dockerfile", "--platform", "linux/amd64"]


@pytest.mark.parametrize(
    ("reference", "insecure"),
    [("localhost:5000/flights:v1", True), ("127.0.0.1:5000/flights:v1", True), ("localhost.example.com/a:v1", False)],
)
def test_podman_speaks_http_with_this_machine_alone_as_docker_does(tmp_path, reference, insecure):
    flags = ["--tls-verify=false"] if insecure else []
    file = tmp_path / "digest"
    assert PODMAN.push(reference, file)[1:] == ["push", *flags, "--digestfile", str(file), reference]
    assert DOCKER.push(reference, file)[1:] == ["push", reference]


def test_the_digest_is_in_the_last_line_of_a_push():
    output = f"cad93e079ce0: Pushed\nv1: digest: {DIGEST} size: 735\n".encode()
    assert find_digest_in(output) == DIGEST
    assert find_digest_in(b"cad93e079ce0: Pushed\n") is None


def test_values_that_may_be_secrets_are_not_shown():
    command = ["build", "--build-arg", "A=b=c", "--build-arg=D=e", "--build-arg", "FROM_ENV", "--label", "f=g"]
    shown = ["build", "--build-arg", "A=...", "--build-arg=D=...", "--build-arg", "FROM_ENV", "--label", "f=g"]
    assert hide_build_args(command) == shown


def test_docker_comes_first_and_podman_where_there_is_no_docker(tmp_path, monkeypatch):
    for name in ("podman", "docker"):
        StandIn(tmp_path / name, name)
    monkeypatch.setenv("PATH", f"{tmp_path}/podman")
    assert find_engine(None) == Engine(name=EngineName.PODMAN, program=f"{tmp_path}/podman/podman")
    monkeypatch.setenv("PATH", f"{tmp_path}/podman:{tmp_path}/docker")
    assert find_engine(None).name is EngineName.DOCKER
    assert find_engine("podman").name is EngineName.PODMAN


@pytest.mark.parametrize(
    ("asked", "said"), [(None, "neither docker nor podman is on the PATH"), ("podman", "podman is not on the PATH")]
)
def test_without_an_engine_it_is_said_what_to_install(tmp_path, monkeypatch, asked, said):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=rf"{said}.*Install Docker .* or Podman"):
        find_engine(asked)


def test_an_engine_that_does_not_run_says_so_itself_and_the_other_one_is_named(tmp_path, monkeypatch):
    docker, _ = StandIn(tmp_path / "docker"), StandIn(tmp_path / "podman", "podman")
    docker.says(works=False)
    monkeypatch.setenv("PATH", f"{tmp_path}/docker:{tmp_path}/podman")
    with pytest.raises(UsageError, match=r"Is it running\? Start it: .*\. Or use the other one: --engine podman$"):
        find_engine(None)


def test_of_an_engine_that_says_very_much_the_first_lines_are_shown(tmp_path, monkeypatch):
    program = tmp_path / "docker"
    program.write_text("#!/bin/sh\nyes 'no daemon' | head -n 100000 >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(UsageError) as refused:
        find_engine("docker")
    assert str(refused.value).count("no daemon") == 10
