"""The settings of a compilation: what ``aws_batch.yml`` says, checked, with its defaults.

Raw mappings come in, as Kedro's config loader has merged them; a ``Settings`` goes out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from kedro_batch.compiler.grouping import MEMORY, NONE, WAYS, is_way
from kedro_batch.compiler.nodes import CompileOptions
from kedro_batch.compiler.rules import Match, Resolved, Rule, resolved_settings
from kedro_batch.diagnostics import Code, Diagnostic, FieldPath
from kedro_batch.errors import ConfigError, UsageError
from kedro_batch.files import yaml_reader
from kedro_batch.files.json_schema import check
from kedro_batch.plan.checks.credentials import IN_COMMAND, credential_words, credentials_in, looks_like_credential
from kedro_batch.plan.checks.placement import unsent_tags
from kedro_batch.plan.checks.service_model import wrong_submit_fields
from kedro_batch.plan.model import JOB_SETTINGS, JobSettings
from kedro_batch.text.wording import did_you_mean

TARGET = ("job_queue", "job_definition")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigSource:
    """What the configuration of one environment says about AWS Batch.

    Attributes:
        aws_batch: ``aws_batch.yml``, merged over the environments; empty where there is none.
        parameters: The ``aws_batch`` section of the parameters, where projects set up by Kedro's older guide
            for AWS Batch keep queue and definition.
        files: The ``aws_batch.yml`` files that were merged, the one that wins first.
        expected_file: Where such a file would be looked for.
    """

    aws_batch: Mapping[str, Any]
    parameters: Mapping[str, Any]
    files: tuple[Path, ...]
    expected_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Checked settings.

    Attributes:
        defaults: What every job has that no rule says otherwise of.
        rules: What some nodes have.
        group_by: How nodes become jobs.
        submit_tags: Whether the jobs are submitted with tags.
        command_prefix: The first words of every command.
        container_conf_source: ``--conf-source`` inside the container.
        shared_paths: Folders that all containers see.
        datasets: What stores datasets, by names and patterns.
        accept: Codes of the warnings that are known and accepted.
    """

    defaults: Resolved
    rules: tuple[Rule, ...] = ()
    group_by: tuple[str, ...] = ()
    submit_tags: bool = True
    command_prefix: tuple[str, ...] = ("kedro", "run")
    container_conf_source: str | None = None
    shared_paths: tuple[str, ...] = ()
    datasets: Mapping[str, str] = field(default_factory=dict)
    accept: frozenset[str] = frozenset()


def target_of(source: ConfigSource) -> dict[str, Any]:
    """Give what a configuration says of queue and definition, ``aws_batch.yml`` before the parameters."""
    return {name: place[name] for place in (source.parameters, source.aws_batch) for name in TARGET if name in place}


def resolve_settings(
    source: ConfigSource, conf_source: str | None, group_by: tuple[str, ...] | None = None
) -> Settings:
    """Check a configuration and fill in the defaults.

    Args:
        source: What the configuration says; its queue and definition are known to be there.
        conf_source: ``--conf-source`` of this compilation, used inside the container too where the
            configuration does not say otherwise.
        group_by: What the command line says of grouping, which wins.

    Raises:
        ConfigError: With a diagnostic for everything that is wrong.
        UsageError: ``group_by`` is no way of grouping.
    """
    for message in _odd_ways(group_by):
        raise UsageError(f"--group-by: {message}")
    given = dict(source.aws_batch)
    if wrong := [_located(source, path, "the key must be text: put it in quotes") for path in _keys_not_text(given)]:
        raise ConfigError(_WRONG, wrong)
    if isinstance(given.get("group_by"), str):
        given["group_by"] = [given["group_by"]]
    wrong = [_located(source, path, message) for path, message in check(given, "config")]
    target = target_of(source)
    wrong += [
        Diagnostic(source="parameters.yml", path=("aws_batch", *path), message=message)
        for path, message in check({name: target[name] for name in target if name not in given}, "config")
    ]
    inside = given.get("container_conf_source", conf_source)
    if isinstance(inside, str) and _is_local_absolute(inside):
        wrong.append(_absolute_conf_source(source, inside, configured="container_conf_source" in given))
    wrong += [_located(source, ("group_by",), message) for message in _odd_ways(given.get("group_by"))]
    for path, message in (*_odd_runners(given), *_odd_variables(given), *unsent_tags(given, _places(given))):
        wrong.append(_located(source, path, message))
    wrong += [_located(source, path, message, Code.CREDENTIAL) for path, message in _credentials(given)]
    if wrong:
        raise ConfigError(_WRONG, wrong)
    if wrong := [_located(source, path, message) for path, message in _unsubmittable(given)]:
        raise ConfigError(_WRONG, wrong)
    ways = given.get("group_by", ()) if group_by is None else group_by
    stated = {name: given[name] for name in JOB_SETTINGS if name in given}
    return Settings(
        defaults=resolved_settings(_plain(stated | target), given.get("runner")),
        rules=tuple(map(_rule, given.get("rules", ()))),
        group_by=tuple(way for way in ways if way != NONE),
        submit_tags=given.get("submit_tags", True),
        command_prefix=tuple(given.get("command_prefix", ("kedro", "run"))),
        container_conf_source=inside,
        shared_paths=tuple(given.get("shared_paths", ())),
        datasets=given.get("datasets", {}),
        accept=frozenset(given.get("accept", ())),
    )


_WRONG = "the settings for AWS Batch are wrong:"
_AMOUNTS = ("vcpus", "memory_mib", "gpus")


def _rule(given: Mapping[str, Any]) -> Rule:
    stated = {name: given[name] for name in JOB_SETTINGS if name in given}
    if amounts := {name: given[name] for name in _AMOUNTS if name in given}:
        stated["resources"] = amounts
    match = Match(**{selector: tuple(names) for selector, names in given["match"].items()})
    return Rule(match=match, stated=_plain(stated), runner=given.get("runner"))


def _plain(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Put settings into the one spelling and order of a plan."""
    return JobSettings.from_dict(stated).to_dict() | ({"retry_on": []} if stated.get("retry_on") == [] else {})


def _places(given: Mapping[str, Any]) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    """Yield everywhere that settings of jobs stand."""
    yield (), given
    rules = given.get("rules")
    for number, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, Mapping):
            yield ("rules", number), rule


def _credentials(given: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    prefix = given.get("command_prefix")
    for position in credential_words([str(word) for word in prefix] if isinstance(prefix, list) else ()):
        yield ("command_prefix", position), IN_COMMAND
    if looks_like_credential("", str(given.get("container_conf_source", ""))):
        yield ("container_conf_source",), IN_COMMAND
    for here, settings in _places(given):
        for path, message in credentials_in(settings):
            yield (*here, *path), message


def refuse_credentials(options: CompileOptions) -> None:
    """Refuse parameters that look like credentials: they would stand in every command.

    Raises:
        ConfigError: Some do.
    """
    pairs = (item.partition("=") for item in options.params)
    wrong = [
        Diagnostic(source="--params", path=(name,), code=Code.CREDENTIAL, message=IN_COMMAND)
        for name, _, value in pairs
        if looks_like_credential(name, value)
    ]
    if wrong:
        raise ConfigError("the command line would put credentials into the plan:", wrong)


def _odd_variables(given: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    for here, settings in _places(given):
        environment = settings.get("environment")
        if isinstance(environment, Mapping) and "KEDRO_ENV" in environment:
            yield (
                (*here, "environment", "KEDRO_ENV"),
                "would run the jobs with another configuration than the one that is compiled: compile with --env",
            )


def _odd_runners(given: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    for here, settings in _places(given):
        runner = settings.get("runner")
        if isinstance(runner, str) and "." not in runner and runner not in _RUNNERS:
            hint = did_you_mean(runner, _RUNNERS)
            known = f"Kedro has {', '.join(_RUNNERS)}; another is named with its module, such as my_project.MyRunner"
            yield (*here, "runner"), f"{runner!r} is no runner of Kedro.{hint} {known}"


_RUNNERS = ("ParallelRunner", "SequentialRunner", "ThreadRunner")


def _unsubmittable(given: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    for here, settings in _places(given):
        if submit := settings.get("submit"):
            for path, message in wrong_submit_fields(submit):
                yield (*here, "submit", *path), message


def _odd_ways(ways: Any) -> Iterator[str]:
    """Say what is wrong with ways of grouping that a schema does not see."""
    if not isinstance(ways, list | tuple) or not all(isinstance(way, str) for way in ways):
        return
    if unknown := [way for way in ways if not is_way(way)]:
        hints = "".join(did_you_mean(way.partition(":")[0], WAYS) for way in unknown)
        yield f"there is no way {', '.join(map(repr, unknown))}.{hints} Ways are: {', '.join(WAYS)}"
    elif NONE in ways and len(ways) > 1:
        yield "none stands alone: it makes a job of every node"
    elif MEMORY in ways[:-1]:
        yield "memory comes last: what the others make must not part what it joins"


def _keys_not_text(value: Any, here: FieldPath = ()) -> Iterator[FieldPath]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                yield (*here, str(key))
            yield from _keys_not_text(inner, (*here, str(key)))


def _is_local_absolute(place: str) -> bool:
    """Tell an absolute path, in the spelling of any system, from a relative path and from a URL."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", place):
        return place.lower().startswith("file:")
    return PurePosixPath(place).is_absolute() or PureWindowsPath(place).drive != "" or place.startswith("~")


def _absolute_conf_source(source: ConfigSource, place: str, *, configured: bool) -> Diagnostic:
    remedy = "a path relative to the container's working directory, or a URL such as s3://bucket/conf"
    if configured:
        message = f"{place!r} is a path of one machine, and a plan holds for every machine: give {remedy}"
        return _located(source, ("container_conf_source",), message)
    return Diagnostic(
        source="--conf-source",
        message=f"{place!r} is a path of this machine, which the container does not have: "
        f"set container_conf_source in {source.expected_file} to {remedy}",
    )


def place_of(source: ConfigSource, path: FieldPath) -> tuple[str, int | None]:
    """Tell in which of the merged files a setting stands, and in which line; at least where it would stand."""
    while path:
        for file in source.files:
            lines = _lines(file)
            if path in lines:
                return _shown(file), lines[path]
        path = path[:-1]
    return source.expected_file, None


@cache
def _lines(file: Path) -> dict[FieldPath, int]:
    return yaml_reader.parse(file.read_bytes(), file.name, with_lines=True).lines


def _located(source: ConfigSource, path: FieldPath, message: str, code: Code = Code.INVALID_CONFIG) -> Diagnostic:
    file, line = place_of(source, path)
    return Diagnostic(source=file, path=path, line=line, message=message, code=code)


def _shown(file: Path) -> str:
    """Name a file as seen from the project's folder, which is where a compilation works."""
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)
