"""Finds the hooks that act once a run: on Batch every job is a run of Kedro, so they act once a job.

The project's own hooks are objects that its settings have made. Those of installed plugins are read in their source:
no plugin is imported. Hooks that make the catalog or the context are meant for every process and are not looked for.
"""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from kedro_batch.compiler.project.python_source import (
    Function,
    base_classes,
    find_class,
    find_functions,
    read_decorators,
)

PER_RUN = ("before_pipeline_run", "after_pipeline_run", "on_pipeline_error")
_HARMLESS = frozenset({"kedro_batch", "kedro_telemetry", "kedro_viz"})
"""Packages whose hooks do no harm in every job: kedro-viz writes down what ran, for its own page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHooks:
    """Hooks that one class or module implements.

    Attributes:
        name: The full name of the class or module.
        methods: Those of ``PER_RUN`` that it implements; empty if its source cannot be read.
        plugin: The installed plugin that brings it; None if the project's settings name it.
    """

    name: str
    methods: tuple[str, ...]
    plugin: str | None = None

    @property
    def package(self) -> str:
        """The package at the top of its name."""
        return self.name.partition(".")[0]


def find_run_hooks(hooks: Iterable[object], disabled_plugins: Iterable[str]) -> tuple[RunHooks, ...]:
    """Return the hooks that act once a run and may do harm if they act once a job.

    Args:
        hooks: The hooks in the project's settings.
        disabled_plugins: The distributions whose hooks the settings disable.
    """
    own = [_inspect(hook) for hook in hooks]
    plugins = [_read(entry) for entry in _enabled_plugins(set(disabled_plugins))]
    named = {one.name for one in own}
    found = [one for one in own if one.methods] + [one for one in plugins if one and one.name not in named]
    return tuple(one for one in dict.fromkeys(found) if one.package not in _HARMLESS)  # each class once


def implemented_hooks(hook: object) -> frozenset[str]:
    """Return the names of the hooks that Kedro's plugin manager would call on an object, a class or a module."""
    names = set()
    for attribute in dir(hook):
        try:
            method = getattr(hook, attribute)
        except Exception:  # noqa: BLE001, S112  a property may raise anything: it is no hook
            continue
        options = getattr(method, "kedro_impl", None)  # set by ``hook_impl``
        if inspect.isroutine(method) and isinstance(options, dict):
            names.add(options.get("specname") or attribute)
    return frozenset(names)


def _enabled_plugins(disabled: set[str]) -> Iterator[EntryPoint]:
    for entry in entry_points(group="kedro.hooks"):
        if entry.module.partition(".")[0] not in _HARMLESS and (entry.dist is None or entry.dist.name not in disabled):
            yield entry


def _inspect(hook: object) -> RunHooks:
    owner = hook if inspect.isclass(hook) or inspect.ismodule(hook) else type(hook)
    name = owner.__name__ if inspect.ismodule(owner) else f"{owner.__module__}.{owner.__qualname__}"
    return RunHooks(name=name, methods=_per_run(implemented_hooks(hook)))


def _read(entry: EntryPoint) -> RunHooks | None:
    """Read the source of a plugin's hooks; None if none of them acts once a run."""
    plugin = entry.dist.name if entry.dist else entry.name
    if not entry.attr:
        functions = find_functions(entry.module)
        name, names = entry.module, _implemented(functions)
    elif found := find_class(f"{entry.module}.{entry.attr}"):
        classes = [found, *filter(None, map(find_class, base_classes(found.name)))]
        name, names = found.name, _implemented({n: f for one in reversed(classes) for n, f in one.methods.items()})
    else:
        return RunHooks(name=f"{entry.module}.{entry.attr}", methods=(), plugin=plugin)
    methods = _per_run(names)
    return RunHooks(name=name, methods=methods, plugin=plugin) if methods else None


def _implemented(functions: Mapping[str, Function]) -> Iterator[str]:
    """Yield the hooks that functions implement: those they are named after, or those that their decorator names."""
    for name, function in functions.items():
        for decorator in read_decorators(function):
            yield str(decorator.arguments.get("specname") or name)


def _per_run(names: Iterable[str]) -> tuple[str, ...]:
    implemented = set(names)
    return tuple(name for name in PER_RUN if name in implemented)
