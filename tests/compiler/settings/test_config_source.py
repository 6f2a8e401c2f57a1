import pytest

from kedro_batch.compiler.settings.config_source import ConfigSource, SourceRef

PROD = "job_queue: prod\nrules:\n  - match: {nodes: [a]}\n    gpus: 1\n"
BASE = "timeout_s: 60\nresources:\n  vcpus: 1\n  memory_mib: 2048\n"


@pytest.fixture
def source(tmp_path):
    files = {}
    for name, content in {"conf/prod/aws_batch.yml": PROD, "conf/base/aws_batch.yml": BASE}.items():
        files[name] = tmp_path / name.replace("/", "_")
        files[name].write_text(content)
    return ConfigSource(
        aws_batch={"job_queue": "prod"},
        parameters={"job_queue": "old", "job_definition": "old"},
        files=files,
        expected_file="conf/prod/aws_batch.yml",
    )


@pytest.mark.parametrize(
    ("path", "file", "line"),
    [
        (("job_queue",), "conf/prod/aws_batch.yml", 1),
        (("rules", 0, "gpus"), "conf/prod/aws_batch.yml", 4),
        (("rules", 0, "match", "nodes"), "conf/prod/aws_batch.yml", 3),
        (("resources", "memory_mib"), "conf/base/aws_batch.yml", 4),
        (("resources", "gpus"), "conf/base/aws_batch.yml", 2),  # not there: its parent
        (("attempts",), "conf/prod/aws_batch.yml", None),  # nowhere: where to write it
        ((), "conf/prod/aws_batch.yml", None),
    ],
)
def test_a_setting_is_located_in_the_file_that_wins(source, path, file, line):
    assert source.locate(path) == SourceRef(file, line, path)


def test_a_target_of_the_older_guide_is_located_in_the_parameters(source):
    assert source.locate(("job_definition",)) == SourceRef("parameters.yml", None, ("aws_batch", "job_definition"))
    assert source.target == {"job_queue": "prod", "job_definition": "old"}


def test_a_diagnostic_names_file_line_and_path(source):
    assert str(source.diagnose(("timeout_s",), "too short")) == "conf/base/aws_batch.yml:1: timeout_s: too short"
