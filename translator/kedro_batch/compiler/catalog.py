"""Finds the catalog's entry for a dataset as Kedro does: by name, else by the dataset factory that fits best.

The merged catalog comes in as plain values; entries go out with their placeholders filled in. No dataset
class is imported and no credentials are looked up. Source of the rules: ``kedro.io.catalog_config_resolver``.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import parse

from kedro_batch.diagnostics import Diagnostic
from kedro_batch.errors import ConfigError

Entry = Mapping[str, Any]
"""What a catalog says of a dataset: its ``type`` and arguments."""


class Catalog:
    """The entries of a catalog, found by the names of datasets."""

    def __init__(
        self, entries: Mapping[Any, Any], *, catch_all_can_lose: bool = False, checks_placeholders: bool = True
    ) -> None:
        """Take the merged catalog.

        Args:
            entries: By name or pattern.
            catch_all_can_lose: As some versions of Kedro have it: of the patterns that match every name the first
                wins, and Kedro's own, ``{default}``, is among them.
            checks_placeholders: As most versions do: an entry may only use what its pattern has, letter by letter.

        Raises:
            ConfigError: Two patterns match every name, or an entry uses what its pattern does not have: Kedro
                refuses both.
        """
        self._named = {str(name): entry for name, entry in entries.items() if "{" not in str(name)}
        patterns = sorted((str(name) for name in entries if "{" in str(name)), key=_fit)
        catch_all = [pattern for pattern in patterns if not _literal(pattern)]
        if catch_all_can_lose:
            behind = {pattern for pattern in catch_all if _fit(pattern) > _fit("{default}")}
            patterns = [pattern for pattern in patterns if pattern not in behind]
        elif len(catch_all) > 1:
            raise ConfigError(
                f"the catalog has {len(catch_all)} patterns that match every name, {', '.join(catch_all)}: "
                "Kedro allows one; remove the others"
            )
        for pattern in patterns if checks_placeholders else ():
            strange = sorted(set(_placeholders(entries[pattern])) - set(_placeholders(pattern)))
            if strange:
                raise ConfigError(_unfillable(pattern, ", ".join(strange)))
        self._factories = [_Factory(pattern, entries[pattern]) for pattern in patterns]

    def entry(self, dataset: str) -> Entry | None:
        """Give the entry of a dataset, or None if the catalog does not know it.

        Raises:
            ConfigError: The pattern that fits uses what its name does not have.
        """
        if dataset in self._named:
            named = self._named[dataset]
            return named if isinstance(named, Mapping) else {}
        for factory in self._factories:
            made = factory.entry(dataset)
            if made is not None:
                return made
        return None

    def names(self) -> Iterator[str]:
        """Give the names of the entries that are not patterns."""
        yield from self._named


def refuse_odd_entries(entries: Mapping[Any, Any]) -> None:
    """Refuse named entries that make Kedro refuse the whole catalog, whether anything uses them or not.

    Raises:
        ConfigError: An entry is no mapping, or has no ``type``.
    """
    wrong = [
        Diagnostic(
            source="the catalog", path=(str(name),), message="must be a mapping with a type, such as json.JSONDataset"
        )
        for name, entry in entries.items()
        if "{" not in str(name)
        if not isinstance(entry, Mapping) or not isinstance(entry.get("type"), str)
    ]
    if wrong:
        raise ConfigError("Kedro would refuse the catalog:", wrong)


class _Factory:
    """A pattern and what it makes of the names that match it."""

    def __init__(self, pattern: str, template: Any) -> None:
        self._pattern = pattern
        self._template = template if isinstance(template, Mapping) else {}
        # Most names fall out at the first or last letters, long before the regular expression is asked.
        self._head = pattern.partition("{")[0].lower()
        self._tail = pattern.rpartition("}")[2].lower()

    def entry(self, dataset: str) -> Entry | None:
        lower = dataset.lower()
        if not (lower.startswith(self._head) and lower.endswith(self._tail)):
            return None
        try:
            found = _parser(self._pattern).parse(dataset)
        except (NotImplementedError, ValueError, parse.RepeatedNameError) as error:
            raise ConfigError(f"the catalog's pattern {self._pattern!r} cannot be read: {error}") from error
        if not found:
            return None
        try:
            made: Entry = _filled(self._template, found.named)
        except (AttributeError, IndexError, KeyError, ValueError) as error:
            raise ConfigError(_unfillable(self._pattern, str(error))) from error
        return made


def _unfillable(pattern: str, what: str) -> str:
    return (
        f"the catalog's pattern {pattern!r} uses {what} in its entry, which its name does not have: "
        "write what the name has, or put it into the name"
    )


def _placeholders(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield from re.findall(r"\{.*?\}", value) if "}" in value else ()
        case Mapping():
            for inner in value.values():
                yield from _placeholders(inner)
        case list() | tuple():
            for inner in value:
                yield from _placeholders(inner)
        case _:
            pass


@lru_cache(maxsize=4096)
def _parser(pattern: str) -> Any:
    return parse.compile(pattern)


def _literal(pattern: str) -> int:
    """Count the characters outside the placeholders."""
    return len(re.sub(r"\{.*?\}", "", pattern))


def _fit(pattern: str) -> tuple[int, int, str]:
    """Sort patterns as Kedro tries them: the most specific first."""
    return -_literal(pattern), -pattern.count("{"), pattern


def _filled(value: Any, names: Mapping[str, Any]) -> Any:
    """Fill in the placeholders, in a value of the depth that a catalog has."""
    match value:
        case str():
            return value.format_map(names) if "}" in value else value
        case Mapping():
            return {key: _filled(inner, names) for key, inner in value.items()}
        case list() | tuple():
            return [_filled(inner, names) for inner in value]
        case _:
            return value
