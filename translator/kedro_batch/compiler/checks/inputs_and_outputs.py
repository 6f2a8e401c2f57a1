"""Checks of inputs, which no job writes, of parameters, and of outputs, which no job reads."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.compiler.checks.dataset_diagnostics import (
    describe_hooks,
    describe_jobs,
    diagnose_dataset,
    find_worst_storage,
)
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.dataset_uses import DatasetUse
from kedro_batch.compiler.nodes import PARAMETER_PREFIX, glob_regex
from kedro_batch.compiler.storage import Store
from kedro_batch.diagnostics import Code, Diagnostic
from kedro_batch.text.wording import did_you_mean


def check_inputs(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error for each dataset that no selected node writes and that is only in memory."""
    for use in compilation.dataset_uses.values():
        name, storage = find_worst_storage(compilation, use)
        if not use.producers and storage.store is Store.MEMORY and not storage.given:
            yield diagnose_dataset(
                Code.MISSING_INPUT,
                name,
                use,
                f"no selected node writes it, and it is not stored: {storage.reason}. "
                f"{describe_jobs(compilation, use.consumers, 'read')} it. Add an entry to "
                f"{compilation.inputs.catalog_file}. {describe_hooks(name)}",
            )


def check_outputs(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each dataset that no node reads and that is only in memory."""
    for use in compilation.dataset_uses.values():
        name, storage = find_worst_storage(compilation, use)
        if not use.consumers and storage.store is Store.MEMORY:
            yield diagnose_dataset(
                Code.UNSTORED_OUTPUT,
                name,
                use,
                f"it is lost when its container ends: {storage.reason}. "
                f"{describe_jobs(compilation, use.producers, 'write')} it, and no node reads it. If it is a result, "
                f"add an entry to {compilation.inputs.catalog_file}"
                + (f". {describe_hooks(name)}" if compilation.inputs.catalog_hooks else ""),
            )


def check_parameters(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error for each parameter that nodes read and the configuration does not have."""
    inputs = compilation.inputs
    readers: defaultdict[str, DatasetUse] = defaultdict(DatasetUse)
    for job, group in compilation.groups.items():
        for node in group.nodes:
            for name in node.inputs:
                if name.startswith(PARAMETER_PREFIX):
                    readers[name].consumers.add(job)
                    readers[name].nodes.add(node.name)
    known = (
        {PARAMETER_PREFIX + name for some in inputs.parameters for name in _parameter_names(some)} if readers else ()
    )
    declared = re.compile("|".join(map(glob_regex, inputs.settings.datasets)) or r"(?!)")
    for name in sorted(readers.keys() - known):
        if declared.fullmatch(name):
            continue
        yield diagnose_dataset(
            Code.MISSING_INPUT,
            name,
            readers[name],
            f"the configuration has no parameter {name.removeprefix(PARAMETER_PREFIX)!r}.{did_you_mean(name, known)} "
            f"{describe_jobs(compilation, readers[name].consumers, 'read')} it. Write it in {inputs.parameters_file}, "
            f"or pass it with --params. {describe_hooks(name)}",
        )


def _parameter_names(parameters: Mapping[Any, Any]) -> Iterator[str]:
    """Yield the names that Kedro gives to parameters: ``a`` and, within it, ``a.b``."""
    inner = [(str(name), value) for name, value in parameters.items()]
    for name, value in inner:
        yield name
        if isinstance(value, Mapping):
            inner += [(f"{name}.{key}", part) for key, part in value.items()]
