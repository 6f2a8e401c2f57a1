"""Checks of the project itself: its default environment, the names of its nodes, and the commands that run them."""

from collections.abc import Iterator

from kedro_batch.compiler.compilation import Compilation
from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.text.wording import listed


def check_environment(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a note if the folder of the default environment is missing here, or will be in the image."""
    inputs = compilation.inputs
    if inputs.missing_env_folder is not None:
        yield Diagnostic(
            source=inputs.missing_env_folder,
            code=Code.MISSING_ENVIRONMENT,
            severity=Severity.NOTE,
            message="the folder of the project's default environment is missing and counts as empty. If the image does "
            "not have it either, `kedro run` fails there: add an empty folder, or compile with "
            f"--env={inputs.base_env}",
        )
    if inputs.left_out_env_folder is not None:
        folder, left_out_by = inputs.left_out_env_folder
        yield Diagnostic(
            source=folder,
            code=Code.MISSING_ENVIRONMENT,
            severity=Severity.NOTE,
            message=f"{_LEFT_OUT[left_out_by].format(folder)}, or compile with --env={inputs.base_env}",
        )


_LEFT_OUT = {
    "git": "git has no file of the folder of the project's default environment. An image that is built from a clone "
    "does not have it, and `kedro run` fails there: put an empty file into it and keep it (git add -f {0}/.gitkeep)",
    ".dockerignore": "it is the folder of the project's default environment, and .dockerignore leaves it out. An image "
    "does not have it, and `kedro run` fails there: write {0}/** and !{0}/.gitkeep instead, and add that empty file",
}


def check_node_names(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield one note about all nodes that the project has not named."""
    nodes = compilation.inputs.nodes.selected
    unnamed = [node.name for node in nodes if not node.named]
    if unnamed:
        yield Diagnostic(
            source="nodes",
            code=Code.UNNAMED_NODES,
            severity=Severity.NOTE,
            message=f"{len(unnamed)} of {len(nodes)} have no name of their own. Kedro makes names of their inputs and "
            f"outputs, so they change with these, and the names of the jobs too: {listed(unnamed)}",
            about={"nodes": tuple(unnamed)},
        )


def check_commands(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error for each job whose nodes no command selects."""
    for job, reason in compilation.not_selectable.items():
        yield Diagnostic(source=f"job {job}", message=reason, about={"jobs": (job,)})


def check_run_command(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error if the command that jobs start is not Kedro's own and does not take their options."""
    run, plan = compilation.inputs.run_command, compilation.plan
    if run is None:
        return
    commands = (plan.command_of(job)[run.words_before :] for job in plan.jobs if job.nodes)
    kinds = {frozenset(word.partition("=")[0] for word in words): words for words in commands}.values()
    refused = sorted({option for words in kinds for option in run.find_refused(words)})
    missing = sorted({name for words in kinds for name in run.find_missing(words)})
    for names, message in (
        (refused, "does not take {}, which the jobs use"),
        (missing, "requires {}, which the jobs do not give"),
    ):
        if names:
            yield Diagnostic(
                source=run.source,
                code=Code.MISSING_OPTION,
                message=f"its command `{run.name}` {message.format(listed(names))}: they would end with a usage error",
                about={"options": tuple(names)},
                advice="Change its options to those of Kedro's own `run`, remove it if Kedro's own is then used, or "
                "set command_prefix in aws_batch.yml to what starts another command",
            )
