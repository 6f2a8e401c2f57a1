import pytest

from kedro_batch.plan.settings import JobDefinition, JobSettings
from kedro_batch.review.diff.risky_variables import is_risky, risky_in_definition, risky_in_settings, risky_in_submit

RISKY = (
    *(
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "LD_AUDIT",
        "DYLD_INSERT_LIBRARIES",
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "PYTHONHOME",
    ),
    *("PATH", "HOME", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "HTTP_PROXY", "https_proxy", "No_Proxy"),
    *("ALL_PROXY", "GIT_SSH_COMMAND", "KEDRO_ENV", "KEDRO_X", "PIP_INDEX_URL", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
    *("BASH_ENV", "ENV", "IFS", "NODE_OPTIONS", "PERL5OPT", "BASH_FUNC_ls%%", "CLASSPATH", "PYSPARK_PYTHON"),
    *("FSSPEC_S3_ENDPOINT_URL", "S3_ENDPOINT_URL", "OTEL_EXPORTER_OTLP_ENDPOINT", "MPLBACKEND", "R_LIBS_USER"),
)
HARMLESS = (
    *("LOG_LEVEL", "KEDRO_BATCH_X", "OLD_PATH", "MY_PATH", "PATHS", "path", "ENVIRONMENT", "REGION", "MODEL", "PROXY"),
    *(
        "OMP_NUM_THREADS",
        "CUDA_VISIBLE_DEVICES",
        "TZ",
        "TMPDIR",
        "MLFLOW_EXPERIMENT_NAME",
        "LANG",
        "LC_ALL",
        "WORLD_SIZE",
        "FIELD_A",
        "MY_AWS_X",
        "DIGIT_X",
    ),
)


@pytest.mark.parametrize("name", RISKY)
def test_variables_of_loaders_interpreters_git_kedro_and_aws_are_risky(name):
    assert is_risky(name)


@pytest.mark.parametrize("name", HARMLESS)
def test_other_variables_are_harmless(name):
    assert not is_risky(name)


PAIRS = [{"name": "LD_PRELOAD", "value": "/x.so"}, {"name": "A", "value": "1"}]
FOUND = {"LD_PRELOAD": "/x.so"}


@pytest.mark.parametrize(
    "submit",
    [
        {"containerOverrides": {"environment": PAIRS}},
        {"ecsPropertiesOverride": {"taskProperties": [{"containers": [{"name": "a"}, {"environment": PAIRS}]}]}},
        {"eksPropertiesOverride": {"podProperties": {"containers": [{"env": PAIRS}]}}},
        {"eksPropertiesOverride": {"podProperties": {"initContainers": [{"env": PAIRS}]}}},
        {"nodeOverrides": {"nodePropertyOverrides": [{"containerOverrides": {"environment": PAIRS}}]}},
    ],
)
def test_they_are_found_in_all_containers_of_submit(submit):
    settings = JobSettings(submit=submit, environment={"PATH": "/x", "B": "1"})
    assert risky_in_submit(settings) == FOUND
    assert risky_in_settings(settings) == {"PATH": "/x", **FOUND}


def test_they_are_found_in_a_definition_and_so_are_secrets_of_such_a_name():
    register = {"containerProperties": {"environment": PAIRS, "secrets": [{"name": "GIT_SSH", "valueFrom": "arn:x"}]}}
    definition = JobDefinition(image="x", register=register, secrets={"AWS_SECRET_ACCESS_KEY": "arn:y", "B": "arn:z"})
    assert risky_in_definition(definition) == {"AWS_SECRET_ACCESS_KEY": "arn:y", "GIT_SSH": "arn:x", **FOUND}
    assert risky_in_definition(None) == {}


def test_all_values_count_that_several_containers_have():
    containers = [{"env": [{"name": "PATH", "value": value}]} for value in ("/a", "/b", "/a")]
    submit = {"eksPropertiesOverride": {"podProperties": {"containers": containers}}}
    assert risky_in_submit(JobSettings(submit=submit)) == {"PATH": ["/a", "/b"]}
