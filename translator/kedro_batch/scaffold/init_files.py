"""The files that ``init`` writes into a project: their names, and their content for some choices. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from kedro_batch.files import yaml_reader
from kedro_batch.files.yaml_editor import with_values
from kedro_batch.files.yaml_scalars import write_scalar
from kedro_batch.plan.settings import AMOUNTS
from kedro_batch.scaffold.choices import Choices, Forge
from kedro_batch.scaffold.dependencies import Dependencies
from kedro_batch.scaffold.templates import render_file

INFRASTRUCTURE = "infrastructure.yml"
DOCKERFILE = "Dockerfile"
DOCKERIGNORE = ".dockerignore"
GITIGNORE = ".gitignore"
GITLAB_ENTRY = ".gitlab-ci.yml"
GITLAB_JOBS = ".gitlab/kedro-batch.yml"
_WORKFLOWS = {
    Forge.GITHUB: {
        ".github/workflows/kedro-batch-pull-request.yml": "init/github/kedro-batch-pull-request.yml.j2",
        ".github/workflows/kedro-batch-apply.yml": "init/github/kedro-batch-apply.yml.j2",
    },
    Forge.GITLAB: {
        GITLAB_JOBS: "init/gitlab/kedro-batch.yml.j2",
        GITLAB_ENTRY: "init/gitlab/gitlab-ci.yml.j2",
    },
}
RESULTS = ("account", "region", "job_queue", "image_repository", "job_definition")
"""The settings that ``infra deploy`` writes."""
_TOGETHER = (("resources", *AMOUNTS), ("attempts", "retry_on"))
"""Settings that say one thing together: of these, all or none are those of the base environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitFile:
    """A file to write.

    Attributes:
        path: Its path in the project, with ``/`` between its parts.
        content: Its text.
    """

    path: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNames:
    """The names of the files for one project and environment.

    Attributes:
        conf: The folder of the configuration.
        env: The environment.
        forge: Where pull requests are; None without workflows.
    """

    conf: str
    env: str
    forge: Forge | None = None

    @property
    def settings(self) -> str:
        """The settings for AWS Batch."""
        return f"{self.conf}/{self.env}/aws_batch.yml"

    @property
    def catalog(self) -> str:
        """The catalog entries, which ``compile --write-catalog`` writes."""
        return f"{self.conf}/{self.env}/catalog_kedro_batch.yml"

    @property
    def keeper(self) -> str:
        """The empty file for which git and the image keep the folder of the local environment."""
        return f"{self.conf}/local/.gitkeep"

    @property
    def workflows(self) -> Mapping[str, str]:
        """The workflows, each with its template."""
        return _WORKFLOWS[self.forge] if self.forge else {}

    def __iter__(self) -> Iterator[str]:
        """Yield all names, in the order in which they are written."""
        yield from (self.settings, self.catalog, INFRASTRUCTURE, DOCKERFILE, DOCKERIGNORE, GITIGNORE, self.keeper)
        yield from self.workflows


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsView:
    """What ``aws_batch.yml`` is rendered with.

    Attributes:
        choices: The choices of ``init``.
        conf: The folder of the configuration.
        base: What the base environment says already.
        base_file: The file that says it; None if there is none.
        versioned: The versioned datasets between nodes.
    """

    choices: Choices
    conf: str
    base: Mapping[str, Any]
    base_file: str | None
    versioned: tuple[str, ...]

    def off(self, key: str) -> str:
        """Return what makes a line an example, if the base environment has the key already."""
        keys = next((some for some in _TOGETHER if key in some), (key,))
        return "#" if any(one in self.base for one in keys) else ""

    @property
    def retry_on(self) -> str:
        """The failures after which a job is started again: none in which a node may have run already, but for spot."""
        return "[spot, start_failure, image_pull]" if self.choices.spot else "[start_failure, image_pull]"

    @property
    def unshare(self) -> bool:
        """The base environment has shared folders, which the containers of the infrastructure do not mount."""
        return bool(self.base.get("shared_paths"))

    @property
    def accepted(self) -> tuple[str, ...]:
        """The versioned datasets, as YAML spells them."""
        return tuple(map(write_scalar, self.versioned))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageView:
    """What ``Dockerfile`` and ``.dockerignore`` are rendered with.

    Attributes:
        choices: The choices of ``init``.
        conf: The folder of the configuration.
        python: The version of Python, such as ``3.11``.
        dependencies: How the packages are installed.
        image_paths: Folders with data that the image has.
    """

    choices: Choices
    conf: str
    python: str
    dependencies: Dependencies
    image_paths: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """What jobs run."""
        return f"`python -m {self.choices.project} ...`" if self.choices.packaged else "`kedro run ...`"

    @property
    def copies(self) -> tuple[tuple[str, str], ...]:
        """The files that list the packages, each folder's with the folder that they are copied into."""
        folders: dict[str, list[str]] = {}
        for name in self.dependencies.files:
            folders.setdefault(f"{PurePosixPath(name).parent}/".removeprefix("./"), []).append(name)
        return tuple((" ".join(names), folder or "./") for folder, names in folders.items())


def render_settings(view: SettingsView, existing: str | None, shown: str) -> str:
    """Render ``aws_batch.yml``; what ``infra deploy`` has written into the existing one stays in it.

    Raises:
        ConfigError: The existing file is no YAML mapping.
    """
    fresh = render_file("init/aws_batch.yml.j2", view)
    now = yaml_reader.parse(fresh.encode(), shown).value
    before = read_settings(existing)
    if not isinstance(before.get("job_definition"), Mapping) and not {"account", "image_repository"} & before.keys():
        return fresh
    results = {name: value for name, value in before.items() if name in RESULTS and value != now.get(name)}
    return with_values(fresh, results, shown) if results else fresh


def read_settings(text: str | None) -> Mapping[str, Any]:
    """Return the settings in a file; none if it is not YAML, which ``compile`` says with the line."""
    value = yaml_reader.parse((text or "").encode(), "").value
    return value if isinstance(value, dict) else {}


def render_image_file(name: str, view: ImageView) -> str:
    """Render ``Dockerfile`` or ``.dockerignore``."""
    return render_file("init/Dockerfile.j2" if name == DOCKERFILE else "init/dockerignore.j2", view)


def render_choices(name: str, choices: Choices, names: FileNames) -> str:
    """Render a file that follows from the choices alone: the infrastructure, or a workflow."""
    template = "init/infrastructure.yml.j2" if name == INFRASTRUCTURE else names.workflows[name]
    return render_file(template, choices)
