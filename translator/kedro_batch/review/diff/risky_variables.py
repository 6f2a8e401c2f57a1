"""Tell which environment variables change what a program loads, starts, trusts or may do, or whom it talks to. Pure.

A name tells it by how it ends, or else it is listed. What only says where data lie is none of these: a model, a bucket,
a database.

Sources: ld.so(8); bash(1); the documents of Python, pip, Git, OpenSSL, curl, Node.js, Perl, Ruby, Java, Spark, Kedro,
fsspec, MLflow, Poetry, npm, Matplotlib, coverage.py, OpenTelemetry, Dask, Dynaconf and the AWS SDKs on the variables
that they read.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from kedro_batch.plan.containers import find_variables
from kedro_batch.plan.settings import JobDefinition, JobSettings
from kedro_batch.plan.variables import OWN_VARIABLES

_BEGINNINGS = (
    *("LD_", "DYLD_", "GLIBC_", "BASH_FUNC_", "PYTHON", "PIP_", "UV_", "CONDA_", "PYSPARK_", "INTEL_LIBITTNOTIFY"),
    *("AWS_", "BOTO_", "GIT_", "SSH_", "KEDRO_", "FSSPEC_", "POETRY_", "NPM_CONFIG_", "npm_config_", "BUNDLE_"),
    *("SPARK_", "HADOOP_", "R_LIBS", "JULIA_", "LUA_", "GEM_", "DASK_", "OTEL_PYTHON_"),
)
_WHOLE = (
    "PATH HOME XDG_CONFIG_DIRS BASH_ENV ENV IFS PS4 SHELL SHELLOPTS BASHOPTS PROMPT_COMMAND CDPATH EDITOR PAGER "
    "LESSOPEN GCONV_PATH LOCPATH NLSPATH NODE_OPTIONS NODE_PATH NODE_EXTRA_CA_CERTS PERL5OPT PERL5LIB PERL5DB PERLLIB "
    "RUBYOPT RUBYLIB JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS JAVA_OPTS CLASSPATH R_PROFILE R_PROFILE_USER "
    "R_ENVIRON SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE OPENSSL_CONF OPENSSL_ENGINES "
    "SSLKEYLOGFILE HOSTALIASES RES_OPTIONS ZDOTDIR MPLBACKEND MPLCONFIGDIR COVERAGE_PROCESS_START IPYTHONDIR "
    "JUPYTER_PATH VIRTUAL_ENV MAVEN_OPTS MAKEFLAGS PHPRC GOOGLE_APPLICATION_CREDENTIALS AZURE_CONFIG_DIR KUBECONFIG "
    "DOCKER_HOST KRB5_CONFIG ODBCSYSINI RAY_ADDRESS SENTRY_DSN TRANSFORMERS_CACHE LIBRARY_PATH "
)
_NAMES = frozenset(_WHOLE.split())
_FILES = r"(PATH|PATHS|DIR|DIRS|FOLDER|FOLDERS|FILE|FILES|FILENAME|FILENAMES|NAMES)"
_ENDS = re.compile(
    # code, or what holds some, such as pickles in a cache
    r".+_(LIBRARY|LIBRARIES|LIBS|PLUGINS?|PRELOADS?|MODULES|SETTINGS_MODULE|WRAPPER|TRUST_REMOTE_CODE|FOR_DYNACONF)"
    rf"|.+_(LIBRARY|LIB|PLUGINS?|MODULES?|EXTENSIONS?|DRIVERS?|LAYERS?|ICD|INJECTION[0-9]*|CACHE)_{_FILES}"
    # the folder of a program, with its configuration
    r"|.+_HOME"
    # whom a program talks to
    r"|(.+_)?(PROXY|ENDPOINTS?)(_(URLS?|URI|HOST|SERVER))?"
    r"|(.+_)?(API|BASE|SERVER|TRACKING|REGISTRY|INDEX)_(URL|URI)",
    re.IGNORECASE,
)


def is_risky(name: str) -> bool:
    """True if a variable of this name changes what a program loads, starts, trusts or may do, or whom it talks to."""
    if name.startswith(OWN_VARIABLES):
        return False
    return name.startswith(_BEGINNINGS) or name in _NAMES or _ENDS.fullmatch(name) is not None


def risky_in_submit(settings: JobSettings) -> dict[str, Any]:
    """Return the risky variables that ``submit`` gives containers, with their values."""
    return dict(_risky(find_variables(settings.submit)))


def risky_in_settings(settings: JobSettings) -> dict[str, Any]:
    """Return all risky variables that settings give a job, with their values."""
    return {**dict(_risky(iter(settings.environment.items()))), **risky_in_submit(settings)}


def risky_in_definition(definition: JobDefinition | None) -> dict[str, Any]:
    """Return the risky variables that a declared definition gives containers; of a secret, where it is kept."""
    if definition is None:
        return {}
    return {**dict(_risky(iter(definition.secrets.items()))), **dict(_risky(find_variables(definition.register)))}


def _risky(pairs: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield the risky variables; of one that several containers have, all values."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in pairs:
        if is_risky(name):
            found.setdefault(name, {}).setdefault(json.dumps(value), value)
    for name, by_text in found.items():
        values = list(by_text.values())
        yield name, values[0] if len(values) == 1 else values
