"""Finds and reads the source of classes without importing them: where they are defined, their bases, their methods.

A dotted name goes in, as a catalog or an entry point writes it. What comes out is read from syntax trees, so nothing
runs: a class that is made at run time is not found. Names are followed as Python would bind them at the top of a
module: imports, also relative, starred and lazy ones, assignments, and both ways of a condition or a ``try``.
"""

import ast
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSource:
    """A class as its source defines it.

    Attributes:
        name: The module that defines it, a dot, and its name there.
        bases: The bases, named in the same way if their source is found, and as they are imported if it is not.
        methods: The methods of its own body, by name.
        path: The file.
    """

    name: str
    bases: tuple[str, ...]
    methods: Mapping[str, Function]
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Decorator:
    """A decorator of a function.

    Attributes:
        name: Its name as it is written: ``cli.command``.
        arguments: Those of its arguments that are constants, by position or name.
    """

    name: str
    arguments: Mapping[int | str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Module:
    """What a module binds at its top.

    Attributes:
        name: Its dotted name.
        path: Its file.
        bindings: For each name, what it may be bound to: a class that is defined here, or the full name of something
            else. The name ``*`` has the modules from which all names are imported.
        functions: The functions defined here, by name.
    """

    name: str
    path: Path
    bindings: Mapping[str, Sequence[ast.ClassDef | str]]
    functions: Mapping[str, Function]


_Definition = tuple[_Module, ast.ClassDef]
_ALL = "*"


def find_top_module(name: str) -> ModuleSpec | None:
    """Return where a module or package without a dot in its name is; None if it is not on ``sys.path``."""
    try:
        return find_spec(name)  # imports nothing for a name without a dot
    except (ImportError, ValueError):
        return None


def find_source(module: str) -> Path | None:
    """Return the file of a module or package on ``sys.path``; None if it has none, or none in Python."""
    top, *inner = module.split(".")
    spec = find_top_module(top)
    if spec is None:
        return None
    if not inner:
        return Path(spec.origin) if spec.origin and spec.origin.endswith(".py") else None
    *packages, last = inner
    folders = [Path(folder).joinpath(*packages) for folder in spec.submodule_search_locations or ()]
    files = (file for folder in folders for file in (folder / last / "__init__.py", folder / f"{last}.py"))
    return next((file for file in files if file.is_file()), None)


def find_class(dotted: str) -> ClassSource | None:
    """Return the class of this name, or the class of the object of this name; None if no source defines it."""
    definition = _find_definition([dotted])
    if definition is None:
        return None
    module, node = definition
    bases = (_dotted_name(base) for base in node.bases)
    return ClassSource(
        name=_full_name(module, node),
        bases=tuple(_name_base(module, node, base) for base in bases if base),
        methods=_functions(node.body),
        path=module.path,
    )


def find_functions(module: str) -> Mapping[str, Function]:
    """Return the functions that a module defines, by name; none if it has no source."""
    path = find_source(module)
    return _read_module(module, path).functions if path else {}


def find_words(module: str) -> Iterator[str]:
    """Yield the names and the texts that the source of a module consists of; none if it has no source."""
    path = find_source(module)
    for statement in parse_file(path) if path else ():
        for node in ast.walk(statement):
            values = (getattr(node, field, None) for field in ("name", "asname", "id", "value"))
            yield from (value for value in values if isinstance(value, str))


def read_decorators(function: Function) -> Iterator[Decorator]:
    """Yield the decorators of a function."""
    for node in function.decorator_list:
        arguments: dict[int | str | None, ast.expr] = {}
        if isinstance(node, ast.Call):
            arguments = {**dict(enumerate(node.args)), **{keyword.arg: keyword.value for keyword in node.keywords}}
        constants = {key: one.value for key, one in arguments.items() if isinstance(one, ast.Constant)}
        yield Decorator(
            name=_dotted_name(node) or "", arguments={key: value for key, value in constants.items() if key is not None}
        )


def base_classes(dotted: str) -> Iterator[str]:
    """Yield the names of all bases of a class, and of their bases, each once, the nearest first."""
    seen = {dotted}
    waiting = [dotted]
    for name in waiting:  # it grows
        found = find_class(name)
        new = [base for base in (found.bases if found else ()) if base not in seen]
        seen.update(new)
        waiting += new
        yield from new


def _find_definition(names: Iterable[_Definition | str]) -> _Definition | None:
    """Follow names to the first class that one of them leads to, in the order of the names."""
    seen: set[str] = set()
    waiting = [*names][::-1]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, str):
            return one
        if one not in seen:
            seen.add(one)
            waiting += _look_up(one)[::-1]
    return None


def _look_up(full: str) -> list[_Definition | str]:
    """Return what a full name means in the module that it begins with."""
    parts = full.split(".")
    for end in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:end])
        if path := find_source(module):
            return _meanings(_read_module(module, path), ".".join(parts[end:]))
    return []


def _meanings(module: _Module, local: str) -> list[_Definition | str]:
    """Return what a name in a module may mean, the likely one first: a class of the module, or other full names."""
    first, *rest = local.split(".")
    found: list[_Definition | str] = []
    for binding in module.bindings.get(first, ()):
        if isinstance(binding, str):
            found.append(".".join([binding, *rest]))
        elif not rest:
            found.append((module, binding))
    return [*found, *(f"{starred}.{local}" for starred in module.bindings.get(_ALL, ()))]


def _name_base(module: _Module, node: ast.ClassDef, local: str) -> str:
    """Return the full name of a base of a class: where it is defined, or else from where it is imported."""
    meanings = [one for one in _meanings(module, local) if one != (module, node)]  # in ``class A(A)``
    if definition := _find_definition(meanings):
        return _full_name(*definition)
    return next((one for one in meanings if isinstance(one, str)), local)


def _full_name(module: _Module, node: ast.ClassDef) -> str:
    return f"{module.name}.{node.name}"


@cache
def _read_module(name: str, path: Path) -> _Module:
    body = parse_file(path)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    bindings: dict[str, list[ast.ClassDef | str]] = {}
    for statement in body:  # a later one binds a name anew, but each way of a condition may
        new: dict[str, list[ast.ClassDef | str]] = {}
        for bound, target in _find_bindings(statement, name, package):
            new.setdefault(bound, []).append(target)
        bindings |= {bound: [*targets, *bindings.get(bound, ())] for bound, targets in new.items()}
    return _Module(name=name, path=path, bindings=bindings, functions=_functions(body))


def _find_bindings(statement: ast.stmt, module: str, package: str) -> Iterator[tuple[str, ast.ClassDef | str]]:
    """Yield the names that a statement binds at the top of a module, and what to: a class, or another full name."""
    for one in _statements([statement]):
        match one:
            case ast.ClassDef():
                yield one.name, one
            case ast.Import():
                for alias in one.names:
                    top = alias.name.partition(".")[0]
                    yield (alias.asname, alias.name) if alias.asname else (top, top)
            case ast.ImportFrom():
                source = _imported_module(one, package)
                for alias in one.names:
                    yield (alias.asname or alias.name, source if alias.name == _ALL else f"{source}.{alias.name}")
            case ast.Assign(value=ast.Call() as call) if lazy := _find_lazy_names(call, module):
                yield from lazy
            case ast.Assign(value=value) | ast.AnnAssign(value=value) if target := _dotted_name(value):
                targets = one.targets if isinstance(one, ast.Assign) else [one.target]
                yield from ((each.id, f"{module}.{target}") for each in targets if isinstance(each, ast.Name))


def _find_lazy_names(call: ast.Call, package: str) -> list[tuple[str, str]]:
    """Return the names that ``lazy_loader.attach(submod_attrs={"module": ["Name"]})`` binds, and what to."""
    named = (one.value for one in call.keywords if one.arg == "submod_attrs" and isinstance(one.value, ast.Dict))
    pairs = ((key, names) for one in named for key, names in zip(one.keys, one.values, strict=True))
    return [
        (str(name.value), f"{package}.{key.value!s}.{name.value!s}")
        for key, names in pairs
        if isinstance(key, ast.Constant) and isinstance(names, ast.List)
        for name in names.elts
        if isinstance(name, ast.Constant)
    ]


def parse_file(path: Path) -> list[ast.stmt]:
    """Return the statements of a file; none if it cannot be read, or is not the Python of this interpreter."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _statements(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield statements and those inside of them, but not those of functions and classes."""
    for statement in body:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for field in ("body", "handlers", "orelse", "finalbody"):
                yield from _statements(getattr(statement, field, ()))


def _functions(body: Iterable[ast.AST]) -> dict[str, Function]:
    found = (one for one in _statements(body) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
    return {one.name: one for one in found}


def _imported_module(statement: ast.ImportFrom, package: str) -> str:
    """Return the full name of the module that a statement in a package imports from."""
    if not statement.level:
        return statement.module or ""
    parents = package.split(".")
    return ".".join([*parents[: len(parents) + 1 - statement.level], *filter(None, [statement.module])])


def _dotted_name(node: ast.expr | None) -> str | None:
    """Return the name in an expression: of ``a.B``, of the class that ``B[int]`` or the object ``B()`` is of."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            before = _dotted_name(node.value)
            return before and f"{before}.{node.attr}"
        case ast.Subscript():
            return _dotted_name(node.value)
        case ast.Call():
            return _dotted_name(node.func)
    return None
