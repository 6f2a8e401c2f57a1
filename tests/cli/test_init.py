"""``kedro-batch init`` through the command line, and its questions on a terminal."""

import shlex
import subprocess

import pytest
import yaml

from kedro_batch.scaffold.written_choices import read_choices
from tests.support.command_line import PROGRAM
from tests.support.forked import kedro_batch
from tests.support.projects import json_catalog, write_project
from tests.support.terminals import on_terminal

BUCKET = ("--bucket", "flights-data")
FILES = ("conf/aws_batch/aws_batch.yml", "infrastructure.yml", "Dockerfile", ".dockerignore", ".gitignore")


@pytest.fixture
def flights(tmp_path):
    """A project with requirements, in a git repository, with a versioned dataset between two nodes."""
    catalog = json_catalog() + "  versioned: true\n"
    root = write_project(tmp_path / "flights", conf={"base/catalog.yml": catalog.replace("total:", "total_2:")})
    (root / "conf" / "base" / "catalog.yml").write_text(json_catalog("raw", "numbers", "left") + _VERSIONED)
    (root / "conf" / "base" / "aws_batch.yml").unlink()
    (root / "requirements.txt").write_text("kedro\nkedro-datasets\n")
    subprocess.run(["git", "init", "--quiet", "."], cwd=root, check=True)
    return root


def test_where_the_image_has_kedro_batch_nothing_is_accepted_for_versioned_datasets(flights):
    wheel = flights / "wheels" / "kedro_batch-0.1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    wheel.touch()
    (flights / "requirements.txt").write_text("kedro\nkedro-datasets\n./wheels/kedro_batch-0.1.0-py3-none-any.whl\n")
    ended = init(*FILES, *BUCKET, cwd=flights)
    assert ended.code == 0, ended.err
    assert "one run at a time" not in ended.err
    assert "note:" not in ended.err
    assert "accept" not in yaml.safe_load((flights / "conf/aws_batch/aws_batch.yml").read_text())
    assert f"COPY wheels/{wheel.name} wheels/\n" in (flights / "Dockerfile").read_text()


_VERSIONED = "right:\n  type: json.JSONDataset\n  filepath: data/right.json\n  versioned: true\n"


def init(*words, cwd):
    ended = kedro_batch("init", *words, cwd=cwd)
    assert "Traceback" not in ended.err
    return ended


def written(root):
    return {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file() and ".git" not in file.parts}


def test_a_second_init_changes_nothing_and_one_file_is_replaced_by_the_printed_command(flights):
    before = written(flights)
    first = init(*FILES, *BUCKET, "--spot", cwd=flights)
    assert first.code == 0, first.err
    assert first.out == b""
    assert written(flights) - before == {*FILES}
    for name in FILES:
        assert f"written: {name}\n" in first.err
    settings = yaml.safe_load((flights / "conf/aws_batch/aws_batch.yml").read_text())
    assert settings["job_queue"] == "a_project_queue"
    assert settings["accept"] == {"versioned_boundary": ["right"]}
    assert "start one run at a time, or put kedro-batch into the image (docs/versions.md)" in first.err
    assert 'bucket: "flights-data"' in (flights / "infrastructure.yml").read_text()
    assert "FROM python:3." in (flights / "Dockerfile").read_text()
    assert ".kedro-batch/\n" in (flights / ".gitignore").read_text()
    following = [line.strip() for line in first.err.partition("Next:\n")[2].splitlines()]
    assert following == [
        "kedro-batch infra deploy",
        "kedro-batch image --push",
        "kedro-batch compile --env aws_batch -o plan.yaml",
        "kedro-batch apply plan.yaml",
    ]

    ours = (flights / "Dockerfile").read_text()
    theirs = ours.replace("USER 1000:1000", "USER \aroot")
    (flights / "Dockerfile").write_text(theirs)
    second = init(*FILES, cwd=flights)  # bucket and spot are known from infrastructure.yml
    assert second.code == 0
    assert "-USER \\x07root\n+USER 1000:1000\n" in second.err
    for name in {*FILES} - {"Dockerfile"}:
        assert f"unchanged: {name}\n" in second.err, second.err
    assert (flights / "Dockerfile").read_text() == theirs
    (command,) = [line.partition("replace it: ")[2] for line in second.err.splitlines() if "replace it: " in line]
    program, name, *words = shlex.split(command)
    assert (program, name) == ("kedro-batch", "init")
    third = init(*words, cwd=flights)
    assert "replaced: Dockerfile\n" in third.err
    assert "infrastructure.yml" not in third.err
    assert (flights / "Dockerfile").read_text() == ours


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--bucket NAME --create-bucket. Nothing was written"),
        ((*BUCKET, "--github"), "--repository OWNER/NAME. Nothing was written"),
        ((*BUCKET, "--env", "a b"), "an environment of AWS Batch has a name of letters"),
        ((*BUCKET, "--env", "base"), "--env base: it counts in every environment"),
    ],
)
def test_a_mistake_is_a_message_and_leaves_no_file(words, message, flights):
    before = written(flights)
    ended = init(*words, cwd=flights)
    assert (ended.code, ended.out) == (2, b"")
    assert message in ended.err
    assert written(flights) == before


def test_outside_of_a_project_the_way_there_is_told(tmp_path):
    ended = init(*BUCKET, cwd=tmp_path)
    assert ended.code == 4
    assert "no Kedro project in" in ended.err


def test_settings_that_the_project_has_already_are_named(project):
    ended = init("conf/aws_batch/aws_batch.yml", "--project", str(project), cwd=project.parent)
    assert ended.code == 0
    assert "conf/base/aws_batch.yml counts in the environment aws_batch too" in ended.err
    assert "takes shared_paths back" in ended.err
    assert f"\n  cd {project}\n" in ended.err
    assert yaml.safe_load((project / "conf/aws_batch/aws_batch.yml").read_text())["shared_paths"] == []


def test_the_project_compiles_clean_with_what_init_has_written(flights):
    ended = init(*BUCKET, "--create-bucket", cwd=flights)
    assert ended.code == 0, ended.err
    assert "wrote conf/aws_batch/catalog_kedro_batch.yml\n" in ended.err
    steps = [line.strip() for line in ended.err.partition("\nNext:\n")[2].splitlines()]
    assert ended.err.count("Next:") == 1
    assert steps == [
        "Add s3fs to requirements.txt: without it, no job can open s3://",
        "kedro-batch infra deploy",
        "kedro-batch image --push",
        "kedro-batch compile --env aws_batch --write-catalog s3://flights-data/a_project --upload",
        "kedro-batch compile --env aws_batch -o plan.yaml",
        "kedro-batch apply plan.yaml",
    ]
    assert "aws s3 cp" not in ended.err  # the bucket may not exist yet
    with (flights / "requirements.txt").open("a") as file:
        file.write("s3fs\n")
    compiled = kedro_batch("compile", "--env", "aws_batch", "--strict", "-o", "plan.yaml", cwd=flights)
    assert compiled.code == 0, compiled.err
    assert "s3fs" not in compiled.err


def test_a_catalog_that_people_have_changed_is_kept(flights):
    init(*BUCKET, cwd=flights)
    catalog = flights / "conf/aws_batch/catalog_kedro_batch.yml"
    catalog.write_text(catalog.read_text().replace("flights-data", "other-data"))
    again = init(cwd=flights)
    assert again.code == 0, again.err
    command = f"kedro-batch init --force {catalog.relative_to(flights)}"
    assert f"kept: {catalog.relative_to(flights)} differs. To replace it: {command}\n" in again.err
    assert "-  filepath: s3://other-data/" in again.err
    assert "other-data" in catalog.read_text()
    replaced = kedro_batch(*shlex.split(command)[1:], cwd=flights)
    assert replaced.code == 0, replaced.err
    assert "other-data" not in catalog.read_text()


def test_init_and_the_upload_need_no_image_where_it_is_not_pushed_yet(flights):
    init(*BUCKET, cwd=flights)
    settings = flights / "conf/aws_batch/aws_batch.yml"
    declared = (
        "job_definition:\n  name: kedro_run\n  platform: fargate\n  execution_role: arn:aws:iam::123456789012:role/r"
    )
    settings.write_text(settings.read_text().replace("job_definition: kedro_run", declared))
    again = init(cwd=flights)
    assert (again.code, again.err.count("unchanged: ")) == (0, 6), again.err
    data = "s3://flights-data/a_project"
    written = kedro_batch("compile", "--env", "aws_batch", "--write-catalog", data, cwd=flights)
    assert written.code == 0, written.err
    refused = kedro_batch("compile", "--env", "aws_batch", "-o", "plan.yaml", cwd=flights)
    assert refused.code == 4
    assert "job_definition.image: is missing" in refused.err


def test_errors_of_the_project_leave_the_files_and_say_how_to_go_on(flights):
    broken = flights / "conf/base/catalog.yml"
    whole = broken.read_text()
    broken.write_text(whole + "raw:\n  type: json.JSONDataset\n")
    ended = init(*BUCKET, cwd=flights)
    assert ended.code == 4
    assert "Next:" not in ended.err
    broken.write_text(whole)
    again = init(*BUCKET, cwd=flights)
    assert again.code == 0, again.err


# Questions


def init_on_terminal(root, *words):
    return on_terminal("init", *words, cwd=root, env={"CI": ""}, program=PROGRAM)


def test_what_nobody_knows_is_asked_until_the_answer_is_one(flights):
    with init_on_terminal(flights, "--github", "infrastructure.yml") as terminal:
        terminal.wait_for("S3 bucket for the data")
        terminal.type("Flights Data")
        terminal.wait_for("is not the name of a bucket")
        terminal.wait_for("S3 bucket for the data")
        terminal.type("s3://flights-data/team/flights")
        terminal.wait_for("Does the bucket flights-data exist already? [Y/n]")
        terminal.type("n")
        terminal.wait_for("Repository on github.com (OWNER/NAME)")
        terminal.type("team/flights")
        assert terminal.end().code == 0
    kept = read_choices((flights / "infrastructure.yml").read_text()) or {}
    assert (kept["bucket"], kept["prefix"], kept["create_bucket"]) == ("flights-data", "team/flights", True)
    assert kept["repository"] == "team/flights"


@pytest.mark.parametrize(
    ("key", "code", "said"), [("\x04", 2, "there was no answer"), ("\x03", 130, "Stopped by SIGINT")]
)
def test_no_answer_leaves_no_file(key, code, said, flights):
    before = written(flights)
    with init_on_terminal(flights) as terminal:
        terminal.wait_for("S3 bucket for the data")
        terminal.press(key)
        ended = terminal.end()
    assert ended.code == code
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert written(flights) == before
