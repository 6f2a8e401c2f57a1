import pytest

from kedro_batch.compiler.settings.config_source import ConfigSource, SourceRef

PROD = "job_queue: prod\nrules:\n  - match: {nodes: [a]}\n    gpus: 1\n"
BASE = "timeout_s: 60\nresources:\n  vcpus: 1\n  memory_mib: 2048\nrules:\n  - match: {nodes: [b]}\n    vcpus: 2\n"
MERGED = {
    "job_queue": "prod",
    "rules": [{"match": {"nodes": ["a"]}, "gpus": 1}],
    "timeout_s": 60,
    "resources": {"vcpus": 1, "memory_mib": 2048},
}


@pytest.fixture
def source(tmp_path):
    files = {}
    for name, content in {"conf/prod/aws_batch.yml": PROD, "conf/base/aws_batch.yml": BASE}.items():
        files[name] = tmp_path / name.replace("/", "_")
        files[name].write_text(content)
    return ConfigSource(
        aws_batch=MERGED,
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
        (("rules", 0, "vcpus"), "conf/prod/aws_batch.yml", 3),  # only in rules that were replaced
        (("rules", 1, "vcpus"), "conf/prod/aws_batch.yml", 2),
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


def test_what_a_replaced_key_had_is_hinted_at(source):
    assert source.hint_at_replaced(("rules", 0, "vcpus")) == (
        "rules in conf/prod/aws_batch.yml replaces that of conf/base/aws_batch.yml as a whole, with what line 7 there "
        "sets"
    )
    for path in (("rules", 0, "gpus"), ("rules", 0, "attempts"), ("job_queue",), ()):
        assert source.hint_at_replaced(path) == ""
