"""Declared job definitions in a real project: files and lines, ``--image``, ``--explain``, account and region."""

import json

import pytest

from tests.support.forked import kedro_batch
from tests.support.projects import write_project

DECLARED = """\
job_queue: a_queue
job_definition:
  name: run
  image: repo:1
  resources: {vcpus: 2}
shared_paths: [data]
account: 123456789012
region: eu-west-1
rules:
  - match: {nodes: [go_left]}
    job_definition:
      name: left
      log_group: /left
"""


@pytest.fixture
def project(tmp_path):
    return write_project(tmp_path, conf={"base/aws_batch.yml": DECLARED})


def test_a_plan_declares_what_the_settings_do_and_notes_the_tag(project):
    ended = kedro_batch("compile", "--strict", cwd=project)
    assert ended.code == 0, ended.err
    head = ended.text.partition("defaults:")[0].partition("account:")[2]
    assert head == (
        ' "123456789012"\n'
        "region: eu-west-1\n"
        "job_definitions:\n"
        "  left:\n"
        '    image: "repo:1"\n'
        "    resources:\n"
        "      vcpus: 2\n"
        "      memory_mib: 2048\n"
        "    log_group: /left\n"
        "  run:\n"
        '    image: "repo:1"\n'
        "    resources:\n"
        "      vcpus: 2\n"
        "      memory_mib: 2048\n"
    )
    assert "note moving_image: conf/base/aws_batch.yml:4: job_definition.image: repo:1 has no digest" in ended.err


def test_explain_says_what_set_each_part_of_a_definition(project):
    ended = kedro_batch("compile", "--explain=go_left", "--image=repo:2", cwd=project)
    assert ended.code == 0, ended.err
    assert [line.split(maxsplit=2) for line in ended.text.splitlines()[4:]] == [
        ["job_definition.name", "left", "conf/base/aws_batch.yml:12: rules[0].job_definition.name"],
        ["job_definition.image", "repo:2", "--image"],
        ["job_definition.resources.vcpus", "2", "conf/base/aws_batch.yml:5: job_definition.resources.vcpus"],
        ["job_definition.log_group", "/left", "conf/base/aws_batch.yml:13: rules[0].job_definition.log_group"],
        ["job_definition.resources.memory_mib", "2048", "filled in, since nothing states it"],
    ]


def test_two_that_differ_under_one_name_are_refused_with_both_lines(project):
    file = project / "conf/base/aws_batch.yml"
    file.write_text(DECLARED.replace("      name: left\n", ""))
    ended = kedro_batch("compile", cwd=project)
    assert ended.code == 4
    assert (
        "conf/base/aws_batch.yml:12: rules[0].job_definition.log_group: two job definitions have the name 'run' and "
        "differ in log_group, by this and by conf/base/aws_batch.yml:2: job_definition.log_group. Give the one"
    ) in ended.err


def test_an_image_is_refused_where_the_definition_is_only_named(tmp_path):
    project = write_project(tmp_path)
    ended = kedro_batch("compile", "--image=repo:2", cwd=project)
    assert (ended.code, ended.out) == (4, b"")
    assert "In place of conf/base/aws_batch.yml:2: job_definition, declare it:" in ended.err
    lines = '    job_definition:\n      name: a_definition\n      image: "repo:2"\n'
    assert lines in ended.err
    as_json = kedro_batch("compile", "--image=repo:2", "--json", cwd=project)
    assert as_json.code == 4
    assert json.loads(as_json.out)["diagnostics"][0]["code"] == "invalid_config"
    settings = project / "conf/base/aws_batch.yml"
    pasted = "".join(line[4:] for line in lines.splitlines(keepends=True))
    settings.write_text(settings.read_text().replace("job_definition: a_definition:2\n", pasted))
    assert kedro_batch("compile", "--image=repo:2", cwd=project).code == 0


@pytest.mark.parametrize("image", ["a b", "Repo:1", "repo@sha256:1", "https://repo"])
def test_what_is_no_image_is_a_mistake_of_the_command_line(project, image):
    ended = kedro_batch("compile", f"--image={image}", cwd=project)
    assert ended.code == 2
    assert "is not the name of an image: " in ended.err


def test_an_account_that_yaml_has_made_another_number_must_be_quoted(project):
    file = project / "conf/base/aws_batch.yml"
    file.write_text(DECLARED.replace("123456789012", "012345670123"))
    ended = kedro_batch("compile", cwd=project)
    assert ended.code == 4
    assert "aws_batch.yml:7: account: must be text, found the number 1402433619: put it in quotes. " in ended.err
    assert (
        'A number that begins with 0 is read in base 8: if you have written 012345670123, write account: "012345670123"'
        in ended.err
    )
    file.write_text(DECLARED.replace("123456789012", '"012345670123"'))
    assert b'account: "012345670123"\n' in kedro_batch("compile", cwd=project).out


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("  name: prod\n", "image"),
        ("  image: repo:2\n", "name"),
        ("  name: prod\n  image: repo:2\n  secrets: {A: b}\n", "execution_role"),
    ],
)
def test_what_an_environment_replaces_is_missing_there_and_not_where_it_is(tmp_path, given, missing):
    role = "  execution_role: arn:aws:iam::123456789012:role/x\n"
    base = DECLARED.replace("  image: repo:1\n", "  image: repo:1\n" + role)
    settings = {"base/aws_batch.yml": base, "prod/aws_batch.yml": f"job_definition:\n{given}"}
    project = write_project(tmp_path, conf=settings)
    ended = kedro_batch("compile", "--env=prod", cwd=project)
    assert ended.code == 4
    assert f"conf/prod/aws_batch.yml:1: job_definition.{missing}: is missing" in ended.err
    line = {"name": 3, "image": 4, "execution_role": 5}[missing]
    assert (
        "job_definition in conf/prod/aws_batch.yml replaces that of conf/base/aws_batch.yml as a whole, with what line "
        f"{line} there sets"
    ) in ended.err
