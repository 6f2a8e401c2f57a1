"""The files of init as text: valid as they stand, and valid when people use the examples in them."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from kedro_batch.compiler.settings.batch_config import resolve_settings
from kedro_batch.compiler.settings.config_source import ConfigSource
from kedro_batch.files.yaml_editor import with_values
from kedro_batch.files.yaml_reader import parse
from kedro_batch.plan.settings import Platform
from kedro_batch.scaffold.choices import Choices
from kedro_batch.scaffold.dependencies import Dependencies, Installer
from kedro_batch.scaffold.init_files import (
    DOCKERFILE,
    FileNames,
    ImageView,
    SettingsView,
    render_image_file,
    render_settings,
)

ROOT = Path(__file__).parent.parent.parent
SCHEMA = json.loads((ROOT / "schemas" / "config.schema.json").read_text())


def choices(**changed):
    return Choices(project="flights", bucket="flights-data", prefix="flights", **changed)


def settings(existing=None, *, base=None, versioned=(), **changed):
    view = SettingsView(
        choices=choices(**changed),
        conf="conf",
        base=base or {},
        base_file="conf/base/aws_batch.yml" if base else None,
        versioned=versioned,
    )
    return render_settings(view, existing, "aws_batch.yml")


def check(text, base=None):
    """Read settings as Kedro merges them over the base, by the schema and by our own checks."""
    document = parse(text.encode(), "aws_batch.yml")
    assert not document.diagnostics, text
    assert document.value == yaml.safe_load(text)
    Draft202012Validator(SCHEMA).validate(document.value)
    source = ConfigSource(aws_batch={**(base or {}), **document.value}, parameters={}, files={}, expected_file="x")
    return resolve_settings(source, None, env="aws_batch")


EXAMPLE = re.compile(r"^#[a-z_]+:.*\n(?:#  .*\n)*", re.MULTILINE)
"""An example in a comment: a key right after the #, and the lines below it that are indented."""


def examples(text):
    return EXAMPLE.findall(text)


def used(text, *some):
    for example in some:
        text = text.replace(example, re.sub("^#", "", example, flags=re.MULTILINE))
    return text


def key_of(example):
    return example[1:].partition(":")[0]


VARIANTS = [
    {},
    {"spot": True},
    {"platform": Platform.EC2},
    {"packaged": True},
    {"env": "prod"},
    {"versioned": ("model", "a-b", "no", "1e3")},
]


# aws_batch.yml


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_settings_are_valid_as_they_stand(variant):
    text = settings(**variant)
    stated = check(text)
    assert stated.defaults.settings.job_queue == "flights_queue"
    assert "null" not in text
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_setting_that_exists_is_in_the_file(variant):
    text = settings(**variant)
    named = {*yaml.safe_load(text), *map(key_of, examples(text))}
    # Amounts are under `resources`; the comment there says that they may stand by themselves.
    assert named | {"vcpus", "memory_mib"} == set(SCHEMA["properties"])
    for name in ("vcpus", "memory_mib"):
        assert re.search(rf"^# {name}|# .*, {name}|\b{name} and", text, re.MULTILINE)


@pytest.mark.parametrize("example", examples(settings()), ids=key_of)
def test_every_example_can_be_used_alone(example):
    check(used(settings(), example))


def test_all_examples_that_go_together_can_be_used_at_once():
    text = settings(platform=Platform.EC2)
    check(used(text, *(one for one in examples(text) if key_of(one) != "submit_tags")))


def test_every_example_has_a_comment_above_it():
    lines = settings().splitlines()
    for number, line in enumerate(lines):
        if re.match(r"#?[a-z_]+:", line):
            above = lines[number - 1]
            assert above.startswith("#") or re.match(r"[a-z_ ]+:", above), line


def test_what_the_base_environment_has_is_not_repeated():
    base = {"vcpus": 2, "attempts": 2, "shared_paths": ["data"], "job_queue": "other"}
    text = settings(base=base)
    own = yaml.safe_load(text)
    assert own.keys() == {"job_queue", "job_definition", "timeout_s", "shared_paths"}
    stated = check(text, base)
    assert stated.defaults.settings.job_queue == "flights_queue"
    assert stated.shared_paths == ()
    assert stated.defaults.settings.attempts == 2


def test_with_spare_capacity_jobs_are_started_again_when_it_is_taken_away():
    assert "spot" in yaml.safe_load(settings(spot=True))["retry_on"]
    assert "spot" not in yaml.safe_load(settings())["retry_on"]


def test_a_packaged_project_has_a_command_of_its_own():
    assert check(settings(packaged=True)).command_prefix == ("python", "-m", "flights")


def test_versioned_datasets_are_accepted_by_name():
    assert check(settings(versioned=("a", "no"))).accept == {"versioned_boundary": ("a", "no")}


RESULTS = {
    "account": "123456789012",
    "region": "eu-west-1",
    "job_queue": "flights_queue",
    "image_repository": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/flights",
    "job_definition": {
        "name": "kedro_run",
        "job_role": "arn:aws:iam::123456789012:role/batchJobRole",
        "execution_role": "arn:aws:iam::123456789012:role/batchExecutionRole",
        "platform": "fargate",
        "log_group": "/aws/batch/flights",
        "public_ip": True,
    },
}


def test_what_is_deployed_stays_and_everything_else_is_as_before():
    deployed = with_values(settings(), RESULTS, "aws_batch.yml")
    assert settings(deployed) == deployed
    assert yaml.safe_load(settings(deployed)) == {**yaml.safe_load(settings()), **RESULTS}
    check(deployed)


def test_what_people_have_changed_differs_and_what_is_deployed_stays_in_a_new_file_too():
    deployed = with_values(settings(), {**RESULTS, "timeout_s": 60}, "aws_batch.yml")
    fresh = yaml.safe_load(settings(deployed))
    assert fresh["timeout_s"] == 3600
    assert fresh["job_definition"] == RESULTS["job_definition"]


def test_a_file_before_deployment_is_not_taken_for_its_result():
    assert settings("job_queue: other\njob_definition: other\n") == settings()
    assert settings("- 1\n") == settings("{") == settings("") == settings()


def test_the_files_have_their_names_in_the_folder_of_the_configuration():
    names = list(FileNames(conf="etc/conf", env="prod"))
    assert names[:2] == ["etc/conf/prod/aws_batch.yml", "etc/conf/prod/catalog_kedro_batch.yml"]
    assert "etc/conf/local/.gitkeep" in names


# Dockerfile. The builds themselves were tried by hand: docs/init.md.


def dockerfile(installer=Installer.REQUIREMENTS, files=("requirements.txt",), *, needs_git=False, **changed):
    view = ImageView(
        choices=choices(**changed),
        conf="conf",
        python="3.11",
        dependencies=Dependencies(installer=installer, files=files, needs_git=needs_git),
        image_paths=("data/01_raw",),
    )
    return render_image_file(DOCKERFILE, view)


def steps(text):
    """Return the instructions, each in one line."""
    joined = text.replace("\\\n", "")
    return [line for line in joined.splitlines() if line and not line.startswith("#")]


INSTALLS = {
    Installer.REQUIREMENTS: "RUN pip install -r requirements.txt",
    Installer.PYPROJECT: "RUN python -c",
    Installer.UV: "RUN uv sync --frozen --no-dev --no-install-project",
    Installer.POETRY: "RUN poetry install --only main --no-root --no-interaction",
}
FILES = {
    Installer.REQUIREMENTS: ("requirements.txt",),
    Installer.PYPROJECT: ("pyproject.toml",),
    Installer.UV: ("pyproject.toml", "uv.lock"),
    Installer.POETRY: ("pyproject.toml", "poetry.lock"),
}


@pytest.mark.parametrize("packaged", [False, True])
@pytest.mark.parametrize("installer", Installer)
def test_packages_are_installed_before_the_code_is_copied(installer, packaged):
    found = steps(dockerfile(installer, FILES[installer], packaged=packaged))
    last = len(found) - 1 - found[::-1].index("FROM python:3.11-slim")
    build, final = found[:last], found[last:]
    listed = build.index(f"COPY {' '.join(FILES[installer])} ./")
    installs = next(number for number, step in enumerate(build) if step.startswith(INSTALLS[installer]))
    code = build.index("COPY . .") if "COPY . ." in build else len(build)
    assert listed < installs < code
    assert ("COPY . ." in build) is (packaged or installer is Installer.UV)
    assert ("COPY --chown=1000:1000 . ." in final) is not packaged
    assert ("COPY --chown=1000:1000 conf ./conf" in final) is packaged
    assert final[-1] == "USER 1000:1000"
    assert any("DO_NOT_TRACK=1" in step for step in final if step.startswith("ENV "))
    assert not any("pip install" in step for step in final)


@pytest.mark.parametrize("installer", Installer)
def test_any_engine_can_build_it_without_asking_a_registry_for_more_than_python(installer):
    text = dockerfile(installer, FILES[installer], packaged=True)
    assert "--mount" not in text
    assert "syntax=" not in text
    assert {step.split()[1] for step in steps(text) if step.startswith("FROM")} == {"python:3.11-slim"}
    assert not any(step.startswith(("ENTRYPOINT", "CMD")) for step in steps(text))


def test_git_is_installed_for_packages_from_git_alone():
    assert "install --yes --no-install-recommends git" in dockerfile(needs_git=True)
    assert "apt-get" not in dockerfile()


def test_files_of_requirements_keep_their_folders():
    text = dockerfile(files=("src/requirements.txt", "constraints.txt", "src/more.txt"))
    assert "COPY src/requirements.txt src/more.txt src/\nCOPY constraints.txt ./\n" in text
    assert "RUN pip install -r src/requirements.txt" in text


def test_wheels_of_the_project_are_there_when_they_are_installed():
    text = dockerfile(files=("requirements.txt", "wheels/kedro_batch-0.1.0-py3-none-any.whl"))
    copied = "COPY requirements.txt ./\nCOPY wheels/kedro_batch-0.1.0-py3-none-any.whl wheels/\n"
    assert f"{copied}RUN pip install -r requirements.txt\n" in text


def test_a_packaged_image_has_the_data_that_the_settings_name():
    assert "COPY --chown=1000:1000 data/01_raw ./data/01_raw" in dockerfile(packaged=True)
