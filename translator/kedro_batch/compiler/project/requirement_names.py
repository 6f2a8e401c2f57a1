"""Reads which package a requirement names: as pip, uv and poetry take it, on a command line or in a list."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

ITSELF = "."
"""The name of the project whose lists are read: a requirement such as ``.`` or ``-e .[extra]``."""
_LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
"""Images are for Linux, wherever they are built."""
_ARCHIVE = re.compile(r"(.+)\.(?:whl|zip|tar\.\w+|tgz)$")
_EXTRAS = re.compile(r"\[([^\]]*)\]\s*$")
_COMMENT = re.compile(r"(?:^|\s)#.*$", re.MULTILINE)
_OPTION = re.compile(r"(--[\w-]+|-\w)[ =]*(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A package that a requirement names.

    Attributes:
        name: As PyPI compares it; ``ITSELF`` for the project; empty if it is not known.
        extras: The extras of it that are asked for, as PyPI compares them.
        may_be_project: It is a folder of the image, such as ``/app``, in which the project may be.
    """

    name: str
    extras: frozenset[str] = frozenset()
    may_be_project: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Installs:
    """What a file has somebody install.

    Attributes:
        packages: The packages that it names.
        lists: The lists that it includes, by their paths.
        extras: The extras of the project, as PyPI compares them; ``*`` for all.
    """

    packages: tuple[Named, ...] = ()
    lists: tuple[str, ...] = ()
    extras: frozenset[str] = frozenset()


def read_requirement(text: str) -> Named:
    """Return the package that a requirement names: by its name, or by the end of a path or an address."""
    text = text.strip()
    if not _ARCHIVE.search(_EXTRAS.sub("", text)) or "@" in text:
        try:
            found = Requirement(text)
        except InvalidRequirement:
            pass
        else:
            if not _applies(found):
                return Named(name="")
            return Named(name=canonicalize_name(found.name), extras=_normal(found.extras))
    return _read_place(text)


def read_list(text: str) -> Installs:
    """Read a list of requirements. What it only constrains is not installed."""
    packages, lists = [], []
    for line in _COMMENT.sub("", text).replace("\\\n", " ").splitlines():
        match _OPTION.match(line.strip()):
            case None:
                packages.append(line)
            case re.Match() as option if option[1] in ("-r", "--requirement"):
                lists.append(option[2].strip())
            case re.Match() as option if option[1] in ("-e", "--editable"):
                packages.append(option[2])
            case _:
                pass
    # Behind a requirement there may be options of it, such as --hash.
    found = (read_requirement(re.split(r"\s--?\w", one)[0]) for one in packages)
    return Installs(packages=tuple(one for one in found if one.name), lists=tuple(lists))


def _applies(requirement: Requirement) -> bool:
    """True if the marker of a requirement holds in an image, with this Python; also if that cannot be told."""
    try:
        return requirement.marker is None or requirement.marker.evaluate({**_LINUX, "extra": ""})
    except ValueError:  # what it compares is no version
        return True


def _read_place(text: str) -> Named:
    """Return the package in a wheel, in a folder or in a repository of git, as its name says."""
    place = text.partition(" ; ")[0].strip()
    extras = _EXTRAS.search(place)
    asked = _normal(extras[1].split(",")) if extras else frozenset()
    place = _EXTRAS.sub("", place)
    fragment = dict(_parts_of_fragment(place))
    address = place.partition("#")[0].partition("?")[0].rstrip("/")
    last = fragment.get("egg") or fragment.get("subdirectory") or address
    last = last.rstrip("/").rpartition("/")[2]
    if archive := _ARCHIVE.match(last):
        # In the names of wheels and of source archives, the first hyphen before a version ends the name.
        return Named(name=canonicalize_name(re.split(r"-(?=[\d*])|\*", archive[1])[0]), extras=asked)
    if address in (".", "$PWD", "${PWD}"):
        return Named(name=ITSELF, extras=asked)
    name = canonicalize_name(last.partition("@")[0].removesuffix(".git"))
    return Named(name=name, extras=asked, may_be_project=address.startswith("/"))


def _parts_of_fragment(place: str) -> Iterator[tuple[str, str]]:
    for part in place.partition("#")[2].split("&"):
        key, _, value = part.partition("=")
        yield key, value.partition("[")[0]


def _normal(names: Iterable[str]) -> frozenset[str]:
    return frozenset(canonicalize_name(one.strip()) for one in names if one.strip())
