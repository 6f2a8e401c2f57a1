"""Looks up the classes of catalog entries in the installed kedro-datasets and in ``kedro.io``, and imports none.

The names of a package are read from the syntax tree of its ``__init__.py``: some releases import their classes there,
in ``try`` or ``with suppress(ImportError)``, others list them for ``lazy_loader``. Kedro looks for a class in
``kedro.io``, in ``kedro_datasets``, and then as it is spelled (``kedro.io.core.parse_dataset_definition``).
"""

import ast
import difflib
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kedro_batch.compiler.project.python_source import find_top_module, parse_file
from kedro_batch.text.wording import closest, did_you_mean

_FORMER_PACKAGES = {"tracking", "video"}
"""Packages of kedro-datasets that newer releases do not have."""
_PREFIX, _OLD_PREFIX, _IO_PREFIX = "kedro_datasets.", "kedro.extras.datasets.", "kedro.io."


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetClasses:
    """The dataset classes of the installed Kedro and kedro-datasets.

    Attributes:
        datasets: The folder of ``kedro_datasets``.
        kedro: The folder of ``kedro``.
    """

    datasets: Path
    kedro: Path

    def find_package(self, kind: str) -> str | None:
        """Return the package of kedro-datasets that a ``type`` names: ``pandas`` of ``pandas.CSVDataset``.

        None if it names none, or if the project has a module of that name.
        """
        package, dot, _ = kind.removeprefix(_PREFIX).partition(".")
        if not dot or not (self.datasets / package / "__init__.py").is_file():
            return None
        return None if not kind.startswith(_PREFIX) and _is_own_module(package) else package

    def describe_missing(self, kind: str) -> str:
        """Return what is wrong with a ``type`` for which Kedro finds no class, and near names: ``type 'x.Y' is ...``.

        Empty if there is such a class, and wherever that is not certain: for the classes of the project and of other
        packages.
        """
        if kind.startswith(_OLD_PREFIX) and not (self.kedro / "extras").is_dir():
            return self._describe(kind, kind.removeprefix(_OLD_PREFIX))
        bare = kind.removeprefix(_IO_PREFIX)
        if bare != kind:
            *modules, name = bare.split(".")
            return self._describe(kind, name) if _lacks(self._io.joinpath(*modules), name) else ""
        bare = kind.removeprefix(_PREFIX)
        *modules, name = bare.split(".")
        if modules:
            missing = self._is_missing(modules, name, named_in_full=bare != kind)
        else:
            missing = bare == kind and _lacks(self._io, name) and _lacks(self.datasets, name)
        return self._describe(kind, bare) if missing else ""

    @property
    def _io(self) -> Path:
        return self.kedro / "io"

    def _is_missing(self, modules: Sequence[str], name: str, *, named_in_full: bool) -> bool:
        """True if it is certain that Kedro finds no such class.

        Args:
            modules: The package and the modules before the class.
            name: The class.
            named_in_full: The type begins with ``kedro_datasets``.
        """
        first = modules[0]
        if not named_in_full and _is_own_module(first):
            return False
        folders = (self.datasets,) if named_in_full else (self.datasets, self._io)
        places = (folder.joinpath(*modules) for folder in folders)
        if found := [place for place in places if _find_source(place)]:
            return all(_lacks(place, name) for place in found)
        if named_in_full or first in sys.stdlib_module_names or find_top_module(first) is not None:
            return named_in_full or first in sys.stdlib_module_names
        near = self._near_package(first)
        return first in _FORMER_PACKAGES or any(one.lower() == name.lower() for one in self._names(near))

    def _describe(self, kind: str, bare: str) -> str:
        where = "the installed kedro-datasets" if "." in bare else "kedro.io"
        return f"type {kind!r} is not in {where}.{did_you_mean(bare, self._near_kinds(bare))}"

    def _near_kinds(self, bare: str) -> list[str]:
        """Return types to suggest: those with the same class, or else the nearest one of the nearest package."""
        package, dot, name = bare.rpartition(".")
        package = package.partition(".")[0]
        in_io = sorted(one for one in _read_names(self._io) or () if one.endswith("Dataset"))
        near = self._near_package(package)
        kinds = [f"{near}.{one}" for one in self._names(near)] if dot else in_io
        every = [*in_io, *(f"{one}.{kind}" for one in self._packages() for kind in self._names(one))]
        for known in (kinds, every):
            if same := [one for one in known if one.rpartition(".")[2].lower() == name.lower()]:
                return same
        return closest(bare, kinds)[:1]

    def _packages(self) -> list[str]:
        return sorted(file.parent.name for file in self.datasets.glob("[a-z]*/__init__.py"))

    def _near_package(self, package: str) -> str:
        return next(iter(difflib.get_close_matches(package, self._packages(), n=1, cutoff=0.7)), "")

    def _names(self, package: str) -> list[str]:
        names = _read_names(self.datasets / package) if package else ()
        return sorted(one for one in names or () if one[:1].isupper() and one != "Any")


@cache
def find_dataset_classes() -> DatasetClasses | None:
    """Return the installed dataset classes; None if Kedro or kedro-datasets is not installed."""
    datasets, kedro = _find_folder("kedro_datasets"), _find_folder("kedro")
    return DatasetClasses(datasets=datasets, kedro=kedro) if datasets and kedro else None


def _is_own_module(name: str) -> bool:
    """True if a name is that of a module of the project: of one that is neither installed nor in Python itself."""
    spec = find_top_module(name)
    places = [spec.origin, *(spec.submodule_search_locations or ())] if spec else []
    files = [Path(place) for place in places if place and Path(place).is_absolute()]
    return bool(files) and not any(file.is_relative_to(folder) for file in files for folder in _library_folders())


@cache
def _library_folders() -> frozenset[Path]:
    return frozenset(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def _find_folder(name: str) -> Path | None:
    spec = find_top_module(name)
    return next((Path(folder) for folder in (spec and spec.submodule_search_locations) or ()), None)


def _lacks(module: Path, name: str) -> bool:
    """True if it is certain that a module has no such name."""
    names = _read_names(module)
    return names is not None and name not in names


def _find_source(module: Path) -> Path | None:
    """Return the file of a module, given without ``.py``, or of the package in a folder; None if there is none."""
    files = (module / "__init__.py", module.with_name(f"{module.name}.py"))
    return next((file for file in files if file.is_file()), None)


@cache
def _read_names(module: Path) -> frozenset[str] | None:
    """Return the names that a module or a package may have; None if that is not certain."""
    file = _find_source(module)
    body = parse_file(file) if file else []
    names = frozenset(name for statement in body for node in ast.walk(statement) for name in _bound_names(node))
    return None if not body or {"*", "__getattr__"} & names else names


def _bound_names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.ImportFrom(names=aliases):
            yield from (alias.asname or alias.name for alias in aliases)
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Name(id=name, ctx=ast.Store()) if name != "__getattr__":  # that of lazy_loader, which lists its names
            yield name
        case ast.List(elts=parts) | ast.Tuple(elts=parts):  # of __all__ and of lazy_loader
            yield from (str(part.value) for part in parts if isinstance(part, ast.Constant))
