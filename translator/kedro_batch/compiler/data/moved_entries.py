"""Catalog entries that put datasets on Amazon S3: those of a local disk moved, those of memory made. Pure.

A moved entry keeps its type and its options; its place changes alone. How Kedro and fsspec read the places was looked
up in kedro 0.19 to 1.7, fsspec and s3fs 2026.9.
"""

import hashlib
import math
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kedro_batch.compiler.data.catalog import INNER, Entry, with_inner_entries
from kedro_batch.compiler.data.database_stores import ADDRESSES
from kedro_batch.compiler.data.s3_folder import S3Folder
from kedro_batch.compiler.data.storage import PATHS, find_place
from kedro_batch.files.yaml_block import block_lines
from kedro_batch.files.yaml_scalars import write_scalar
from kedro_batch.plan.checks.credentials import may_hold_credential
from kedro_batch.text.escaping import INVISIBLE

_LOCAL_PROTOCOL = re.compile("(file|local|memory)://", re.IGNORECASE)
_DRIVE = re.compile("^[A-Za-z]:(?=/)")
_HASH_LENGTH = 8
_ONLY_LOCAL = ("auto_mkdir",)
"""Options of fsspec's local files; s3fs hands what it does not know to its client, which refuses it (TypeError)."""


class NotMovable(ValueError):  # noqa: N818  named for what the entry is
    """An entry cannot be moved to S3 by its path: the message says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPlace:
    """A file or a folder on a local disk, and where its entry looks for it now.

    Attributes:
        path: The path as the catalog has it, without a protocol.
        normal: The path without detours; from the project's folder, if it is in there.
        key: Its key below the folder on S3.
        needed: The dataset itself; otherwise a file beside it that may be missing, such as a checkpoint.
    """

    path: str
    normal: str
    key: str
    needed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedEntry:
    """An entry on S3.

    Attributes:
        entry: The entry.
        places: What was moved.
    """

    entry: Entry
    places: tuple[LocalPlace, ...]


def move_entry(entry: Entry, folder: S3Folder, root: str = "") -> MovedEntry:
    """Move all local paths of an entry to a folder on S3: that of its data, and those of its checkpoint.

    Args:
        entry: The entry, with its placeholders filled in or as the catalog spells it.
        folder: Where to.
        root: The folder of the project, for absolute paths in it.

    Raises:
        NotMovable: It has no path on a local disk, may hold a credential, or cannot be written as YAML.
    """
    refuse_unwritable(entry)
    place = find_place(entry)
    if any(isinstance(place.get(one), str) for one in ADDRESSES) or isinstance(place.get("connection"), Mapping):
        raise NotMovable(
            "a database cannot be moved by its path: use a database server, or store its tables in files, such as "
            "pandas.ParquetDataset"
        )
    protocol = "s3a" if _is_of_spark(entry) else "s3"
    places: list[LocalPlace] = []

    def relocate(inner: Entry, path: str) -> str:
        found = _locate(path, root)
        places.append(replace(found, needed=inner is place))
        return folder.url(found.key, protocol)

    moved = _move(entry, relocate)
    if not any(one.needed for one in places):
        raise NotMovable("its entry has no path on a local disk")
    return MovedEntry(entry=moved, places=tuple(places))


def _move(entry: Entry, relocate: Callable[[Entry, str], str]) -> dict[str, Any]:
    moved: dict[str, Any] = {}
    own = next((one for one in PATHS if isinstance(entry.get(one), str)), None)
    for name, value in entry.items():
        if name == own and _is_local(value):
            moved[name] = relocate(entry, value)
        elif name in INNER and isinstance(value, Mapping):
            moved[name] = _move(value, relocate)
        elif name == "fs_args" and isinstance(value, Mapping):
            kept = {key: inner for key, inner in value.items() if key not in _ONLY_LOCAL}
            if kept or not value:
                moved[name] = kept
        else:
            moved[name] = value
    return moved


def _is_of_spark(entry: Entry) -> bool:
    """True if Spark opens the path: it has no protocol for S3 but s3a, and SparkDataset takes no other."""
    return any("spark" in str(one.get("type")).split(".") for one in with_inner_entries(entry))


def _is_local(path: str) -> bool:
    return "://" not in path or _LOCAL_PROTOCOL.match(path) is not None


def _locate(path: str, root: str) -> LocalPlace:
    """Return a path as the disk knows it, and its key: the path from the project's folder, or from the disk's own."""
    plain = _LOCAL_PROTOCOL.sub("", path)
    if plain != path and not plain.startswith("/"):  # file://data/x is the file /x of a machine called data
        plain = f"/{plain.partition('/')[2]}"
    if wrong := sorted(set("#?") & set(plain)):
        raise NotMovable(f"its path has {' and '.join(wrong)}, which may end a path in a URL: rename it")
    normal = posixpath.normpath(plain.replace("\\", "/"))
    if root and normal.startswith(f"{root}/"):
        normal = normal.removeprefix(f"{root}/")
    key = re.sub(r"^(\.\.(/|$)|~(/|$)|/)+", "", _DRIVE.sub("", normal, count=1))
    if key in ("", "."):
        raise NotMovable(f"its path is {path!r}, which is no file and no folder of its own")
    return LocalPlace(path=plain, normal=normal, key=key)


def pickle_key(name: str) -> str:
    """Return the key of a dataset that was in memory: its name, with a hash if letters in it had to be replaced."""
    letters = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)
    if letters == name:
        return f"{name}.pickle"
    return f"{letters}-{hashlib.sha256(name.encode(errors='surrogateescape')).hexdigest()[:_HASH_LENGTH]}.pickle"


def pickle_entry(url: str) -> Entry:
    """Return the entry of any Python object that can be pickled."""
    return {"type": "pickle.PickleDataset", "filepath": url}


def refuse_unwritable(entry: Entry) -> None:
    """Refuse an entry that may hold a credential, or that Kedro would not read back as it is.

    Raises:
        NotMovable: It is one.
    """
    if may_hold_credential(entry):
        raise NotMovable(
            "its entry may hold a credential: keep that in a credentials file, or write the entry yourself"
        )
    if (found := next(_find_not_plain(entry), None)) is not None:
        raise NotMovable(f"its entry has {found}, which cannot be written as plain YAML: write the entry yourself")


def _find_not_plain(value: Any) -> Iterator[str]:
    """Yield what YAML does not keep: objects that a resolver made, and text that OmegaConf would read once more."""
    match value:
        case str():
            if "${" in value or value == "???":
                yield repr(value)
        case bool() | int() | None:
            pass
        case float():
            if not math.isfinite(value):
                yield str(value)
        case Mapping():
            for key, inner in value.items():
                yield from _find_not_plain(key)
                yield from _find_not_plain(inner)
        case list() | tuple():
            for inner in value:
                yield from _find_not_plain(inner)
        case _:
            yield f"a {type(value).__name__}"


def entry_text(name: str, entry: Entry) -> str:
    """Write an entry as YAML, ready for a catalog."""
    return "".join(f"{line.removeprefix('  ')}\n" for line in block_lines({name: entry}, _write_text))


_URL = re.compile(r"s3a?://[\w./@=+%{},!()-]+")


def _write_text(text: str) -> str:
    """Write a text; URLs on S3 need no quotes in block style, so they have none."""
    return text if _URL.fullmatch(text) and not INVISIBLE.search(text) else write_scalar(text)
