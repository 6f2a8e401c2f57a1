"""Checks for hooks that act once a run of Kedro: every job is such a run."""

from collections.abc import Iterator

from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.project.run_hooks import RunHooks
from kedro_batch.diagnostics import Code, Diagnostic, Severity

_OF_PROJECT = "Move what must happen once into a node, or out of the pipeline"
_OF_PLUGINS = (
    "If hooks of a plugin do harm in every job, switch them off in settings.py: DISABLE_HOOKS_FOR_PLUGINS = {}"
)
_MLFLOW = (
    "every job opens an MLflow run of its own. To log all jobs into one, create it before, and write its id in "
    "aws_batch.yml: environment: {MLFLOW_RUN_ID: ...}"
)


def check_run_hooks(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for hooks of the project that act once a run, and a note for those of plugins."""
    found = compilation.inputs.run_hooks if len(compilation.groups) > 1 else ()
    plugins = tuple(sorted({hooks.plugin for hooks in found if hooks.plugin}))
    for hooks in found:
        mlflow = hooks.package == "kedro_mlflow"
        yield Diagnostic(
            source=hooks.name,
            code=Code.HOOKS_PER_JOB,
            severity=Severity.NOTE if hooks.plugin and not mlflow else Severity.WARNING,
            message=_describe(hooks) + (f": {_MLFLOW}" if mlflow else ""),
            about={"hooks": (hooks.name,), "methods": hooks.methods},
            advice=_OF_PLUGINS.format(plugins) if hooks.plugin else _OF_PROJECT,
        )


def _describe(hooks: RunHooks) -> str:
    plugin = f" of the plugin {hooks.plugin}" if hooks.plugin else ""
    if not hooks.methods:
        return f"the hooks{plugin} cannot be read in its source: what they do once a run, they will do once a job"
    verb = "runs" if len(hooks.methods) == 1 else "run"
    return f"{' and '.join(hooks.methods)}{plugin} {verb} once in every job, not once in the run"
