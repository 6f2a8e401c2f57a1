"""Says what to do where the configuration has no job queue or no job definition: a target to compile for.

It may stand in another environment, in a file whose name is nearly the right one, or under another name.
"""

from collections.abc import Iterator
from pathlib import Path

from kedro_batch.compiler.project.conf_folder import Configuration
from kedro_batch.compiler.project.misnamed_files import find_misnamed, is_like, plain_name
from kedro_batch.compiler.settings.config_source import ConfigSource
from kedro_batch.compiler.settings.config_spelling import find_meaning
from kedro_batch.errors import ConfigError

_EXAMPLES = {"job_queue": "spaceflights_queue", "job_definition": "kedro_run"}


class MissingTarget(ConfigError):  # noqa: N818  named for what is missing
    """The environment has no job queue or no job definition.

    Attributes:
        other_env: An environment that has both; None if there is none.
    """

    def __init__(self, message: str, other_env: str | None = None) -> None:
        """Take the message and the environment to suggest."""
        super().__init__(message)
        self.other_env = other_env


def refuse_missing_target(configuration: Configuration, source: ConfigSource, env: str | None) -> None:
    """Refuse a configuration without a target.

    Raises:
        MissingTarget: With another environment that has one, the file that may be meant, or the lines to write.
    """
    missing = source.missing_target
    if not missing:
        return
    where = f"environment {env!r}" if env else "the project"
    hints = [*_find_misspelt(source), *_find_misnamed(configuration, source, env)]
    message = " ".join([f"no {' and no '.join(missing)} in the configuration of {where}.", *hints])
    for other in configuration.environments():
        if other != env and _has_target(configuration, other):
            raise MissingTarget(f"{message} The environment {other!r} has a queue and a definition", other)
    if hints:
        raise MissingTarget(message.removesuffix("."))
    lines = "".join(f"    {name}: {_EXAMPLES[name]}\n" for name in missing)
    raise MissingTarget(f"{message}\nWrite in {source.expected_file}, with the names that you use on AWS:\n\n{lines}")


def _has_target(configuration: Configuration, env: str) -> bool:
    try:
        return not configuration.read_aws_batch(env).missing_target
    except ConfigError:
        return False  # its mistakes are no concern of this environment


def _find_misspelt(source: ConfigSource) -> Iterator[str]:
    """Yield what stands in the parameters of Kedro's older guide under another name."""
    for name, value in source.parameters.items():
        meaning = find_meaning(str(name), value)
        if meaning and meaning.setting != name and meaning.setting in source.missing_target:
            yield f"The parameters have aws_batch.{name}: did you mean {meaning.setting!r}?"


def _find_misnamed(configuration: Configuration, source: ConfigSource, env: str | None) -> Iterator[str]:
    """Yield what to do with files that look as if they were meant to be ``aws_batch.yml``."""
    folder = configuration.folder
    if folder is None:
        return
    outside = [file for file in configuration.root.iterdir() if plain_name(file) != "batch"]
    for file in filter(is_like, sorted([*outside, *folder.iterdir()])):
        yield _describe(configuration, file, configuration.where_to_move(file, source.expected_file))
    chosen = [name for name in (env or configuration.default_env, configuration.base_env) if name]
    for name in dict.fromkeys([*chosen, *configuration.environments()]):
        for file in find_misnamed(folder / name):
            compile_too = "" if name in chosen else f", and compile with --env={name}"
            yield _describe(configuration, file, configuration.where_to_move(file) + compile_too)


def _describe(configuration: Configuration, file: Path, todo: str) -> str:
    return f"There is {configuration.shown(file)}, which is not read: if it has the settings, {todo}."
