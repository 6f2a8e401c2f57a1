"""Checks ``aws_batch.yml``: its schema, and what a schema cannot see. Pure. To add a check, add it to ``_CHECKS``.

A check takes the merged mapping and yields paths and messages. It must not rely on the types that the schema
demands: all checks run on the same mapping, so that everything wrong is reported at once.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from kedro_batch.compiler.grouping_names import check_groupings
from kedro_batch.compiler.settings.config_spelling import find_meaning, find_wrappers
from kedro_batch.compiler.settings.declared_definitions import declared_in, without_nulls
from kedro_batch.compiler.settings.foreign_settings import find_definition_meaning
from kedro_batch.diagnostics import Code, FieldPath, PathMessage
from kedro_batch.files.json_schema import check
from kedro_batch.files.resources import schema
from kedro_batch.files.schema_words import Meaning
from kedro_batch.files.yaml_scalars import key_text
from kedro_batch.plan.checks.credentials import (
    credentials_in,
    credentials_in_command,
    credentials_in_definition,
    credentials_in_names,
    names_not_secret,
)
from kedro_batch.plan.checks.job_definitions import variables_in_register
from kedro_batch.plan.checks.params import refused_params
from kedro_batch.plan.checks.placement import unsent_tags
from kedro_batch.plan.checks.service_model import wrong_register_fields, wrong_submit_fields
from kedro_batch.plan.checks.variables import misused_variable, variables_in
from kedro_batch.plan.settings import AMOUNTS
from kedro_batch.plan.variables import ENV_VARIABLE
from kedro_batch.text.wording import did_you_mean, quoted

_Config = Mapping[str, Any]
_DIGITS_OF_ACCOUNT = 12
_RUNNERS = ("ParallelRunner", "SequentialRunner", "ThreadRunner")


def check_config(given: _Config, env: str | None = None) -> Iterator[tuple[FieldPath, str, Code]]:
    """Yield everything that is wrong with the merged ``aws_batch.yml``, but what ``check_passed_on`` finds.

    Args:
        given: What it holds.
        env: The configuration environment that is compiled.
    """
    wrappers = [*find_wrappers(given)]
    for wrapper in wrappers:
        yield wrapper.keys, wrapper.message, Code.INVALID_CONFIG
        found = _run_checks(wrapper.settings, env)
        yield from (((*wrapper.keys, *path), message, code) for path, message, code in found)
    around = {wrapper.keys[0] for wrapper in wrappers}
    yield from _run_checks({key: value for key, value in given.items() if key not in around}, env)


def check_passed_on(given: _Config, env: str | None = None) -> Iterator[PathMessage]:
    """Yield what botocore's model refuses below ``submit`` and ``register``, and the variables that are wrong there."""
    for here, settings in _job_settings(given):
        if submit := settings.get("submit"):
            for path, message in [*wrong_submit_fields(submit)] or _misused_variables(submit, env):
                yield (*here, "submit", *path), message
        if register := without_nulls(declared_in(settings) or {}).get("register"):
            for path, message in [*wrong_register_fields(register)] or _misused_in_register(register, env):
                yield (*here, "job_definition", "register", *path), message


def is_account_number(value: object) -> bool:
    """True for a number with the digits of an AWS account: YAML reads an account without quotes so."""
    return isinstance(value, int) and not isinstance(value, bool) and re.fullmatch(r"\d{12}", str(value)) is not None


def find_keys_not_text(value: Any, here: FieldPath = ()) -> Iterator[FieldPath]:
    """Yield the paths of all keys that YAML has read as something else than text."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            step = key if isinstance(key, str) else key_text(key)
            if not isinstance(key, str):
                yield (*here, step)
            yield from find_keys_not_text(inner, (*here, step))


def is_local_absolute_path(text: str) -> bool:
    """True for an absolute path as any system spells it, and for ``file:`` URLs; False for other URLs."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text):
        return text.lower().startswith("file:")
    return PurePosixPath(text).is_absolute() or PureWindowsPath(text).drive != "" or text.startswith("~")


def _check_conf_source(given: _Config) -> Iterator[PathMessage]:
    path = given.get("container_conf_source")
    if isinstance(path, str) and is_local_absolute_path(path):
        message = (
            f"{path!r} is a path of one machine, but a plan must work on every machine: write a path relative to the "
            "container's working directory, or a URL such as s3://bucket/conf"
        )
        yield ("container_conf_source",), message


def _run_checks(given: _Config, env: str | None) -> Iterator[tuple[FieldPath, str, Code]]:
    for path, message in _check_variables(given, env):
        yield path, message, Code.INVALID_CONFIG
    for check_one, code in _CHECKS:
        for path, message in check_one(given):
            yield path, message, code
    params = given.get("params")
    names = names_not_secret(given)
    for path, message, code in refused_params(params, names) if isinstance(params, Mapping) else ():
        yield ("params", *path), message, code


def _check_schema(given: _Config) -> Iterator[PathMessage]:
    for path, message in check(_without_taken_away(given), "config", _find_meaning):
        if path[:1] == ("params",) and isinstance(given["params"], Mapping):
            continue  # refused_params says more
        misuse = _find_misuse_of_accept(given, path) or _find_misuse_of_name(given, path)
        yield path, misuse or _find_misuse_of_account(given, path) or message


def _without_taken_away(given: _Config) -> _Config:
    """Return the settings without the parts that declared job definitions take away, by null, from those before."""
    settings = dict(given)
    if isinstance(rules := given.get("rules"), list):
        settings["rules"] = [_without_taken_away(one) if isinstance(one, Mapping) else one for one in rules]
    if declared := declared_in(given):
        settings["job_definition"] = without_nulls(declared)
    return settings


def _find_misuse_of_account(given: _Config, path: FieldPath) -> str | None:
    """Return what an account was that YAML has read in base 8; None if the schema says what is wrong."""
    number = given.get("account")
    if path != ("account",) or not isinstance(number, int) or isinstance(number, bool):
        return None
    digits = f"{number:o}"
    if number < 0 or not _DIGITS_OF_ACCOUNT - 4 < len(digits) < _DIGITS_OF_ACCOUNT:
        return None
    return (
        f"must be text, found the number {number}: put it in quotes. A number that begins with 0 is read in base 8: "
        f'if you have written {digits.zfill(_DIGITS_OF_ACCOUNT)}, write account: "{digits.zfill(_DIGITS_OF_ACCOUNT)}"'
    )


def _find_meaning(path: FieldPath, value: object) -> Meaning | None:
    name = str(path[-1])
    declares = len(path) > 1 and path[-2] == "job_definition"
    return find_definition_meaning(name) if declares else find_meaning(name, value)


def _find_misuse_of_name(given: _Config, path: FieldPath) -> str | None:
    """Return why a declared job definition cannot have the name that the schema refuses."""
    value: Any = given
    for step in path if path[-2:] == ("job_definition", "name") else ():
        value = value[step]
    if isinstance(value, str) and ":" in value:
        return (
            f"{quoted(value)} is the ARN or a revision of a job definition that exists: a declared one has a plain "
            f"name, and apply finds its revision. To use the existing one as it is, write job_definition: {value}"
        )
    return None


def _find_misuse_of_accept(given: _Config, path: FieldPath) -> str | None:
    """Return why ``accept`` cannot have what the schema refuses there; None if the schema says it well enough."""
    match path, given.get("accept"):
        case ("accept", int(number)), list(items):
            refused = items[number]
        case ("accept", str(code)), Mapping():
            refused = code
        case _:
            return None
    if isinstance(refused, Mapping):
        return 'a list holds codes only. To name datasets, write all as a mapping, such as {local_output: [x, "y_*"]}'
    if refused in [*Code] and refused not in schema("config")["$defs"]["warning_code"]["enum"]:
        return f"{refused!r} is not a warning of compile: errors cannot be accepted, and notes need not be"
    return None


def _check_amounts(given: _Config) -> Iterator[PathMessage]:
    for here, settings in _job_settings(given):
        nested = settings.get("resources")
        for name in AMOUNTS:
            if isinstance(nested, Mapping) and name in nested and name in settings:
                for path, other in (((name,), f"resources.{name}"), (("resources", name), name)):
                    message = f"it is set twice, here and as {other}: write it in one way, in all environments"
                    yield (*here, *path), message


def _check_group_by(given: _Config) -> Iterator[PathMessage]:
    names = given.get("group_by")
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        yield from ((("group_by",), message) for message in check_groupings(names))


def _check_runners(given: _Config) -> Iterator[PathMessage]:
    for here, settings in _job_settings(given):
        runner = settings.get("runner")
        if isinstance(runner, str) and "." not in runner and runner not in _RUNNERS:
            message = (
                f"Kedro has no runner {runner!r}.{did_you_mean(runner, _RUNNERS)} It has {', '.join(_RUNNERS)}. Name a "
                "runner of your own with its module, such as my_project.MyRunner"
            )
            yield (*here, "runner"), message
        elif isinstance(runner, str) and runner.endswith("AWSBatchRunner"):
            message = f"{runner} submits jobs, and a job needs a runner that runs nodes: one of {', '.join(_RUNNERS)}"
            yield (*here, "runner"), message


def _check_variables(given: _Config, env: str | None) -> Iterator[PathMessage]:
    for here, settings in _job_settings(given):
        environment = settings.get("environment")
        for name, value in environment.items() if isinstance(environment, Mapping) else ():
            if misuse := _misused_variable(name, value, env):
                yield (*here, "environment", name), misuse


def _misused_variables(submit: Mapping[str, Any], env: str | None) -> Iterator[PathMessage]:
    for field, name, value in variables_in(submit):
        if misuse := _misused_variable(name, value, env):
            yield (field,), f"{name}: {misuse}"


def _misused_in_register(register: Mapping[str, Any], env: str | None) -> Iterator[PathMessage]:
    for path, name, value in variables_in_register(register):
        if misuse := _misused_variable(name, value, env):
            yield path, f"{name}: {misuse}"


def _misused_variable(name: str, value: Any, env: str | None) -> str | None:
    if name != ENV_VARIABLE or (isinstance(value, str) and env is not None):
        return misused_variable(name, value, env)
    if not isinstance(value, str):
        return None  # the schema refuses it
    other = "it would run the jobs with another configuration than the one that is compiled"
    return f"{other}: leave it out, and compile with --env={value}"


def _check_tags(given: _Config) -> Iterator[PathMessage]:
    yield from unsent_tags(given, _job_settings(given))


def _check_credentials(given: _Config) -> Iterator[PathMessage]:
    names = names_not_secret(given)
    for path, message in credentials_in_names(given.get("not_secret")):
        yield ("not_secret", *path), message
    prefix = given.get("command_prefix")
    for path, message in credentials_in_command(
        [str(word) for word in prefix] if isinstance(prefix, list) else (), names
    ):
        yield ("command_prefix", *path), message
    for _, message in credentials_in_command([str(given.get("container_conf_source", ""))], names):
        yield ("container_conf_source",), message
    for here, settings in _job_settings(given):
        for path, message in credentials_in(settings, names):
            yield (*here, *path), message
        for path, message in credentials_in_definition(declared_in(settings) or {}, names):
            yield (*here, "job_definition", *path), message


def _job_settings(given: _Config) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    """Yield every mapping that holds settings of jobs, with its path: the file itself, and its rules."""
    yield (), given
    rules = given.get("rules")
    for number, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, Mapping):
            yield ("rules", number), rule


_CHECKS: tuple[tuple[Callable[[_Config], Iterator[PathMessage]], Code], ...] = (
    (_check_schema, Code.INVALID_CONFIG),
    (_check_amounts, Code.INVALID_CONFIG),
    (_check_conf_source, Code.INVALID_CONFIG),
    (_check_group_by, Code.INVALID_CONFIG),
    (_check_runners, Code.INVALID_CONFIG),
    (_check_tags, Code.INVALID_CONFIG),
    (_check_credentials, Code.CREDENTIAL),
)
