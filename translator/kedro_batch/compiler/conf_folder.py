"""The configuration of a Kedro project: its folder, its environments, and what it says about AWS Batch.

Kedro's config loader reads and merges; what reaches this module is a function that does so. The files
themselves are looked at only to say where something stands.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro_batch.compiler.batch_config import TARGET, ConfigSource
from kedro_batch.diagnostics import Diagnostic
from kedro_batch.errors import ConfigError, ProjectError
from kedro_batch.files import yaml_reader
from kedro_batch.text.wording import did_you_mean

_HARMFUL = ("is not valid YAML", "the key is here twice", "is not UTF-8", "must be text")
_SUFFIXES = (".yml", ".yaml", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Where a project's configuration is, and how to read it.

    Attributes:
        root: The project's folder.
        conf_source: As configured or given: a path from the project's folder, or the URL of another place.
        base_env: The environment that all others are merged over.
        default_env: The environment that is used when none is named; None where there is none.
        read: Gives the merged section of a name for an environment, empty where there is none. It raises
            ``ConfigError`` where Kedro cannot read it.
    """

    root: Path
    conf_source: str
    base_env: str
    default_env: str | None
    read: Callable[[str | None, str], Mapping[Any, Any]]

    @property
    def folder(self) -> Path | None:
        """The folder; None where the configuration is an archive or a remote place."""
        place = self.root / self.conf_source
        return None if "://" in self.conf_source or place.is_file() else place

    def environments(self) -> tuple[str, ...]:
        """Name the environments without the base; none where the configuration is not a folder."""
        if self.folder is None:
            return ()
        names = (place.name for place in self.folder.iterdir() if place.is_dir())
        return tuple(sorted(name for name in names if name != self.base_env and not name.startswith(".")))

    def refuse_missing_folders(self, env: str | None) -> None:
        """Refuse a configuration or an environment that is not there, before Kedro makes something of it.

        Raises:
            ProjectError: The folder of the configuration or of the environment is missing.
        """
        if self.folder is None:
            return
        if not self.folder.is_dir():
            raise ProjectError(f"the project has no configuration: {self._shown(self.folder)} is not a folder")
        if env is not None and not (self.folder / env).is_dir():
            known = (self.base_env, *self.environments())
            raise ProjectError(
                f"no environment is named {env!r}: {self._shown(self.folder / env)} is not a folder."
                f"{did_you_mean(env, known)} There are: {', '.join(known)}"
            )

    def existing_env(self, env: str | None) -> str | None:
        """Give the environment to read for one that was asked for.

        The default environment is often ``local``, which a checkout does not have: it counts as empty then,
        which is what reading the base environment alone means.
        """
        if env is None and self.default_env and self.folder and not (self.folder / self.default_env).is_dir():
            return self.base_env
        return env

    def section(self, env: str | None, name: str) -> Mapping[Any, Any]:
        """Read a merged section, such as ``catalog``, of an environment or of the project's default.

        Raises:
            ConfigError: It cannot be read.
        """
        return self.read(self.existing_env(env), name)

    def file_of(self, env: str | None, section: str) -> str:
        """Say where something would be written into a section, such as ``catalog``, of an environment."""
        return f"{self._folder_shown()}/{env or self.base_env}/{section}.yml"

    def _folder_shown(self) -> str:
        return self.conf_source.rstrip("/") if self.folder is None else self._shown(self.folder)

    def about_aws_batch(self, env: str | None) -> ConfigSource:
        """Read what the configuration says about AWS Batch.

        Args:
            env: The environment; None for the project's default.

        Raises:
            ConfigError: It cannot be read.
        """
        files = self._files(env)
        try:
            aws_batch = self.section(env, "aws_batch")
        except ConfigError as error:
            if diagnostics := [one for file in files for one in self._unreadable(file)]:
                raise ConfigError("cannot read the configuration 'aws_batch':", diagnostics) from error
            raise
        if not aws_batch:
            self._refuse_unseen(files)
            if diagnostics := [one for file in files for one in self._unreadable(file)]:
                raise ConfigError("cannot read the configuration 'aws_batch':", diagnostics)
        complete = set(TARGET) <= aws_batch.keys()
        parameters = {} if complete else self.section(env, "parameters").get("aws_batch")
        return ConfigSource(
            aws_batch=aws_batch,
            parameters=parameters if isinstance(parameters, Mapping) else {},
            files=files,
            expected_file=self._shown(files[0])
            if files
            else f"{self._folder_shown()}/{env or self.base_env}/aws_batch.yml",
        )

    def _files(self, env: str | None) -> tuple[Path, ...]:
        """Find the ``aws_batch.yml`` files that are merged, the one that wins first."""
        if self.folder is None:
            return ()
        folders = dict.fromkeys(self.folder / name for name in (env or self.default_env, self.base_env) if name)
        return tuple(
            file
            for folder in folders
            for file in sorted(folder.rglob("aws_batch.*"))
            if file.suffix in _SUFFIXES and file.is_file()
        )

    def _unreadable(self, file: Path) -> Iterator[Diagnostic]:
        """Say where a file is not what a configuration can be, in words that Kedro's errors lack."""
        shown = self._shown(file)
        document = yaml_reader.parse(file.read_bytes(), shown)
        # What only plans forbid does no harm here.
        yield from (one for one in document.diagnostics if any(words in one.message for words in _HARMFUL))
        if not document.broken and not isinstance(document.value, dict | None):
            yield Diagnostic(source=shown, message="must be a mapping of settings, such as job_queue: my-queue")

    def _refuse_unseen(self, files: tuple[Path, ...]) -> None:
        """Notice that Kedro does not see files that are there."""
        if files and set("[]*?") & set(str(self.folder)):
            raise ConfigError(
                f"Kedro does not find {self._shown(files[0])}, because the path of the project, {self.root}, has one "
                "of the characters [ ] * ?, which mean something in patterns: give the folder another name"
            )

    def _shown(self, place: Path) -> str:
        return str(place.relative_to(self.root)) if place.is_relative_to(self.root) else str(place)
