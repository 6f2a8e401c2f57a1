"""Finds out which packages a project lists: in requirements, pyproject.toml, lock files, Conda files, Dockerfiles.

A package counts as listed if any of these files has its name, or if a package that they name depends on it, as the
installed packages say. So too much may count as listed, and never too little: versions and markers are not looked at.
Whether a package is in the image is asked more strictly (``image_packages``), where the answer takes a warning away.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from kedro_batch.compiler.project.image_packages import find_image_packages

_LISTS = (
    *("requirements*.txt", "requirements*.in", "*requirements.txt", "src/requirements*.txt", "requirements/*.txt"),
    *("requirements/*.in", "Pipfile", "environment*.y*ml", "conda*.y*ml", "pixi.toml"),
)
_LOCKS = (
    *("uv.lock", "poetry.lock", "pdm.lock", "pylock*.toml", "Pipfile.lock", "conda-lock.yml", "requirements*.lock"),
)
_SETUPS = ("pyproject.toml", "setup.py", "setup.cfg")
_IMAGES = ("Dockerfile*", "*.Dockerfile", "docker/Dockerfile*")

_HAS_DEPENDENCIES = re.compile(
    r"^\s*(dependencies\s*=|\[[\w.\"-]*dependencies[\w.\"-]*\]|install_requires)", re.MULTILINE
)
_LOCKED = re.compile(r'^\[\[packages?\]\]\nname = "([^"\n]+)"$', re.MULTILINE)
_COMMENT = re.compile(r"(^|\s)#.*$", re.MULTILINE)
_INCLUDED = re.compile(r"[\w./-]+\.(?:txt|in)\b")
_NAMED = re.compile(r"([A-Za-z0-9][\w.-]*)[\"']?\s*(?:\[([^\]]*)\]|=\s*\{[^}]*extras\s*=\s*\[([^\]]*)\])?")
_UNNAMED = re.compile(
    r"^\s*(-e|--editable)[ =](?!\s*\.(\[[^\]]*\])?\s*$)|^\s*(git\+|https?://|\.\.?/)|@\s*(git\+|https?:|file:)"
    r"|\{[^}\n]*\b(git|path|url)\s*=",
    re.MULTILINE,
)
"""Packages at other places than an index: what they depend on is often not to be seen."""
_DEVELOPMENT = re.compile(r"(^|[-_./])(dev|develop|development|tests?|testing|lint|docs?|ci|envs)($|[-_./])")
"""In the name of a file: what it lists is for developers, and not for the image."""
OWN_PACKAGE = "kedro-batch"
"""Where an image has it, a hook gives all that a run saves one version, and lets its jobs load that."""
_EXTRA = re.compile(r"extra\s*==\s*[\"']([^\"']+)[\"']")


class ProjectPackages:
    """The packages that a project lists. The files are read when they are needed."""

    def __init__(self, root: Path) -> None:
        """Take the project's folder."""
        self._root = root

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The files that list packages, without Dockerfiles; empty if the project has none."""
        setups = [one for one in self._find(_SETUPS) if _HAS_DEPENDENCIES.search(self._read(one))]
        return tuple(str(one.relative_to(self._root)) for one in (*self._find((*_LISTS, *_LOCKS)), *setups))

    def lacks(self, package: str) -> bool:
        """True if the project lists packages, and it is certain enough that this one is not among them."""
        if not self.files or _names(package, self._text):
            return False
        if self._find(_LOCKS):
            return True
        return not _UNNAMED.search(self._text) and package not in self._installed

    def has_in_image(self, package: str) -> bool:
        """True if a list that is not for developers alone, or a Dockerfile, installs this package by its name."""
        return _normal(package) in self._in_image

    def lacks_in_image(self, package: str) -> bool:
        """True if it is certain enough that the image does not have this package: at most developers list it."""
        listed = bool(self.files) and _names(package, self._text)
        return self.lacks(package) or (listed and not self.has_in_image(package))

    @cached_property
    def _text(self) -> str:
        """The text of all files, with those that they include, without comments."""
        files, texts = self._find((*_LISTS, *_LOCKS, *_SETUPS, *_IMAGES)), {}
        for file in files:
            texts[file] = _COMMENT.sub("", self._read(file))
            for name in _INCLUDED.findall(texts[file]):
                included = [folder / name for folder in (file.parent, self._root)]
                files += [one for one in included if one.is_file() and one not in files]
        return "\n".join(texts.values())

    @cached_property
    def _in_image(self) -> frozenset[str]:
        """What the image gets. Lock files do not tell what is for developers, so their sources are read."""
        files = self._find((*_LISTS, "requirements*.lock", *_SETUPS, *_IMAGES))
        names = {one: one.relative_to(self._root).as_posix() for one in files}
        return find_image_packages(self._root, [one for one in files if not _DEVELOPMENT.search(names[one])])

    @cached_property
    def _installed(self) -> frozenset[str]:
        """The installed packages that the files name, and all that these depend on."""
        named = {
            (_normal(name), _normal(extra))
            for name, *extras in _NAMED.findall(self._text)
            for extra in ("", *re.findall(r"[\w.-]+", " ".join(extras)))
        }
        return frozenset(name for name, _ in _with_dependencies(named))

    def _find(self, patterns: Iterable[str]) -> list[Path]:
        found = dict.fromkeys(file for pattern in patterns for file in sorted(self._root.glob(pattern)))
        return [file for file in found if file.is_file()]

    def _read(self, file: Path) -> str:
        text = file.read_text(encoding="utf-8", errors="replace")
        # A lock file also names extras that nobody asked for; those that it has are [[package]] tables.
        return "\n".join(_LOCKED.findall(text)) or text


def _names(package: str, text: str) -> bool:
    # Behind the name, a wheel has a hyphen and its version, and an address of git may have ".git".
    named = rf"(?<![\w.-]){package.replace('-', '[-_.]+')}(?!\w|\.(?!git\b)|-(?![\d*]))"
    return bool(re.search(named, text, re.IGNORECASE))


@cache
def find_extra_packages(package: str, extra: str) -> frozenset[str]:
    """Return the packages that an extra of an installed package adds to it."""
    always = {name for name, _ in _dependencies(package, "")}
    return frozenset(name for name, _ in _dependencies(package, extra) if name not in {*always, package})


def _with_dependencies(packages: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return packages, each with one of its extras or none, and all that they depend on."""
    seen: set[tuple[str, str]] = set()
    left = list(packages)
    while left:
        one = left.pop()
        if one not in seen:
            seen.add(one)
            left += _dependencies(*one)
    return seen


def _dependencies(package: str, extra: str) -> Iterator[tuple[str, str]]:
    try:
        requirements = requires(package) or ()
    except (PackageNotFoundError, ValueError):
        return
    for requirement in requirements:
        extras = {_normal(one) for one in _EXTRA.findall(requirement)}
        if not extras or extra in extras:
            name, inner, _ = _NAMED.findall(requirement)[0]
            yield from ((_normal(name), _normal(one)) for one in ("", *re.findall(r"[\w.-]+", inner)))


def _normal(name: str) -> str:
    """Spell the name of a package or an extra as PyPI compares it."""
    return re.sub("[-_.]+", "-", name).lower()
