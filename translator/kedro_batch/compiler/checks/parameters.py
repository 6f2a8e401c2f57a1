"""Checks of the parameters of the project, and of those that a plan gives to its jobs."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.compiler.checks.dataset_diagnostics import describe_jobs, diagnose_dataset, hooks_advice
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.data.dataset_uses import DatasetUse
from kedro_batch.compiler.nodes import PARAMETER_PREFIX, glob_regex
from kedro_batch.compiler.params_over_files import find_dropped
from kedro_batch.diagnostics import Code, Diagnostic, FieldPath, Severity, path_text
from kedro_batch.text.wording import did_you_mean, listed, sentences


def check_parameters(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error for each parameter that nodes read and do not get."""
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
    in_files = {PARAMETER_PREFIX + name for name in _parameter_names(inputs.file_parameters)} if readers else set()
    declared = re.compile("|".join(map(glob_regex, inputs.settings.datasets)) or r"(?!)")
    for name in sorted(readers.keys() - known):
        if declared.fullmatch(name):
            continue
        parameter = name.removeprefix(PARAMETER_PREFIX)
        reason, advice = (
            (f"the params of the plan keep it from the nodes, though the project's files have {parameter!r}.", _KEEP)
            if name in in_files
            else (
                f"the configuration has no parameter {parameter!r}.{did_you_mean(name, known)}",
                sentences(
                    f"Write parameters in {inputs.parameters_file}, or pass them with --params",
                    hooks_advice(compilation, always=True),
                ),
            )
        )
        yield diagnose_dataset(
            Code.MISSING_INPUT,
            name,
            readers[name],
            f"{reason} {describe_jobs(compilation, readers[name].consumers, 'read')} it",
            advice=advice,
        )


def _parameter_names(parameters: Mapping[Any, Any]) -> Iterator[str]:
    """Yield the names that Kedro gives to parameters: ``a`` and, within it, ``a.b``."""
    inner = [(str(name), value) for name, value in parameters.items()]
    for name, value in inner:
        yield name
        if isinstance(value, Mapping):
            inner += [(f"{name}.{key}", part) for key, part in value.items()]


def check_lost_parameters(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each name at the top of which params keep other parts from the nodes."""
    inputs = compilation.inputs
    lost: defaultdict[str | int, list[FieldPath]] = defaultdict(list)
    for path in find_dropped(inputs.file_parameters, inputs.parameters[0]) if inputs.file_parameters else ():
        lost[path[0]].append(path)
    for name, paths in lost.items():
        source, line, path = inputs.params.locate((name,))
        names = [path_text(one) for one in paths]
        yield Diagnostic(
            source=source,
            line=line,
            path=path,
            code=Code.LOST_PARAMETERS,
            severity=Severity.WARNING,
            message=f"with this, the nodes lose {listed(names)} of the project's files, as with `kedro run --params`: "
            f"Kedro takes the whole of {path_text((name,))} from the files of one environment or from here",
            about={"parameters": tuple(names)},
            advice=_KEEP,
        )


_KEEP = (
    "Give these parameters under params too, with their values, or let Kedro merge environments at any depth: "
    'CONFIG_LOADER_ARGS = {"merge_strategy": {"parameters": "soft"}} in settings.py'
)


def check_unproved_parameters(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a note if the jobs start a command that may read parameters in a way of its own."""
    if source := compilation.inputs.unproved_params:
        yield Diagnostic(
            source=source,
            code=Code.UNPROVED_PARAMETERS,
            severity=Severity.NOTE,
            message="the jobs start a command that may read --params in a way of its own: it is proved only for "
            "Kedro's own `run` that the nodes get equal values of the same types",
            advice="See what a node gets on this machine: kedro-batch apply PLAN --local",
        )
