"""Words the report of ``compile --write-catalog``: what the entries are, what was left out, and what comes next."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kedro_batch.compiler.checks.packages import find_needed_packages, find_unlisted_packages
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.data.s3_folder import S3Folder
from kedro_batch.compiler.propose_catalog import ProposedCatalog
from kedro_batch.compiler.severities import how_to_accept
from kedro_batch.diagnostics import Code, Severity
from kedro_batch.files import yaml_reader
from kedro_batch.scaffold.dependencies import Installer, find_dependencies
from kedro_batch.text.wording import counted, listed

_MAX_LEFT_OUT = 20
_S3 = "s3fs"
_WITHOUT_S3 = "no job can open s3://"


def describe_entries(proposed: ProposedCatalog, folder: S3Folder, *, every: bool) -> Iterator[str]:
    """Yield what the entries do, and which datasets get none.

    Args:
        proposed: The catalog.
        folder: Where the data are to be.
        every: Leave no name out.
    """
    catalog = proposed.catalog
    for names, one, several in (
        (
            catalog.moved,
            f"names a place in {folder} instead of one on this machine",
            f"name a place in {folder} instead of one on this machine",
        ),
        (
            catalog.pickled,
            "is new, and pickles what was only in memory",
            "are new, and pickle what was only in memory",
        ),
    ):
        if names:
            does = one if len(names) == 1 else several
            yield f"  {_entries(len(names))} {does}: {listed(names, most=len(names) if every else 5)}"
    if catalog.own_classes:
        yield f"  of classes that are not Kedro's: {listed(catalog.own_classes)}. See that they open URLs on S3"
    if catalog.left_out:
        yield f"{counted(len(catalog.left_out), 'dataset')} left out:"
        shown = list(catalog.left_out.items())[: None if every else _MAX_LEFT_OUT]
        yield from (f"  {name}: {reason}" for name, reason in shown)
        if len(shown) < len(catalog.left_out):
            yield f"  and {len(catalog.left_out) - len(shown)} more; -v shows them all"


def _entries(number: int) -> str:
    return "1 entry" if number == 1 else f"{number:,} entries"


def describe_overwritten(before: bytes, proposed: ProposedCatalog) -> Iterator[str]:
    """Yield what the file had before and has no more: somebody may have written it by hand."""
    document = yaml_reader.parse(before, proposed.shown)
    old = document.value
    if document.broken or not isinstance(old, dict):
        return
    entries = proposed.catalog.entries
    if gone := sorted(str(name) for name in old.keys() - entries.keys()):
        hint = "To keep what other pipelines need, name them all: --pipelines=a,b"
        yield f"  no longer there: {listed(gone, most=_MAX_LEFT_OUT)}. {hint}"
    if changed := sorted(name for name in entries.keys() & old.keys() if old[name] != _plain(entries[name])):
        yield f"  changed back: {listed(changed, most=_MAX_LEFT_OUT)}"


def _plain(value: Any) -> Any:
    """Return a value as YAML gives it back: with lists in place of tuples."""
    match value:
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case _:
            return value


def describe_nothing(proposed: ProposedCatalog) -> str:
    """Return why the file has no entry."""
    if proposed.catalog.left_out:
        return "no entry can be made"
    inputs = proposed.compilation.inputs
    why = "no dataset of these jobs needs an entry"
    if shared := inputs.settings.shared_paths:
        place = inputs.source.locate(("shared_paths",)).file
        why += (
            f". shared_paths in {place} says that all containers see {listed(shared)}: where they do not, take it out"
        )
    return why


def steps_to_compile(proposed: ProposedCatalog, root: Path) -> Iterator[str]:
    """Yield what is left to do before the project compiles with ``--strict`` and its jobs find their data."""
    compilation = proposed.compilation
    if advice := how_to_add_packages(compilation, root):
        yield advice
    if missing := compilation.inputs.source.missing_target:
        yield f"Write {' and '.join(missing)} in {compilation.inputs.source.expected_file}"
    warnings = [one for one in compilation.diagnostics if one.severity is Severity.WARNING]
    versioned = [one for one in warnings if one.code is Code.VERSIONED_BOUNDARY]
    if versioned:
        source = compilation.inputs.source
        names = listed((name for one in versioned for name in one.about.get("dataset", ())), most=len(versioned))
        accept = how_to_accept(Code.VERSIONED_BOUNDARY, names, source.aws_batch.get("accept"))
        yield (
            f"Accept that the newest version is read: {accept} in {source.locate(('accept',)).file}. "
            "Then start one run at a time"
        )
    if others := len(warnings) - len(versioned):
        which = "the warning" if others == 1 else f"the {others} warnings"
        yield f"Correct {which} above{' but for versioned_boundary' if versioned else ''}, which --strict refuses"


def how_to_add_packages(compilation: Compilation, root: Path) -> str:
    """Return how to add the packages that the image lacks; nothing if it lacks none, as far as is known."""
    packages = compilation.inputs.packages
    if packages is None or not packages.files:
        needed = any(package == _S3 for package, _ in find_needed_packages(compilation))
        return f"See that the image has {_S3}: without it, {_WITHOUT_S3}" if needed else ""
    names = sorted({package for package, _ in find_unlisted_packages(compilation)}, key=lambda one: (one != _S3, one))
    if not names:
        return ""
    it, them = ("it", "it") if len(names) == 1 else (_S3, "them")
    why = f"without {it}, {_WITHOUT_S3}" if _S3 in names else f"the image needs {them}"
    return f"{_how_to_add(names, root, packages.files[0])}: {why}"


def _how_to_add(names: list[str], root: Path, otherwise: str) -> str:
    found = find_dependencies(root)
    file = found.files[0] if found else otherwise
    if found and found.installer in (Installer.UV, Installer.POETRY):
        return f"Run `{found.installer} add {' '.join(names)}`"
    if found and found.installer is Installer.PYPROJECT:
        file = "`dependencies` in pyproject.toml"
    if file.endswith(".lock"):
        return f"Add {listed(names, most=len(names))} to what {file} is made of, and make it again"
    return f"Add {listed(names, most=len(names))} to {file}"
