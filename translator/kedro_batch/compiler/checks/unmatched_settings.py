"""Checks for settings without an effect: rules without nodes, unknown datasets, and what stands in another file."""

import re
from collections.abc import Iterator

from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.config_source import TARGET
from kedro_batch.compiler.config_spelling import find_meant_settings
from kedro_batch.compiler.nodes import glob_regex
from kedro_batch.diagnostics import Code, Diagnostic, FieldPath, Severity
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.text.wording import did_you_mean


def check_rules(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each selector of a rule that matches no node of any pipeline."""
    for one in compilation.node_settings.find_unmatched():
        yield _diagnose(compilation, one.path, one.message)


def check_datasets(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each name in ``datasets`` that no node of any pipeline reads or writes."""
    patterns = compilation.inputs.settings.datasets
    known = {
        name
        for nodes in compilation.inputs.nodes.registered.values()
        for node in nodes
        for name in (*node.inputs, *node.outputs, *map(without_transcoding, (*node.inputs, *node.outputs)))
        if patterns
    }
    for pattern in patterns:
        if pattern not in known and not any(map(re.compile(glob_regex(pattern)).fullmatch, known)):
            message = f"no dataset is named {pattern!r}.{did_you_mean(pattern, known)}"
            yield _diagnose(compilation, ("datasets", pattern), message)


def check_misnamed_files(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each file that looks as if it were meant to be ``aws_batch.yml``, and is not read."""
    for file, todo in compilation.inputs.source.misnamed.items():
        message = f"it is not read: if it has settings for AWS Batch, {todo}"
        yield Diagnostic(source=file, code=Code.UNMATCHED, severity=Severity.WARNING, message=message)


def check_parameters_section(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each setting in the parameters that has to stand in ``aws_batch.yml``."""
    source = compilation.inputs.source
    for name, value in source.parameters.items():
        if find_meant_settings({name: value}) - set(TARGET):
            yield Diagnostic(
                source="parameters.yml",
                path=("aws_batch", str(name)),
                code=Code.UNMATCHED,
                severity=Severity.WARNING,
                message=f"it is not read there, where only job_queue and job_definition are: move it to "
                f"{source.expected_file}",
            )


def _diagnose(compilation: Compilation, path: FieldPath, message: str) -> Diagnostic:
    file, line, path = compilation.inputs.source.locate(path)
    return Diagnostic(
        source=file, line=line, path=path, code=Code.UNMATCHED, severity=Severity.WARNING, message=message
    )
