"""The configuration of a Kedro project: its folder, its environments, and its sections for one environment.

Kedro's config loader reads and merges; this module gets a function that calls it. The files themselves are looked at
only to say where something stands, or why Kedro did not see it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kedro_batch.compiler.project.image_contents import find_what_leaves_out
from kedro_batch.compiler.project.misnamed_files import describe_move, find_misnamed, is_in_use, plain_name
from kedro_batch.compiler.settings.config_source import SUFFIXES, TARGET, ConfigSource
from kedro_batch.diagnostics import Diagnostic, FieldPath
from kedro_batch.errors import ConfigError, ProjectError
from kedro_batch.files import yaml_reader
from kedro_batch.text.wording import did_you_mean

_TWICE = "the key is here twice"
_HARMFUL = ("is not valid YAML", _TWICE, "is not UTF-8", "must be text")


class MissingEnvironment(ProjectError):  # noqa: N818  named for what is missing
    """The configuration has no such environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialNames:
    """The names, without values, that the credentials files of an environment define.

    Attributes:
        folders: Where such files are looked for.
        shipped: The names in files that images may have.
        left_out: The other names, each with the file that has it and why images do not have that.
    """

    folders: tuple[str, ...]
    shipped: frozenset[str] = frozenset()
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Where a project's configuration is, and how to read it.

    Attributes:
        root: The project's folder.
        conf_source: As configured or given: a path relative to the project's folder, or the URL of another place.
        base_env: The environment that all others are merged over.
        default_env: The environment that is used if none is named; None if there is none.
        credentials_patterns: The patterns of Kedro's own config loader for files with credentials; None if the project
            has another loader.
        read: Return the merged section of a name for an environment, empty if there is none. It raises
            ``ConfigError`` if Kedro cannot read it.
    """

    root: Path
    conf_source: str
    base_env: str
    default_env: str | None
    read: Callable[[str | None, str], Mapping[Any, Any]]
    credentials_patterns: tuple[str, ...] | None = None

    @property
    def location(self) -> str:
        """The configuration's folder or archive as an absolute path, or its URL."""
        return self.conf_source if "://" in self.conf_source else str(self.root / self.conf_source)

    @property
    def folder(self) -> Path | None:
        """The folder; None if the configuration is an archive or a remote place."""
        return None if "://" in self.conf_source or Path(self.location).is_file() else Path(self.location)

    def environments(self) -> tuple[str, ...]:
        """Return the environments without the base; none if the configuration is not a folder."""
        if self.folder is None:
            return ()
        names = (child.name for child in self.folder.iterdir() if child.is_dir())
        return tuple(sorted(name for name in names if name != self.base_env and not name.startswith(".")))

    def refuse_missing_folders(self, env: str | None) -> None:
        """Refuse a configuration or an environment that does not exist; Kedro would take it for an empty one.

        Raises:
            MissingEnvironment: The folder of the environment is missing.
            ProjectError: The folder of the configuration is.
        """
        if self.folder is None:
            return
        if not self.folder.is_dir():
            raise ProjectError(f"the project has no configuration: {self.shown(self.folder)} is not a folder")
        if env is not None and not (self.folder / env).is_dir():
            known = (self.base_env, *self.environments())
            raise MissingEnvironment(
                f"no environment is named {env!r}: {self.shown(self.folder / env)} is not a folder."
                f"{did_you_mean(env, known)} Choose one of: {', '.join(known)}"
            )

    @property
    def missing_env_folder(self) -> str | None:
        """The folder of the default environment, if there is a default and it does not exist.

        The default is often ``local``, which a checkout does not have. It counts as empty then.
        """
        if self.default_env and self.folder and not (self.folder / self.default_env).is_dir():
            return self.shown(self.folder / self.default_env)
        return None

    def _is_missing(self, env: str | None) -> bool:
        """True if an environment has no folder. Kedro would refuse to read it; it counts as empty."""
        name = env or self.default_env
        return bool(name) and self.folder is not None and not (self.folder / str(name)).is_dir()

    @property
    def left_out_env_folder(self) -> tuple[str, str] | None:
        """The folder of the default environment, if it exists, and what leaves it out of images, if anything does."""
        if not self.default_env or self.folder is None or self.missing_env_folder:
            return None
        folder = self.folder / self.default_env
        left_out_by = find_what_leaves_out(folder, self.root)
        return (self.shown(folder), left_out_by) if left_out_by else None

    def section(self, env: str | None, name: str) -> Mapping[Any, Any]:
        """Read a merged section, such as ``catalog``, of an environment or of the project's default.

        Raises:
            ConfigError: It cannot be read.
        """
        try:
            return self.read(self.base_env if self._is_missing(env) else env, name)
        except (ConfigError, ProjectError) as error:
            if "found duplicate key" in str(error):  # Kedro does not say in which file
                self._refuse_keys_twice(env, name, error)
            raise

    def file_for(self, env: str | None, section: str) -> str:
        """Return the file in which to write something new into a section, such as ``catalog``, of an environment."""
        folder = self.conf_source.rstrip("/") if self.folder is None else self.shown(self.folder)
        return f"{folder}/{env or self.base_env}/{section}.yml"

    def locate(self, env: str | None, section: str, path: FieldPath) -> str:
        """Return the file, and the line, where a section has something; otherwise where it should be written."""
        for name, file in self._section_files(env, section).items():
            line = yaml_reader.parse(file.read_bytes(), name, with_lines={path}).lines.get(path)
            if line is not None:
                return f"{name}:{line}"
        return self.file_for(env, section)

    def _section_files(self, env: str | None, *sections: str) -> Mapping[str, Path]:
        """Find the files that sections are merged of; the first one wins."""
        return {
            name: file
            for name, file in self.find_files(env, "*").items()
            if any(part.startswith(sections) for part in Path(name).parts)
        }

    def read_aws_batch(self, env: str | None) -> ConfigSource:
        """Read what the configuration of an environment says about AWS Batch; None is the project's default.

        Raises:
            ConfigError: It cannot be read.
        """
        files = self.find_files(env, "aws_batch.*")
        try:
            aws_batch = self.section(env, "aws_batch")
        except ConfigError as error:
            self._refuse_unreadable(files, error)
            raise
        if not aws_batch:
            self._refuse_unseen(files)
            self._refuse_unreadable(files)
        complete = set(TARGET) <= aws_batch.keys()
        parameters = {} if complete else self.section(env, "parameters").get("aws_batch")
        return ConfigSource(
            aws_batch=aws_batch,
            parameters=parameters if isinstance(parameters, Mapping) else {},
            files=files,
            expected_file=next(iter(files), self.file_for(env, "aws_batch")),
            misnamed={
                self.shown(file): self.where_to_move(file)
                for folder in self._folders(env)
                for file in find_misnamed(folder)
                if is_in_use(file)
            },
        )

    def where_to_move(self, file: Path, target: str | None = None) -> str:
        """Say where to move a file, or its settings; by default to the ``aws_batch.yml`` that its name stands for."""
        if target is None:
            ends = {f"batch{plain_name(Path(env))}": env for env in self.environments() if plain_name(Path(env))}
            env = next((ends[end] for end in ends if plain_name(file).endswith(end)), None)
            target = self.file_for(env, "aws_batch") if env else self.shown(file.parent / "aws_batch.yml")
        return describe_move(file, self.root / target, target)

    def shown(self, path: Path) -> str:
        """Return a path as messages name it: from the project's folder, if it is in there."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)

    def find_credential_names(self, env: str | None) -> CredentialNames | None:
        """Return the names that the credentials files of an environment and of the base define.

        Values are not looked at. None if the names are not known: the configuration is not in a folder, the project has
        a config loader of its own, or a file is not plain YAML.
        """
        if self.folder is None or self.credentials_patterns is None:
            return None
        folders = self._folders(env)
        shipped: set[str] = set()
        left_out: dict[str, str] = {}
        for folder in folders:
            for file in match_files(folder, self.credentials_patterns):
                document = yaml_reader.parse(file.read_bytes(), file.name)
                if document.broken or not isinstance(document.value, dict | None):
                    return None
                names = [key for key in document.value or () if not key.startswith("_")]
                # The folder of the default environment, conf/local, stays on the machine of its user.
                if env is None and folder != folders[-1]:
                    left_out |= dict.fromkeys(names, f"{self.shown(folder)}, which images usually do not have")
                elif names and (by := find_what_leaves_out(file, self.root)):
                    left_out |= dict.fromkeys(names, f"{self.shown(file)}, which {by} leaves out of images")
                else:
                    shipped.update(names)
        return CredentialNames(folders=tuple(map(self.shown, folders)), shipped=frozenset(shipped), left_out=left_out)

    def find_files(self, env: str | None, pattern: str) -> Mapping[str, Path]:
        """Find the files of these names that are merged for an environment; the first one wins."""
        return {
            self.shown(file): file
            for folder in self._folders(env)
            for file in sorted(folder.rglob(pattern))
            if file.suffix in SUFFIXES and file.is_file()
        }

    def _folders(self, env: str | None) -> list[Path]:
        """Return the folders that are merged for an environment; the first one wins."""
        names = dict.fromkeys(name for name in (env or self.default_env, self.base_env) if name)
        return [] if self.folder is None else [self.folder / name for name in names]

    def _refuse_keys_twice(self, env: str | None, section: str, cause: Exception) -> None:
        """Refuse keys that a file of a section has twice, or one of the globals, which Kedro reads first."""
        twice = [
            one
            for name, file in self._section_files(env, section, "globals").items()
            for one in yaml_reader.parse(file.read_bytes(), name).diagnostics
            if _TWICE in one.message
        ]
        if twice:
            raise ConfigError(f"cannot read the configuration {section!r}:", twice) from cause

    def _refuse_unreadable(self, files: Mapping[str, Path], cause: Exception | None = None) -> None:
        """Refuse files that are no configuration, with their lines, which Kedro's own errors lack."""
        if diagnostics := [one for name, file in files.items() for one in _diagnose_file(name, file)]:
            raise ConfigError("cannot read the configuration 'aws_batch':", diagnostics) from cause

    def _refuse_unseen(self, files: Mapping[str, Path]) -> None:
        """Refuse a folder whose name is a pattern: Kedro does not see the files in it."""
        if files and set("[]*?") & set(str(self.folder)):
            raise ConfigError(
                f"Kedro does not find {next(iter(files))}: the path of the project, {self.root}, has one of the "
                "characters [ ] * ?, which have a meaning in patterns. Rename the folder"
            )


def match_files(folder: Path, patterns: Iterable[str]) -> list[Path]:
    """Return the configuration files that match patterns of Kedro, in which ``**`` at the end stands for files too."""
    found = {
        file
        for pattern in patterns
        for file in folder.glob(f"{pattern}/*" if pattern.endswith("**") else pattern)
        if file.suffix in SUFFIXES and file.is_file()
    }
    return sorted(file for file in found if not any(part.startswith(".") for part in file.relative_to(folder).parts))


def _diagnose_file(name: str, file: Path) -> Iterator[Diagnostic]:
    document = yaml_reader.parse(file.read_bytes(), name)
    # Some YAML is forbidden in plans alone, and does no harm here.
    yield from (one for one in document.diagnostics if any(words in one.message for words in _HARMFUL))
    if not document.broken and not isinstance(document.value, dict | None):
        yield Diagnostic(source=name, message="must be a mapping of settings, such as job_queue: spaceflights_queue")
