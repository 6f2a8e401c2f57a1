"""Finds the catalog entry of a dataset as Kedro does: by name, otherwise by the most specific dataset factory.

The merged catalog comes in as plain values; entries go out with their placeholders filled in. No dataset
class is imported and no credentials are read. Source of the rules: ``kedro.io.catalog_config_resolver``.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import parse

from kedro_batch.diagnostics import Diagnostic
from kedro_batch.errors import ConfigError

Entry = Mapping[str, Any]
"""What a catalog says about a dataset: its ``type`` and arguments."""


class Catalog:
    """The entries of a catalog, found by the names of datasets.

    Attributes:
        entries: All of them, used or not, by name or pattern, with placeholders as they are written.
    """

    def __init__(
        self, entries: Mapping[Any, Any], *, catch_all_can_lose: bool = False, checks_placeholders: bool = True
    ) -> None:
        """Sort the patterns of the merged catalog.

        Args:
            entries: By name or pattern.
            catch_all_can_lose: See ``KedroFeatures``: of the patterns that match every name the first wins, and
                Kedro's own, ``{default}``, is one of them.
            checks_placeholders: See ``KedroFeatures``.

        Raises:
            ConfigError: Two patterns match every name, or an entry uses a placeholder that its pattern does not
                have. Kedro refuses both.
        """
        self._rules = {"catch_all_can_lose": catch_all_can_lose, "checks_placeholders": checks_placeholders}
        self.entries: Mapping[str, Any] = {str(name): entry for name, entry in entries.items()}
        self._named = {name: entry for name, entry in self.entries.items() if "{" not in name}
        self._found: dict[str, Entry | None] = {}
        patterns = sorted((str(name) for name in entries if "{" in str(name)), key=_specificity)
        catch_all = [pattern for pattern in patterns if not _count_literal(pattern)]
        if catch_all_can_lose:
            behind = {pattern for pattern in catch_all if _specificity(pattern) > _specificity("{default}")}
            patterns = [pattern for pattern in patterns if pattern not in behind]
        elif len(catch_all) > 1:
            raise ConfigError(
                f"the catalog has {len(catch_all)} patterns that match every name, {', '.join(catch_all)}: "
                "Kedro allows only one, so remove the others"
            )
        for pattern in patterns if checks_placeholders else ():
            unknown = sorted(set(_placeholders(entries[pattern])) - set(_placeholders(pattern)))
            if unknown:
                raise ConfigError(_describe_unknown_placeholder(pattern, ", ".join(unknown)))
        self._factories = [_Factory(pattern, entries[pattern]) for pattern in patterns]

    def with_entries(self, entries: Mapping[str, Any]) -> "Catalog":
        """Return a catalog with these entries, in place of those of the same name or pattern."""
        return Catalog({**self.entries, **entries}, **self._rules)

    def entry(self, dataset: str) -> Entry | None:
        """Return the entry of a dataset, or None if the catalog has none.

        Raises:
            ConfigError: The entry of the matching pattern uses a placeholder that the pattern does not have.
        """
        if dataset not in self._found:
            self._found[dataset] = self._find(dataset)
        return self._found[dataset]

    def _find(self, dataset: str) -> Entry | None:
        if dataset in self._named:
            named = self._named[dataset]
            return named if isinstance(named, Mapping) else {}
        found = self._find_factory(dataset)
        return found and found[1]

    def template(self, dataset: str) -> tuple[str, Entry] | None:
        """Return the name or the pattern whose entry a dataset has, and that entry as the catalog spells it."""
        if dataset in self._named:
            return dataset, self._named[dataset]
        found = self._find_factory(dataset)
        return found and (found[0].pattern, found[0].template)

    def _find_factory(self, dataset: str) -> tuple["_Factory", Entry] | None:
        for factory in self._factories:
            entry = factory.entry(dataset)
            if entry is not None:
                return factory, entry
        return None


_WRAPPERS = {"cacheddataset", "incrementaldataset", "partitioneddataset"}
INNER = ("dataset", "base_dataset_args", "checkpoint")
"""The arguments that hold an entry inside an entry."""


def with_inner_entries(entry: Entry) -> Iterator[Entry]:
    """Yield an entry and those inside it: of the dataset that it wraps, and of its checkpoint."""
    yield entry
    inside = [argument for argument in INNER if argument in entry]
    wraps = bool(inside) and str(entry.get("type")).rpartition(".")[2].lower() in _WRAPPERS
    for argument in inside:
        inner = entry[argument]
        if isinstance(inner, str) and wraps and argument == "dataset":
            yield {"type": inner}
        elif isinstance(inner, Mapping) and (wraps or "." in str(inner.get("type"))):
            yield from with_inner_entries(inner)


def refuse_invalid_entries(entries: Mapping[Any, Any]) -> None:
    """Refuse named entries with which Kedro refuses the whole catalog, even if no node uses them.

    Raises:
        ConfigError: An entry is not a mapping, or has no ``type``.
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
    """A dataset factory: a pattern, and the entry that it makes of a matching name."""

    def __init__(self, pattern: str, template: Any) -> None:
        self.pattern = pattern
        self.template = template if isinstance(template, Mapping) else {}
        # The first and last letters rule most names out, much faster than the regular expression.
        self._head = pattern.partition("{")[0].lower()
        self._tail = pattern.rpartition("}")[2].lower()

    def entry(self, dataset: str) -> Entry | None:
        lower = dataset.lower()
        if not (lower.startswith(self._head) and lower.endswith(self._tail)):
            return None
        try:
            found = _parser(self.pattern).parse(dataset)
        except (NotImplementedError, ValueError, parse.RepeatedNameError) as error:
            raise ConfigError(f"the catalog's pattern {self.pattern!r} cannot be read: {error}") from error
        if not found:
            return None
        try:
            entry: Entry = _fill(self.template, found.named)
        except (AttributeError, IndexError, KeyError, ValueError) as error:
            raise ConfigError(_describe_unknown_placeholder(self.pattern, str(error))) from error
        return entry


def _describe_unknown_placeholder(pattern: str, placeholder: str) -> str:
    return (
        f"the entry of the catalog's pattern {pattern!r} uses {placeholder}, which the pattern does not have: "
        "use a placeholder of the pattern, or add this one to it"
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


def _count_literal(pattern: str) -> int:
    """Count the characters outside the placeholders."""
    return len(re.sub(r"\{.*?\}", "", pattern))


def _specificity(pattern: str) -> tuple[int, int, str]:
    """Return the key by which Kedro sorts patterns: the most specific first."""
    return -_count_literal(pattern), -pattern.count("{"), pattern


def _fill(value: Any, names: Mapping[str, Any]) -> Any:
    """Fill in the placeholders at any depth of an entry."""
    match value:
        case str():
            return value.format_map(names) if "}" in value else value
        case Mapping():
            return {key: _fill(inner, names) for key, inner in value.items()}
        case list() | tuple():
            return [_fill(inner, names) for inner in value]
        case _:
            return value
