"""Finds the packages that the image of a project gets, as its lists of packages and its Dockerfiles say.

A word in a description, in a comment or in a table of settings installs nothing, nor does an extra for which no list
and no Dockerfile asks. So rather too little is found than too much: the answer takes a warning away.
"""

import ast
import configparser
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name

from kedro_batch.compiler.project.dockerfile_installs import find_installs
from kedro_batch.compiler.project.requirement_names import ITSELF, Installs, Named, read_list, read_requirement

_CONDA = re.compile(r"(?:[^\s:]+::)?([\w.-]+)")
_PACKAGES_OF_TOML = {
    "Pipfile": (("packages",),),
    "pixi.toml": (("dependencies",), ("pypi-dependencies",)),
    "pyproject.toml": (("tool", "pixi", "dependencies"), ("tool", "pixi", "pypi-dependencies")),
}
"""The tables whose keys are packages that are always installed."""


def find_image_packages(root: Path, files: Iterable[Path]) -> frozenset[str]:
    """Return the names of the packages that an image gets.

    Args:
        root: The project's folder.
        files: Lists of packages, ``pyproject.toml``, ``setup.py`` and ``setup.cfg``, and Dockerfiles.

    Returns:
        The names, as PyPI compares them. What these packages depend on is not among them.
    """
    left, packages, extras = [*files], list[Named](), set[str]()
    for file in left:
        found = _read(file)
        packages += found.packages
        extras |= found.extras
        for name in found.lists:
            included = [folder / Path(name) for folder in (file.parent, root)]
            left += [one for one in included if one.is_file() and one not in left]
    return frozenset(one.name for one in (*packages, *_with_extras(root / "pyproject.toml", packages, extras)))


def _read(file: Path) -> Installs:
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    match file.name, file.suffix:
        case (name, _) if "dockerfile" in name.lower():
            return find_installs(text)
        case ("Pipfile", _) | (_, ".toml"):
            return _read_toml(file.name, _load_toml(text))
        case _, (".yml" | ".yaml"):
            return _read_conda(text)
        case "setup.cfg", _:
            return _read_setup_cfg(text)
        case "setup.py", _:
            return Installs(packages=tuple(_read_setup_py(text)))
        case _:
            return read_list(text)


def _load_toml(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _read_toml(name: str, content: Mapping[str, Any]) -> Installs:
    tables = [_inner(content, *keys) for keys in _PACKAGES_OF_TOML.get(name, ())]
    packages = [Named(name=canonicalize_name(key)) for table in tables if isinstance(table, dict) for key in table]
    if name != "pyproject.toml":
        return Installs(packages=tuple(packages))
    packages += _requirements(_inner(content, "project", "dependencies"))
    poetry = _table(content, "tool", "poetry", "dependencies")
    packages += [Named(name=canonicalize_name(key)) for key, value in poetry.items() if not _is_optional(value)]
    lists = _inner(content, "tool", "setuptools", "dynamic", "dependencies", "file")
    return Installs(packages=tuple(packages), lists=tuple(_texts(lists)))


def _with_extras(file: Path, packages: Iterable[Named], extras: Iterable[str]) -> list[Named]:
    """Return the packages that the extras of the project bring for which somebody asks, also by other extras of it."""
    content = _load_toml(file.read_text(encoding="utf-8-sig", errors="replace")) if file.is_file() else {}
    offered = {
        canonicalize_name(str(extra)): _requirements(names)
        for keys in (("tool", "poetry", "extras"), ("project", "optional-dependencies"))
        for extra, names in _table(content, *keys).items()
    }
    own = {ITSELF, *(canonicalize_name(one) for one in _texts(_inner(content, "project", "name")))}
    of_project = (one for one in packages if one.name in own or one.may_be_project)
    asked = {*extras, *(extra for one in of_project for extra in one.extras)}
    left, found = [*(offered if "*" in asked else asked)], list[Named]()
    for extra in left:
        brought = offered.get(extra, [])
        found += brought
        left += [more for one in brought if one.name in own for more in one.extras if more not in left]
    return found


def _read_conda(text: str) -> Installs:
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):  # ValueError: a date that there is not
        return Installs()
    listed = content.get("dependencies") if isinstance(content, dict) else None
    every = listed if isinstance(listed, list) else []
    of_pip = read_list("\n".join(line for one in every if isinstance(one, dict) for line in _texts(one.get("pip"))))
    own = [Named(name=canonicalize_name(found[1])) for one in _texts(every) if (found := _CONDA.match(one))]
    return Installs(packages=(*own, *of_pip.packages), lists=of_pip.lists)


def _read_setup_cfg(text: str) -> Installs:
    settings = configparser.ConfigParser(interpolation=None)
    try:
        settings.read_string(text)
        return read_list(settings.get("options", "install_requires", fallback=""))
    except configparser.Error:
        return Installs()


def _read_setup_py(text: str) -> Iterator[Named]:
    """Yield what ``install_requires`` lists, there or in a variable."""
    try:
        nodes = [*ast.walk(ast.parse(text))]
    except (SyntaxError, ValueError):
        return
    values = [one.value for one in nodes if isinstance(one, ast.keyword) and one.arg == "install_requires"]
    names = {one.id for one in values if isinstance(one, ast.Name)}
    assigned = (one for one in nodes if isinstance(one, ast.Assign))
    values += [one.value for one in assigned if names & {ast.unparse(target) for target in one.targets}]
    for value in values:
        for one in ast.walk(value):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield read_requirement(one.value)


def _requirements(listed: Any) -> list[Named]:
    return [read_requirement(one) for one in _texts(listed)]


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [one for one in value if isinstance(one, str)]
    return [value] if isinstance(value, str) else []


def _is_optional(value: Any) -> bool:
    return isinstance(value, dict) and value.get("optional") is True


def _table(content: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    found = _inner(content, *keys)
    return found if isinstance(found, dict) else {}


def _inner(content: Any, *keys: str) -> Any:
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content
