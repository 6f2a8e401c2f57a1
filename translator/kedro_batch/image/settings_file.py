"""What ``aws_batch.yml`` says of the image of the jobs: for which machines it is, and by which name they get it."""

from enum import Enum, auto
from pathlib import Path
from typing import Any

from kedro_batch.compiler.project_settings import ProjectSettings
from kedro_batch.compiler.settings.declared_definitions import declared_in, has_own_containers
from kedro_batch.errors import ConfigError
from kedro_batch.files import yaml_reader
from kedro_batch.files.atomic_write import write_bytes
from kedro_batch.files.yaml_editor import with_values
from kedro_batch.image.commit import Commit, read_committed
from kedro_batch.plan.containers import find_tasks


class Place(Enum):
    """Where the image of the jobs is said."""

    WRITTEN = auto()
    """In the environment's own file: it was written there."""
    UNCHANGED = auto()
    """There, and the file had this image already."""
    ELSEWHERE = auto()
    """In a job definition that another file declares."""
    OWN_CONTAINERS = auto()
    """In a job definition whose containers are described as AWS spells them."""
    ON_AWS = auto()
    """In a job definition that is only named."""
    NOWHERE = auto()
    """There is no job definition yet."""


def find_platform(settings: ProjectSettings) -> str:
    """Return what the jobs run on, such as ``linux/arm64``; ``linux/amd64`` where the definition does not say."""
    definition = settings.settings.defaults.definition
    processors = {task.processor for task in find_tasks(definition.register)} if definition else set()
    return "linux/arm64" if processors == {"ARM64"} else "linux/amd64"


def write_image(settings: ProjectSettings, image: str) -> Place:
    """Write the image of the jobs where the environment's own ``aws_batch.yml`` declares their definition.

    Raises:
        ConfigError: The file cannot be changed.
        UsageError: It cannot be written.
    """
    resolved = settings.settings.defaults
    if not settings.declares:
        return Place.ON_AWS if resolved.settings.job_definition else Place.NOWHERE
    if has_own_containers(declared_in(resolved.stated) or {}):
        return Place.OWN_CONTAINERS
    text = _read(settings.file)
    declared = text and _declared_in_text(text, settings.shown)
    if not text or not declared:
        return Place.ELSEWHERE
    if declared.get("image") == image:
        return Place.UNCHANGED
    write_bytes(settings.file, _with_image(text, image, settings.shown).encode(), settings.shown, settings.root)
    return Place.WRITTEN


def without_own_change(commit: Commit, settings: ProjectSettings, root: Path) -> Commit:
    """Return what git says, but ``aws_batch.yml`` counts as committed where only its image was written since.

    No job reads the file, and the image of a commit is to be found again right after it was pushed.
    """
    file = settings.file.relative_to(root).as_posix()
    if file not in commit.changed or not (committed := read_committed(root, file)):
        return commit
    text = _read(settings.file) or ""
    try:
        image = (_declared_in_text(text, settings.shown) or {}).get("image")
        only_image = isinstance(image, str) and _with_image(committed, image, settings.shown) == text
    except ConfigError:  # the committed file is none
        return commit
    return commit.without(file) if only_image else commit


def _with_image(text: str, image: str, shown: str) -> str:
    return with_values(text, {"job_definition": {"image": image}}, shown)


def _declared_in_text(text: str, shown: str) -> Any:
    """Return the job definition that a file declares; None if it declares none."""
    content = yaml_reader.parse(text.encode(), shown).value
    return declared_in(content) if isinstance(content, dict) else None


def _read(file: Path) -> str | None:
    try:
        return file.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return None
