"""The settings of a compilation: what ``aws_batch.yml`` says, checked, with its defaults.

Raw mappings come in, as Kedro's config loader has merged them; a ``Settings`` goes out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from kedro_batch import strict_yaml
from kedro_batch.errors import ConfigError, FieldPath, Finding
from kedro_batch.plan.model import Resources
from kedro_batch.schema_check import check, whole

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
        job_queue: Name or ARN.
        job_definition: Name, name:revision or ARN.
        resources: What each job's container gets.
        timeout_s: Seconds after which an attempt is ended.
        attempts: How often a job is started until it succeeds.
        command_prefix: The first words of every command.
        container_conf_source: ``--conf-source`` inside the container.
        tags: Tags of the jobs on AWS.
    """

    job_queue: str
    job_definition: str
    resources: Resources = field(default_factory=Resources)
    timeout_s: int | None = None
    attempts: int | None = None
    command_prefix: tuple[str, ...] = ("kedro", "run")
    container_conf_source: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


def target_of(source: ConfigSource) -> dict[str, Any]:
    """Give what a configuration says of queue and definition, ``aws_batch.yml`` before the parameters."""
    return {name: place[name] for place in (source.parameters, source.aws_batch) for name in TARGET if name in place}


def resolve_settings(source: ConfigSource, conf_source: str | None) -> Settings:
    """Check a configuration and fill in the defaults.

    Args:
        source: What the configuration says; its queue and definition are known to be there.
        conf_source: ``--conf-source`` of this compilation, used inside the container too where the
            configuration does not say otherwise.

    Raises:
        ConfigError: With a finding for everything that is wrong.
    """
    given = dict(source.aws_batch)
    if wrong := [_locate(source, path, "the key must be text: put it in quotes") for path in _keys_not_text(given)]:
        raise ConfigError("the settings for AWS Batch are wrong:", wrong)
    wrong = [_locate(source, path, message) for path, message in check(given, "config")]
    target = target_of(source)
    wrong += [
        Finding(source="parameters.yml", path=("aws_batch", *path), message=message)
        for path, message in check({name: target[name] for name in target if name not in given}, "config")
    ]
    inside = given.get("container_conf_source", conf_source)
    if isinstance(inside, str) and _is_local_absolute(inside):
        wrong.append(_absolute_conf_source(source, inside, configured="container_conf_source" in given))
    if wrong:
        raise ConfigError("the settings for AWS Batch are wrong:", wrong)
    return Settings(
        **target,
        resources=Resources(**{name: whole(amount) for name, amount in given.get("resources", {}).items()}),
        timeout_s=whole(given.get("timeout_s")),
        attempts=whole(given.get("attempts")),
        command_prefix=tuple(given.get("command_prefix", ("kedro", "run"))),
        container_conf_source=inside,
        tags=given.get("tags", {}),
    )


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


def _absolute_conf_source(source: ConfigSource, place: str, *, configured: bool) -> Finding:
    remedy = "a path relative to the container's working directory, or a URL such as s3://bucket/conf"
    if configured:
        message = f"{place!r} is a path of one machine, and a plan holds for every machine: give {remedy}"
        return _locate(source, ("container_conf_source",), message)
    return Finding(
        source="--conf-source",
        message=f"{place!r} is a path of this machine, which the container does not have: "
        f"set container_conf_source in {source.expected_file} to {remedy}",
    )


def _locate(source: ConfigSource, path: FieldPath, message: str) -> Finding:
    """Say in which of the merged files a setting stands, and in which line."""
    for file in source.files:
        lines = strict_yaml.parse(file.read_bytes(), file.name, with_lines=True).lines
        if path in lines and path:
            return Finding(source=_shown(file), path=path, line=lines[path], message=message)
    return Finding(source=source.expected_file, path=path, message=message)


def _shown(file: Path) -> str:
    """Name a file as seen from the project's folder, which is where a compilation works."""
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)
