"""Recognises files that look as if they were meant to be ``aws_batch.yml``, and says what to do with them."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

from kedro_batch.compiler.settings.config_source import SUFFIXES
from kedro_batch.compiler.settings.config_spelling import find_meaning, find_wrappers
from kedro_batch.files import yaml_reader

_MEANT = ("awsbatch", "kedrobatch")
_LIKE = 0.85
"""A name of eight letters is like another one if at most one letter differs, or two have changed places."""
_ENDINGS = {"yml", "yaml", "json", "txt", "toml"}
_PUT_ASIDE = re.compile("example|sample|template|backup|copy|disabled|unused|(bak|dist|old|orig)$")
_TELLING = {"job_queue", "job_definition", "vcpus", "memory_mib", "gpus", "timeout_s", "attempts", "retry_on", "rules"}
"""Settings whose names other files hardly have."""


def find_misnamed(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder that look as if they were meant to be ``aws_batch.yml``, and are not read."""
    for file in sorted(folder.rglob("*")):
        if is_like(file) and not (file.name.startswith("aws_batch.") and file.suffix in SUFFIXES):
            yield file


def is_like(file: Path) -> bool:
    """True if the name of a file is like ``aws_batch.yml``."""
    name, ends = plain_name(file), file.name.lower().split(".")[1:]
    like = name == "batch" or name.startswith(_MEANT) or _is_surely_meant(name)
    return like and file.is_file() and (not ends or not _ENDINGS.isdisjoint(ends))


def is_in_use(file: Path) -> bool:
    """True if such a file is no copy that was put aside, and has settings, or a name that tells enough."""
    name = plain_name(file)
    if _PUT_ASIDE.search(name) or file.suffix.lower().removeprefix(".") not in {"", *_ENDINGS}:
        return False
    return _is_surely_meant(name) or _has_settings(file)


def plain_name(file: Path) -> str:
    """Return the letters of a file's name, without its endings: ``awsbatch`` of ``.AWS-batch.yml``."""
    return re.sub("[^a-z]", "", re.sub(r"([._-]?(yml|yaml|json|txt|toml))+$", "", file.name.lower()))


def describe_move(file: Path, target: Path, shown_target: str) -> str:
    """Say what to do with the settings in a file; where the target is, they are moved there."""
    if file.suffix.lower() == ".toml":
        return f"write them as YAML in {shown_target}"
    if target.exists():
        return f"move them to {shown_target}"
    return f"{'rename' if target.parent == file.parent else 'move'} it to {shown_target}"


def _is_surely_meant(name: str) -> bool:
    return any(SequenceMatcher(None, name, meant).ratio() >= _LIKE for meant in _MEANT)


def _has_settings(file: Path) -> bool:
    document = yaml_reader.parse(file.read_bytes(), file.name)
    if not isinstance(document.value, dict):
        return False
    levels = [document.value, *(wrapper.settings for wrapper in find_wrappers(document.value))]
    meanings = (find_meaning(str(name), value) for level in levels for name, value in level.items())
    return any(meaning and meaning.setting in _TELLING for meaning in meanings)
