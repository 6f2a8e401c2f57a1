"""The settings of a compilation: ``aws_batch.yml`` as Kedro has merged it comes in, checked ``Settings`` go out.

What may be wrong with it is found in ``config_checks``; the file and line of a setting come from ``config_source``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kedro_batch.compiler.grouping_names import NONE, check_groupings
from kedro_batch.compiler.settings.config_checks import (
    check_config,
    check_passed_on,
    find_keys_not_text,
    is_account_number,
    is_local_absolute_path,
)
from kedro_batch.compiler.settings.config_source import MAX_WORKERS, ConfigSource
from kedro_batch.compiler.settings.config_spelling import find_meant_settings
from kedro_batch.compiler.settings.declared_definitions import declared_in, merge_settings, with_image
from kedro_batch.compiler.settings.rules import Match, ResolvedSettings, Rule
from kedro_batch.diagnostics import Code, Diagnostic
from kedro_batch.errors import ConfigError, UsageError
from kedro_batch.plan.checks.credentials import credentials_in_command, names_not_secret
from kedro_batch.plan.settings import AMOUNTS, JOB_SETTINGS, JobSettings

ACCEPT_ALL = ("*",)
"""The patterns of a code that is accepted for everything."""
_KEDRO_RUN = ("kedro", "run")
_CONF_SOURCE = "--conf-source"
_WRONG = "the settings for AWS Batch are wrong:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Checked settings.

    Attributes:
        defaults: The settings of a job that no rule matches.
        rules: Settings for some nodes.
        group_by: The groupings that make jobs of nodes, in the order in which they are applied.
        submit_tags: Submit the jobs with tags.
        account: The AWS account that the plan is for; None for any.
        region: The AWS region that the plan is for, likewise.
        exclusive: Refuse a run while another one writes the same datasets.
        not_secret: Names of variables, parameters and the like that look like those of credentials and are none.
        image: The image of declared job definitions that name none, by the command line.
        command_prefix: The first words of every command.
        container_conf_source: ``--conf-source`` inside the container.
        shared_paths: Folders that all containers see.
        image_paths: Folders in the image, which all containers can read.
        image_repository: Where the image of the project is pushed, without a tag; None if it is not said.
        datasets: Where datasets are stored, by their names and patterns.
        params: Parameters that every job gets.
        accept: Which warnings are known and accepted: their codes, each with patterns of what they are about.
        max_workers: How many jobs of a run the runner lets go on at once; None for any number. It is not in plans.
    """

    defaults: ResolvedSettings
    rules: tuple[Rule, ...] = ()
    group_by: tuple[str, ...] = ()
    submit_tags: bool = True
    account: str | None = None
    region: str | None = None
    exclusive: bool = False
    not_secret: frozenset[str] = frozenset()
    image: str | None = None
    command_prefix: tuple[str, ...] = _KEDRO_RUN
    container_conf_source: str | None = None
    shared_paths: tuple[str, ...] = ()
    image_paths: tuple[str, ...] = ()
    image_repository: str | None = None
    datasets: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    accept: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    max_workers: int | None = None

    @property
    def name_parts_of_pipelines(self) -> bool:
        """True if they name nodes or datasets, which may be in pipelines that are not compiled."""
        return bool(self.rules or self.datasets or any(names != ACCEPT_ALL for names in self.accept.values()))


def resolve_settings(
    source: ConfigSource,
    conf_source: str | None,
    group_by: tuple[str, ...] | None = None,
    env: str | None = None,
    image: str | None = None,
) -> Settings:
    """Check a configuration and fill in the defaults.

    Args:
        source: The configuration. It may lack a job queue and a job definition, if nothing else is wrong.
        conf_source: ``--conf-source`` of this compilation. It is used inside the container as well, unless the
            configuration sets ``container_conf_source``.
        group_by: The groupings of the command line, which win.
        env: The configuration environment that is compiled.
        image: The image of the command line, for the job definition that the defaults declare, and for those that
            rules declare without an image.

    Raises:
        ConfigError: With a diagnostic for everything that is wrong.
        UsageError: ``group_by`` names no groupings, or some that do not go together.
    """
    for message in check_groupings(group_by or ()):
        raise UsageError(f"--group-by: {message}")
    given = dict(source.aws_batch)
    if wrong := [source.diagnose(path, "the key must be text: put it in quotes") for path in find_keys_not_text(given)]:
        raise ConfigError(_WRONG, wrong)
    given |= source.target
    if is_account_number(given.get("account")):
        given["account"] = str(given["account"])
    if isinstance(given.get("group_by"), str):
        given["group_by"] = [given["group_by"]]
    wrong = [source.diagnose(path, message, code) for path, message, code in check_config(given, env)]
    container_conf_source = given.get("container_conf_source", conf_source)
    if "container_conf_source" not in given and is_local_absolute_path(conf_source or ""):
        wrong.append(_diagnose_conf_source(source, str(conf_source)))
    if "container_conf_source" not in given and conf_source is not None:
        found = credentials_in_command([conf_source], names_not_secret(given))
        wrong += [Diagnostic(source=_CONF_SOURCE, message=message, code=Code.CREDENTIAL) for _, message in found]
    # botocore's model takes a moment to load: it is asked only if everything else is right.
    wrong = wrong or [source.diagnose(path, message) for path, message in check_passed_on(given, env)]
    if wrong:
        raise ConfigError(_WRONG, [*wrong, *_diagnose_missing_target(source, given)])
    groupings = given.get("group_by", ()) if group_by is None else group_by
    return Settings(
        defaults=ResolvedSettings.from_dict(
            with_image(merge_settings(_plan_spelling(given), {}), image, instead=True), given.get("runner")
        ),
        rules=tuple(map(_read_rule, given.get("rules", ()))),
        group_by=tuple(name for name in groupings if name != NONE),
        submit_tags=given.get("submit_tags", True),
        account=given.get("account"),
        region=given.get("region"),
        exclusive=given.get("exclusive", False),
        not_secret=names_not_secret(given),
        image=image,
        command_prefix=tuple(given.get("command_prefix", _KEDRO_RUN)),
        container_conf_source=container_conf_source,
        shared_paths=tuple(given.get("shared_paths", ())),
        image_paths=tuple(given.get("image_paths", ())),
        image_repository=given.get("image_repository"),
        datasets=given.get("datasets", {}),
        params=given.get("params", {}),
        accept=_read_accept(given.get("accept", {})),
        max_workers=given.get(MAX_WORKERS),
    )


def _read_rule(given: Mapping[str, Any]) -> Rule:
    match = Match(**{selector: tuple(names) for selector, names in given["match"].items()})
    return Rule(match=match, stated=_plan_spelling(given), runner=given.get("runner"))


def _read_accept(given: Mapping[str, Sequence[str]] | Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return accepted codes with their patterns; those in a plain list are accepted for everything."""
    patterns = given if isinstance(given, Mapping) else dict.fromkeys(given, ACCEPT_ALL)
    return {code: tuple(names) for code, names in patterns.items()}


def _plan_spelling(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of jobs in the one spelling and order of a plan: it has all amounts under resources.

    A declared job definition stays as it is: what it does not state, it may get from another place.
    """
    declared = declared_in(given)
    stated = {name: given[name] for name in JOB_SETTINGS if name in given}
    if declared is not None:
        stated["job_definition"] = "declared"
    if amounts := {name: given[name] for name in AMOUNTS if name in given}:
        stated["resources"] = {**given.get("resources", {}), **amounts}
    spelled = JobSettings.from_dict(stated).to_dict() | ({"retry_on": []} if stated.get("retry_on") == [] else {})
    return spelled if declared is None else {**spelled, "job_definition": declared}


def _diagnose_missing_target(source: ConfigSource, given: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Yield what is missing beside everything else that is wrong, if no other name is meant for it."""
    meant = find_meant_settings(given)
    for name in source.missing_target:
        if name not in meant:
            yield Diagnostic(
                source=source.expected_file, path=(name,), message="it is missing", code=Code.INVALID_CONFIG
            )


def _diagnose_conf_source(source: ConfigSource, path: str) -> Diagnostic:
    return Diagnostic(
        source=_CONF_SOURCE,
        message=f"{path!r} is a path of this machine, and the container does not have it. Set container_conf_source "
        f"in {source.expected_file} to a path relative to the container's working directory, or to a URL such as "
        "s3://bucket/conf",
    )
