"""What becomes of parameters that Kedro merges over those of the project's files, and of those. Pure.

Kedro merges parameters given at run time over the files of each environment by themselves: maps at any depth, all else
whole. Then a name at the top that the files of the environment have, or parameters given, is taken from there, and that
of the base environment is lost with all that is in it; a project may set another ``merge_strategy``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kedro_batch.diagnostics import FieldPath
from kedro_batch.files.yaml_scalars import key_text
from kedro_batch.plan.params import differing_params


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A parameter that Kedro cannot merge over one of the files.

    Attributes:
        path: Where it is.
        given: What it is.
        below: What is in the files there.
    """

    path: FieldPath
    given: str
    below: str

    def describe(self, place: str) -> str:
        """Say what is wrong, and what to do."""
        wrong = f"{self.given}, and {place} has {self.below}: Kedro cannot merge them"
        return f"{wrong}. Choose another name, or change one of them"


def find_clashes(params: Mapping[str, Any], files: Mapping[Any, Any], here: FieldPath = ()) -> Iterator[Clash]:
    """Yield the parameters that Kedro cannot merge over those of files: lists and maps, texts and numbers as keys."""
    numbers = {str(key) for key in files if type(key) is int}
    for name, value in params.items():
        path, below = (*here, name), files.get(name)
        if name in numbers:
            yield Clash(path=path, given="has a text for its key", below=f"the number {name}")
        elif isinstance(value, Mapping) and isinstance(below, Mapping):
            yield from find_clashes(value, below, path)
        elif isinstance(value, Mapping) and isinstance(below, list):
            yield Clash(path=path, given="is a map", below="a list")
        elif isinstance(value, list) and isinstance(below, Mapping):
            yield Clash(path=path, given="is a list", below="a map")


def find_kept(params: Mapping[str, Any], merged: Mapping[Any, Any], here: FieldPath = ()) -> Iterator[FieldPath]:
    """Yield the parameters that have another value after they were merged over files: maps may gain keys."""
    for name, value in params.items():
        path = (*here, name)
        if isinstance(value, dict) and isinstance(merged.get(name), dict):
            yield from find_kept(value, merged[name], path)
        elif name not in merged or [*differing_params(value, merged[name])]:
            yield path


KEPT = "Kedro leaves the value of the project's files, or another one: choose another value or another name"


def find_dropped(files: Mapping[Any, Any], merged: Mapping[Any, Any], here: FieldPath = ()) -> Iterator[FieldPath]:
    """Yield the parameters of files that are gone after others were merged over them.

    A map that parameters replace by something else is not gone: they name it.
    """
    for key, value in files.items():
        path = (*here, key if isinstance(key, str) else key_text(key))
        if key not in merged:
            yield path
        elif isinstance(value, Mapping) and isinstance(merged[key], Mapping):
            yield from find_dropped(value, merged[key], path)
