import pytest

from kedro_batch.compiler.commands import node_command
from kedro_batch.compiler.dialect import dialect_of
from kedro_batch.compiler.project import CompileOptions, ProjectNode
from kedro_batch.compiler.settings import Settings

NODE = ProjectNode(name="train", pipeline="__default__", inputs=("table@pandas", "params:x"), outputs=("model",))
SETTINGS = Settings(job_queue="q", job_definition="d")


def command(node=NODE, options=CompileOptions(), settings=SETTINGS, version="1.7.0"):  # noqa: B008  all frozen
    return node_command(node, options, settings, dialect_of(version))


def test_a_node_of_the_default_pipeline_needs_no_more_than_its_name():
    assert command() == ("kedro", "run", "--nodes=train")


@pytest.mark.parametrize(
    ("version", "flag"),
    [
        ("0.19.0", "--pipeline"),
        ("0.19.15", "--pipeline"),
        ("1.0.0", "--pipeline"),
        ("1.1.1", "--pipeline"),
        ("1.2.0", "--pipelines"),
        ("1.7.0", "--pipelines"),
        ("2.0.0rc1", "--pipelines"),
    ],
)
def test_the_pipeline_is_named_as_the_version_of_kedro_understands_it(version, flag):
    node = ProjectNode(name="train", pipeline="science", inputs=(), outputs=("model",))
    assert command(node, version=version) == ("kedro", "run", f"{flag}=science", "--nodes=train")


def test_everything_that_the_container_needs_is_said():
    options = CompileOptions(env="prod", params=("a=1", "b=x:y"), load_versions={"table@pandas": "2026-01-01T00.00"})
    settings = Settings(
        job_queue="q",
        job_definition="d",
        command_prefix=("uv", "run", "kedro", "run"),
        container_conf_source="conf.tar.gz",
    )
    assert command(options=options, settings=settings) == (
        "uv",
        "run",
        "kedro",
        "run",
        "--env=prod",
        "--conf-source=conf.tar.gz",
        "--nodes=train",
        "--params=a=1,b=x:y",
        "--load-versions=table@pandas:2026-01-01T00.00",
    )


def test_a_load_version_goes_only_to_those_that_read_the_dataset():
    assert command(options=CompileOptions(load_versions={"other": "v"})) == ("kedro", "run", "--nodes=train")
