"""Reads the configuration of a project with the project's own config loader. A small door to Kedro."""

import re
from collections.abc import Iterable, Mapping
from contextlib import chdir
from fnmatch import fnmatchcase
from glob import escape
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException, OmegaConfigLoader
from kedro.framework.project import settings

from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.project.conf_folder import Configuration, match_files
from kedro_batch.compiler.project.interpolations import diagnose_interpolation
from kedro_batch.compiler.project.kedro_errors import explain_error, first_line, guard_project_code
from kedro_batch.errors import ConfigError, ProjectError

_NO_FILES = "No files of YAML or JSON format found"
"""How Kedro says that the folders are there, and no file of a section is in them."""
_ARCHIVE = re.compile(r"application/(x-tar|zip|x-zip-compressed|zip-compressed)")
"""What Kedro takes for an archive, by its name."""
_CONFIG_PATTERNS = ["aws_batch.*", "**/aws_batch.*"]
_FILE_PARAMETERS = "kedro_batch_file_parameters"
"""A section of ours with the files of ``parameters``, which Kedro merges without those that are given at run time."""
_CREDENTIALS_PATTERNS = ["credentials*", "credentials*/**", "**/credentials*"]
"""Those of ``OmegaConfigLoader``, unless the project sets others."""


class KedroConfig:
    """What the config loader of a project reads; the settings of the project are loaded."""

    def __init__(self, root: Path, options: CompileOptions) -> None:
        """Read the settings of the config loader of the project in ``root``."""
        self._root = root
        self._params: Mapping[str, Any] = {}
        self._left_out: Path | None = None
        self._loader_args = dict(settings.CONFIG_LOADER_ARGS)
        self.configuration = Configuration(
            root=root,
            conf_source=str(options.conf_source or settings.CONF_SOURCE),
            base_env=self._loader_args.get("base_env") or "base",
            default_env=self._loader_args.get("default_run_env"),
            read=self._read_section,
            credentials_patterns=_find_credentials_patterns(self._loader_args),
        )

    @property
    def merges_params(self) -> bool:
        """True if the project's config loader is Kedro's own, which merges parameters given at run time over files."""
        return issubclass(settings.CONFIG_LOADER_CLASS, OmegaConfigLoader)

    def _read_section(self, env: str | None, name: str) -> Mapping[Any, Any]:
        """Read one section of the configuration with the project's own config loader."""
        try:
            loader = self._make_config_loader(env)
        except ProjectError as error:
            self._refuse_interpolation(env, "globals", error.__cause__ or error)  # Kedro reads globals first of all
            raise
        try:
            with chdir(self._root):
                return dict(loader[name])
        except KeyError:
            return {}
        except MissingConfigException as error:
            if missing := self._what_is_missing(name, env, first_line(error)):
                raise ConfigError(missing) from error
            return {}
        except Exception as error:  # a config loader may be the project's own and raise anything
            self._refuse_interpolation(env, name, error)
            raise ConfigError(f"cannot read the configuration {name!r}: {explain_error(error)}") from error

    def _what_is_missing(self, section: str, env: str | None, why: str) -> str | None:
        """Say what an archive or a remote place lacks; None if it only has no file of a section, as a folder may."""
        configuration = self.configuration
        if configuration.folder is not None or why.startswith(_NO_FILES):
            return None
        if "://" in configuration.conf_source:  # it may be unreachable
            return f"cannot read the configuration {section!r}: {why}"
        shown = configuration.shown(Path(configuration.location))
        head = f"cannot read the configuration: {shown}"
        if not _ARCHIVE.fullmatch(guess_type(shown)[0] or ""):
            return f"{head} is a file, and neither a folder nor an archive (.zip, .tar.gz)"
        base, other = configuration.base_env, env or configuration.default_env
        folder = why.rpartition("directory: ")[2]
        otherwise = "" if Path(folder).name == base else ". Name another environment with --env"
        envs = base if other in (None, base) else f"{base}, and {other}"
        needs = f"An archive has one folder, such as conf, and that has one for each environment: {envs}"
        return f"{head} has no folder {folder}. {needs}{otherwise}"

    def _refuse_interpolation(self, env: str | None, section: str, cause: BaseException) -> None:
        """Refuse an interpolation that could not be resolved, with its place, if that is what happened."""
        files = self.configuration.find_files(env, "*")
        if places := [*diagnose_interpolation(first_line(cause), section, files)]:
            raise ConfigError(f"cannot read the configuration {section!r}:", places) from cause

    def use_params(self, params: Mapping[str, Any]) -> None:
        """Read the configuration with these parameters given at run time, from now on."""
        self._params = params

    def leave_out(self, file: Path) -> None:
        """Read the catalog as if a file of it was not there, from now on.

        Raises:
            ConfigError: The project's config loader does not tell which files it reads.
        """
        if not file.exists():
            return
        if self._find_patterns("catalog") is None:
            raise ConfigError(
                f"cannot read the catalog without {self.configuration.shown(file)}: the project's config loader is its "
                "own, without the config_patterns of OmegaConfigLoader. Move the file away, and try again"
            )
        self._left_out = file

    def find_section_files(self, env: str, section: str) -> list[Path]:
        """Return the files that one environment alone has of a section, without the one that is left out; sorted.

        Empty if the project's config loader does not tell which files it reads.
        """
        folder, patterns = self.configuration.folder, self._find_patterns(section)
        return [] if folder is None or patterns is None else match_files(folder / env, patterns)

    def merges_softly(self, section: str) -> bool:
        """True if an entry of an environment is merged into that of the base, in place of replacing it."""
        strategies = getattr(self._make_config_loader(self.configuration.base_env), "merge_strategy", None)
        return isinstance(strategies, dict) and strategies.get(section) == "soft"

    def reads(self, section: str, name: str) -> bool:
        """True if a file of this name in the folder of an environment is read, as far as the config loader tells."""
        patterns = self._find_patterns(section)
        return patterns is None or any(fnmatchcase(name, one.removeprefix("**/")) for one in patterns)

    def _find_patterns(self, section: str) -> list[str] | None:
        patterns = getattr(self._make_config_loader(self.configuration.base_env), "config_patterns", None)
        return list(patterns.get(section, ())) if isinstance(patterns, dict) else None

    def _name_other_files(self, left_out: Path, patterns: Iterable[str]) -> list[str]:
        """Return patterns for the same files without one: their paths from the folders of the environments.

        The base environment has no file of that name, or it is left out too.
        """
        base = Path(self.configuration.location, self.configuration.base_env)
        names = {
            file.relative_to(folder).as_posix()
            for folder in (base, left_out.parent)
            for file in match_files(folder, patterns)
        }
        return sorted(escape(name) for name in names - {left_out.name})

    def read_file_parameters(self, env: str | None) -> Mapping[Any, Any]:
        """Return the parameters of the files alone; without those at the top that begin with an underscore.

        Parameters given at run time are not merged over them, and interpolations that ask for these find them. Empty if
        the project's config loader is its own, or cannot read them so.
        """
        try:
            return self.configuration.section(env, _FILE_PARAMETERS) if self.merges_params else {}
        except ConfigError:
            return {}

    def _make_config_loader(self, env: str | None) -> Any:
        archive = "" if self.configuration.folder else f" {self.configuration.conf_source}"
        with guard_project_code(f"cannot read the configuration{archive}", self._root):
            loader = settings.CONFIG_LOADER_CLASS(
                conf_source=self.configuration.location,
                env=env,
                runtime_params=dict(self._params),
                **self._loader_args,
            )
        patterns = getattr(loader, "config_patterns", None)
        if isinstance(patterns, dict):
            patterns.setdefault("aws_batch", _CONFIG_PATTERNS)
            patterns.setdefault(_FILE_PARAMETERS, patterns.get("parameters", []))
            if self._left_out is not None:
                patterns["catalog"] = self._name_other_files(self._left_out, patterns.get("catalog", ()))
        strategies = getattr(loader, "merge_strategy", None)
        if isinstance(strategies, dict) and "parameters" in strategies:
            loader.merge_strategy = {**strategies, _FILE_PARAMETERS: strategies["parameters"]}
        return loader


def _find_credentials_patterns(loader_args: Mapping[str, Any]) -> tuple[str, ...] | None:
    if settings.CONFIG_LOADER_CLASS is not OmegaConfigLoader:
        return None
    return tuple((loader_args.get("config_patterns") or {}).get("credentials", _CREDENTIALS_PATTERNS))
