"""Makes the files of ``init`` for a project: looks at what is there, renders all files, and writes none."""

import sys
import tomllib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from os.path import normpath
from pathlib import Path, PurePosixPath

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from kedro_batch.compiler.project_outline import ProjectOutline
from kedro_batch.compiler.settings.config_source import SUFFIXES
from kedro_batch.errors import ProjectError, UsageError
from kedro_batch.scaffold.choices import Choices
from kedro_batch.scaffold.dependencies import Dependencies, Installer, find_dependencies
from kedro_batch.scaffold.file_changes import FileChange, compare, read_existing
from kedro_batch.scaffold.git_remote import is_ignored
from kedro_batch.scaffold.ignore_lines import seems_ignored, with_ignore_lines
from kedro_batch.scaffold.init_files import (
    DOCKERFILE,
    DOCKERIGNORE,
    GITIGNORE,
    FileNames,
    ImageView,
    InitFile,
    SettingsView,
    read_settings,
    render_choices,
    render_image_file,
    render_settings,
)
from kedro_batch.text.wording import did_you_mean

NOTHING_WRITTEN = "Nothing was written"
PYTHON = ".".join(map(str, sys.version_info[:2]))
"""The version of Python that runs this, and with it the project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What the files are made of.

    Attributes:
        root: The project's folder.
        source: The folder of its packages, relative to it.
        choices: The choices of ``init``.
        outline: What the project says already.
        names: The names of the files.
    """

    root: Path
    source: str
    choices: Choices
    outline: ProjectOutline
    names: FileNames


def refuse_env(env: str, outline: ProjectOutline) -> None:
    """Refuse an environment that is not for AWS Batch alone.

    Raises:
        UsageError: It is that of all runs, or that of this machine.
    """
    for taken, why in (
        (outline.base_env, "it counts in every environment, so runs on this machine would use S3 too"),
        (outline.default_env, "it is used where none is named, and conf/local is not in the image"),
    ):
        if env == taken:
            raise UsageError(f"--env {env}: {why}. Name another one, such as aws_batch. {NOTHING_WRITTEN}")


def select_files(files: Sequence[str], names: FileNames, root: Path, cwd: Path) -> Sequence[str]:
    """Return the names of the files to write; all of them if none is named.

    Args:
        files: Files, relative to the project's folder or to the working directory.
        names: The names of all files.
        root: The project's folder.
        cwd: The working directory.

    Raises:
        UsageError: One is not a file of ``init``.
    """
    known = list(names)
    chosen = []
    for file in files:
        from_here = Path(normpath(cwd / file))
        inside = from_here.relative_to(root).as_posix() if from_here.is_relative_to(root) else file
        name = next((one for one in (normpath(file), inside) if one in known), None)
        if name is None:
            raise UsageError(
                f"init writes no file {file!r}.{did_you_mean(file, known)} Its files are: {', '.join(known)}. "
                f"{NOTHING_WRITTEN}"
            )
        chosen.append(name)
    return chosen or known


def prepare_files(preparation: Preparation, selected: Collection[str], *, force: bool) -> list[FileChange]:
    """Render the files of these names, and compare them with those that are there. Nothing is written.

    Raises:
        ConfigError: The existing ``aws_batch.yml`` is no YAML mapping.
        ProjectError: The project cannot get an image as it is.
        UsageError: Something else is where a file should be.
    """
    names = [name for name in preparation.names if name in selected and name != preparation.names.catalog]
    dependencies = find_dependencies(preparation.root)
    if preparation.names.settings in names:
        _refuse_second_settings(preparation)
    if DOCKERFILE in names:
        _check_image(preparation, dependencies)
        names = names if dependencies else [name for name in names if name != DOCKERFILE]
    return compare(preparation.root, _render(preparation, names, dependencies), force=force)


def _refuse_second_settings(preparation: Preparation) -> None:
    """Refuse settings with another ending: Kedro reads both files, and no key may be in two of an environment."""
    own = PurePosixPath(preparation.names.settings)
    for other in (own.with_suffix(suffix) for suffix in SUFFIXES if suffix != own.suffix):
        if (preparation.root / other).exists():
            raise UsageError(
                f"{other} exists, and Kedro would read it beside {own} and refuse the keys that both have. Rename it "
                f"to {own.name}, or move it away. {NOTHING_WRITTEN}"
            )


def _render(preparation: Preparation, names: list[str], dependencies: Dependencies | None) -> Iterator[InitFile]:
    root, known = preparation.root, preparation.names
    for name in names:
        if name == known.settings:
            content = render_settings(_settings_view(preparation), read_existing(root, name), name)
        elif name in (DOCKERFILE, DOCKERIGNORE):
            content = render_image_file(name, _image_view(preparation, dependencies))
        elif name == GITIGNORE:
            text = read_existing(root, name) or ""
            ignored = is_ignored(root, known.keeper)
            if ignored is None:
                ignored = seems_ignored(text, known.keeper)
            content = with_ignore_lines(text, kept=known.keeper if ignored else None)
        elif name == known.keeper:
            content = ""
        else:
            content = render_choices(name, preparation.choices, known)
        yield InitFile(path=name, content=content)


def _settings_view(preparation: Preparation) -> SettingsView:
    outline = preparation.outline
    return SettingsView(
        choices=preparation.choices,
        conf=outline.conf,
        base=outline.settings,
        base_file=outline.settings_file,
        versioned=outline.versioned,
    )


def _image_view(preparation: Preparation, dependencies: Dependencies | None) -> ImageView:
    own = read_settings(read_existing(preparation.root, preparation.names.settings))
    paths = own.get("image_paths", preparation.outline.settings.get("image_paths"))
    return ImageView(
        choices=preparation.choices,
        conf=preparation.outline.conf,
        python=PYTHON,
        dependencies=dependencies or Dependencies(installer=Installer.REQUIREMENTS, files=()),
        image_paths=tuple(str(path).strip("/") for path in paths) if isinstance(paths, list) else (),
    )


def _check_image(preparation: Preparation, dependencies: Dependencies | None) -> None:
    """Refuse a project that cannot get an image in one of the known ways."""
    root, package = preparation.root, preparation.choices.project
    if dependencies is None:
        if (root / DOCKERFILE).is_file():
            return
        raise ProjectError(
            "the project lists no packages for its image: there is no uv.lock, poetry.lock, requirements.lock or "
            "requirements.txt, and no `dependencies` in pyproject.toml. Write a requirements.txt with what the project "
            f"imports, or a Dockerfile of your own. {NOTHING_WRITTEN}"
        )
    if dependencies.python and not _takes_this_python(dependencies.python):
        raise ProjectError(
            f"pyproject.toml asks for Python {dependencies.python}, and this is {PYTHON}, which the image would get. "
            f"Run kedro-batch in the environment of the project, or correct requires-python. {NOTHING_WRITTEN}"
        )
    main = root / preparation.source / package / "__main__.py"
    if preparation.choices.packaged and not main.is_file():
        raise ProjectError(
            f"a packaged project runs by `python -m {package}`, and there is no {main.relative_to(root)}. Copy it "
            f"from a new project of `kedro new`, or leave out --packaged. {NOTHING_WRITTEN}"
        )


def _takes_this_python(requires: str) -> bool:
    try:
        return SpecifierSet(requires).contains(".".join(map(str, sys.version_info[:3])), prereleases=True)
    except InvalidSpecifier:  # whoever installs the project says so
        return True


def find_source(root: Path) -> str:
    """Return the folder of the project's packages, as ``pyproject.toml`` names it."""
    tool = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8")).get("tool", {})
    source = tool.get("kedro", {}).get("source_dir", "src")
    return source if isinstance(source, str) else "src"
