"""Checks for settings without an effect: rules without nodes, unknown datasets, and what stands in another file."""

import re
from collections.abc import Iterator

from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.nodes import glob_regex
from kedro_batch.compiler.settings.batch_config import ACCEPT_ALL
from kedro_batch.compiler.settings.config_source import MAX_WORKERS, TARGET, SourceRef
from kedro_batch.compiler.settings.config_spelling import find_meant_settings
from kedro_batch.diagnostics import Code, Diagnostic, FieldPath, Severity
from kedro_batch.plan.checks.credentials import names_of_credentials
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.text.wording import did_you_mean


def check_rules(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each selector of a rule that matches no node of any pipeline."""
    for one in compilation.node_settings.find_unmatched():
        yield _diagnose(compilation, one.path, one.message)


def check_datasets(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each name in ``datasets`` that no node of any pipeline reads or writes."""
    patterns = compilation.inputs.settings.datasets
    known = _find_datasets(compilation) if patterns else set()
    for pattern in patterns:
        if not _matches_any(pattern, known):
            message = f"no dataset is named {pattern!r}.{did_you_mean(pattern, known)}"
            yield _diagnose(compilation, ("datasets", pattern), message)


def check_accept(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a note for each name in ``accept`` that no dataset of any pipeline has, or no hook that acts once a run."""
    accept = {code: names for code, names in compilation.inputs.settings.accept.items() if names != ACCEPT_ALL}
    datasets = _find_datasets(compilation) if accept else set()
    hooks = {name for one in compilation.inputs.run_hooks for name in (one.name, *one.methods)}
    for code, patterns in accept.items():
        if code in (Code.MERGED_CYCLE, Code.UNMATCHED, Code.PLACEHOLDER, Code.LOST_PARAMETERS):
            continue
        of_hooks = code == Code.HOOKS_PER_JOB
        known, kind = (hooks, "hook that acts once a run") if of_hooks else (datasets, "dataset")
        for number, pattern in enumerate(patterns):
            if pattern != "*" and not _matches_any(pattern, known):
                message = f"no {kind} is named {pattern!r}.{did_you_mean(pattern, known)}"
                yield _diagnose(compilation, ("accept", code, number), message, Severity.NOTE)


def check_not_secret(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a note for each name in ``not_secret`` that no value has in the settings or the parameters."""
    settings = dict(compilation.inputs.source.aws_batch)
    names = settings.get("not_secret", ())
    params = (settings.pop("params", {}), compilation.plan.params)
    needed = names_of_credentials(settings, params) if names else frozenset()
    for number, name in enumerate(names):
        if name not in needed:
            message = f"nothing that looks like a credential is called {name!r}.{did_you_mean(name, needed)}"
            why = "Leave it out: it would also accept a credential that gets this name later"
            yield _diagnose(compilation, ("not_secret", number), f"{message} {why}", Severity.NOTE)


def check_misnamed_files(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each file that looks as if it were meant to be ``aws_batch.yml``, and is not read."""
    for file, todo in compilation.inputs.source.misnamed.items():
        message = f"it is not read: if it has settings for AWS Batch, {todo}"
        yield Diagnostic(source=file, code=Code.UNMATCHED, severity=Severity.WARNING, message=message)


def check_parameters_section(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each setting in the parameters that has to stand in ``aws_batch.yml``."""
    source = compilation.inputs.source
    read = " and ".join(TARGET)
    if compilation.inputs.options.for_runner:
        read = f"{', '.join(TARGET)} and {MAX_WORKERS}"
    for name, value in source.parameters.items():
        if find_meant_settings({name: value}) - {*TARGET, MAX_WORKERS}:
            yield Diagnostic(
                source="parameters.yml",
                path=("aws_batch", str(name)),
                code=Code.UNMATCHED,
                severity=Severity.WARNING,
                message=f"only {read} are read from the parameters: move it to {source.expected_file}",
            )


def check_max_workers(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a note that ``max_workers`` is for the runner alone, unless that compiles; an error if it is no number."""
    inputs = compilation.inputs
    value = inputs.max_workers
    if value is None:
        return
    in_settings = inputs.settings.max_workers is not None
    in_parameters = SourceRef("parameters.yml", None, ("aws_batch", MAX_WORKERS))
    file, line, path = inputs.source.locate((MAX_WORKERS,)) if in_settings else in_parameters
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        message = f"must be a whole number, 1 or more, found {value!r}"
        yield Diagnostic(source=file, line=line, path=path, code=Code.INVALID_CONFIG, message=message)
    elif not inputs.options.for_runner:
        yield Diagnostic(
            source=file,
            line=line,
            path=path,
            code=Code.UNMATCHED,
            severity=Severity.NOTE,
            message="it is for kedro run --runner=kedro_batch.AWSBatchRunner alone, and not in the plan: apply submits "
            "every job at once, and AWS Batch starts what can start",
        )


def _find_datasets(compilation: Compilation) -> set[str]:
    """Return the datasets and parameters of all pipelines, by their names with and without transcoding."""
    names = {
        name
        for nodes in compilation.inputs.nodes.registered.values()
        for node in nodes
        for name in (*node.inputs, *node.outputs, *node.confirms)
    }
    return names | set(map(without_transcoding, names))


def _matches_any(pattern: str, known: set[str]) -> bool:
    return pattern in known or any(map(re.compile(glob_regex(pattern)).fullmatch, known))


def _diagnose(
    compilation: Compilation, path: FieldPath, message: str, severity: Severity = Severity.WARNING
) -> Diagnostic:
    file, line, path = compilation.inputs.source.locate(path)
    return Diagnostic(source=file, line=line, path=path, code=Code.UNMATCHED, severity=severity, message=message)
