import pytest

from kedro_batch.plan.settings import JobDefinition, JobSettings
from kedro_batch.review.diff.risky_variables import is_risky, risky_in_definition, risky_in_settings, risky_in_submit

RISKY = (
    "LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT DYLD_INSERT_LIBRARIES PYTHONPATH PYTHONSTARTUP PYTHONHOME PATH HOME "
    "AWS_PROFILE AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID GIT_SSH_COMMAND KEDRO_ENV KEDRO_X PIP_INDEX_URL SSL_CERT_FILE "
    "REQUESTS_CA_BUNDLE BASH_ENV ENV IFS NODE_OPTIONS PERL5OPT BASH_FUNC_ls%% CLASSPATH PYSPARK_PYTHON MPLBACKEND "
    "R_LIBS_USER EDITOR "
    # code
    "OMP_TOOL_LIBRARIES INTEL_LIBITTNOTIFY64 PJRT_NAMES_AND_LIBRARY_PATHS NCCL_NET_PLUGIN OCL_ICD_FILENAMES "
    "GDAL_DRIVER_PATH VK_LAYER_PATH QT_PLUGIN_PATH QT_QPA_PLATFORM_PLUGIN_PATH GTK_MODULES OPENSSL_MODULES "
    "CUDA_INJECTION64_PATH NVTX_INJECTION64_PATH RUSTC_WRAPPER DJANGO_SETTINGS_MODULE "
    "DASK_DISTRIBUTED__WORKER__PRELOAD AIRFLOW__CORE__PLUGINS_FOLDER OTEL_PYTHON_CONFIGURATOR "
    "HF_HUB_TRUST_REMOTE_CODE SETTINGS_FILE_FOR_DYNACONF MY_PRELOAD TORCH_EXTENSIONS_DIR MAGICK_CODER_MODULE_PATH "
    # where programs keep code, pickles and configuration
    "NUMBA_CACHE_DIR TRITON_CACHE_DIR CUDA_CACHE_PATH TORCH_HOME HF_HOME DASK_CONFIG XDG_CONFIG_HOME AIRFLOW_HOME "
    "JAVA_HOME TRANSFORMERS_CACHE "
    # whom they talk to
    "HTTP_PROXY https_proxy No_Proxy ALL_PROXY PROXY PROXY_URL PROXY_HOST ENDPOINT ENDPOINT_URL S3_ENDPOINT "
    "S3_ENDPOINT_URL FSSPEC_S3_ENDPOINT_URL OTEL_EXPORTER_OTLP_ENDPOINT HF_ENDPOINT WANDB_BASE_URL PREFECT_API_URL "
    "API_URL RAY_ADDRESS MLFLOW_TRACKING_URI MLFLOW_REGISTRY_URI SENTRY_DSN s3_endpoint "
)
HARMLESS = (
    "LOG_LEVEL KEDRO_BATCH_X OLD_PATH MY_PATH PATHS path ENVIRONMENT REGION MODEL OMP_NUM_THREADS "
    "CUDA_VISIBLE_DEVICES TZ TMPDIR MLFLOW_EXPERIMENT_NAME LANG LC_ALL WORLD_SIZE FIELD_A MY_AWS_X DIGIT_X COUNTRY "
    "MODEL_PATH INPUT_URL OUTPUT_URI DATABASE_URL PGHOST BUCKET DATA_DIR CACHE_TTL USE_CACHE CACHE_DIR PLUGIN_COUNT "
    "LIBRARY_ID ENDPOINT_NAME PROXY_MODEL HTTP_PROXY_RETRIES DRIVER_ID DRIVER_AGE MODULE_SIZE LAYER_COUNT EXTENSION "
    "HOME_TEAM HOMEPAGE_URL EMAIL_ADDRESS STREET_ADDRESS SERVER_NAME PATH_COUNT LABEL_FILE FILE_NAMES COUNTRY_LIBYA "
    "SEED DAY SENTRY_ENVIRONMENT WANDB_PROJECT OTEL_SERVICE_NAME RAY_memory_usage_threshold TF_CPP_MIN_LOG_LEVEL "
    "XLA_FLAGS MODEL_CONFIG HOOK_COUNT INDEX_COLUMN "
)


@pytest.mark.parametrize("name", RISKY.split())
def test_variables_of_loaders_interpreters_git_kedro_and_aws_are_risky(name):
    assert is_risky(name)


@pytest.mark.parametrize("name", HARMLESS.split())
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
