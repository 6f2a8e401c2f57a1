import pytest

from kedro_batch.compiler.project.kedro_version import find_kedro_features

FLAGS = (
    "combines_pipelines",
    "filters_namespaces",
    "catch_all_can_lose",
    "checks_placeholders",
    "loads_pipelines_on_request",
    "makes_every_dataset",
)


@pytest.mark.parametrize(
    ("version", "flags"),
    [
        ("0.19.0", {"catch_all_can_lose", "makes_every_dataset"}),
        ("0.19.5", {"catch_all_can_lose", "makes_every_dataset"}),
        ("0.19.6", {"makes_every_dataset"}),
        ("0.19.9", {"checks_placeholders", "makes_every_dataset"}),
        ("0.19.15", {"checks_placeholders", "makes_every_dataset"}),
        ("1.0.0", {"checks_placeholders", "filters_namespaces"}),
        ("1.0.0rc1", {"checks_placeholders", "filters_namespaces"}),
        ("1.1.1", {"checks_placeholders", "filters_namespaces"}),
        ("1.2.0", {"checks_placeholders", "filters_namespaces", "combines_pipelines"}),
        ("1.5", set(FLAGS) - {"catch_all_can_lose", "makes_every_dataset"}),
        ("2.0.0.dev3", set(FLAGS) - {"catch_all_can_lose", "makes_every_dataset"}),
    ],
)
def test_each_version_has_its_features(version, flags):
    features = find_kedro_features(version)
    assert {name for name in FLAGS if getattr(features, name)} == flags
    assert features.version == version
    assert features.pipeline_flag == ("--pipelines" if "combines_pipelines" in flags else "--pipeline")
    assert features.namespace_flag == ("--namespaces" if "filters_namespaces" in flags else "--namespace")
