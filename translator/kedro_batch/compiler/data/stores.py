"""The kinds of stores, and the judgement of a path on a disk: what every judgement of a catalog entry is made of."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import PurePosixPath
from typing import NamedTuple


class Store(StrEnum):
    """Where a dataset is stored, as seen from two containers."""

    SHARED = "shared"
    UNKNOWN = "unknown"
    LOCAL = "local"
    MEMORY = "memory"


class Verdict(NamedTuple):
    """Where an entry stores its data.

    Attributes:
        store: The kind of store.
        reason: Why we think so.
        path: The path on a local disk, if that is where.
        given: The class itself may make the data.
    """

    store: Store
    reason: str
    path: str = ""
    given: bool = False


def judge_local_path(path: str, reason: str, shared_paths: Sequence[PurePosixPath]) -> Verdict:
    """Judge a path on a disk: all containers see it if it is in a shared path."""
    if (shared := find_folder(path, map(str, shared_paths))) is not None:
        return Verdict(Store.SHARED, f"{reason}, in the shared path {shared}")
    return Verdict(Store.LOCAL, reason, path)


def find_folder(path: str, folders: Iterable[str]) -> str | None:
    """Return the first of some folders that a local path is in; None if it is in none of them."""
    file = PurePosixPath(_normalise(path))
    for folder in folders:
        outer = PurePosixPath(_normalise(folder))
        if file.is_relative_to(outer) and ".." not in file.relative_to(outer).parts:
            return folder
    return None


def _normalise(path: str) -> str:
    """Resolve ``.`` and ``..`` in a path without access to a disk."""
    parts: list[str] = []
    for part in path.replace("\\", "/").split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return ("/" if path.startswith("/") else "") + "/".join(parts)
