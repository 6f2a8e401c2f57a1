"""``kedro run --runner=kedro_batch.AWSBatchRunner``: compile the pipeline that Kedro hands over, and apply it at once.

No third path: it compiles as ``kedro-batch compile`` does, and submits, follows and records as ``kedro-batch apply``
does. What Kedro does not hand to a runner (pipeline names, environment, parameters, load versions) comes from our hook,
which calls ``remember_context`` and ``remember_run`` before. Whatever a user can cause ends with one message.
"""

import os
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import click
from click.core import ParameterSource
from kedro.framework.project import settings
from kedro.io import MemoryDataset
from kedro.runner import AbstractRunner

from kedro_batch.cli.apply_command import apply, start_run
from kedro_batch.cli.base import print_diagnostics, print_note
from kedro_batch.cli.inside_session import AWSBatchRunnerError, compiling_in_session, ending_as_kedro_does
from kedro_batch.cli.next_plan import next_plan
from kedro_batch.cli.project_compilation import command_with_env, relative_to_project
from kedro_batch.cli.run_session import RunSession
from kedro_batch.cli.session_options import options_from_session
from kedro_batch.cloud.checks.finding import SETTINGS
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.compile import compile_project
from kedro_batch.compiler.data.stores import Store
from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.project.missing_target import MissingTarget
from kedro_batch.compiler.project.project_folder import package_name
from kedro_batch.compiler.settings.config_source import MAX_WORKERS, TARGET
from kedro_batch.errors import ConfigError, JobsFailed, ProjectError, ServiceError, UsageError
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import Selection
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.variables import RUN_ID_VARIABLE
from kedro_batch.plan.writer import plan_text
from kedro_batch.review.run.outcome import failure_text
from kedro_batch.review.run.status import run_status
from kedro_batch.submitter.job_state import JobState
from kedro_batch.text.wording import did_you_mean, listed

_ARGUMENTS = (*TARGET, MAX_WORKERS, "is_async")
_PERSISTENT = SimpleNamespace(_EPHEMERAL=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Announced:
    """A run of which the hook has told: what Kedro passes to hooks, and the pipeline that the runner will get."""

    run_params: Mapping[str, Any]
    pipeline: Any
    conf_source: str | None


_conf_source: ContextVar[str | None] = ContextVar("conf_source", default=None)
_announced: ContextVar[_Announced | None] = ContextVar("announced", default=None)


def remember_context(context: Any) -> None:
    """Remember where the configuration of the session is; the hook calls this."""
    _conf_source.set(str(context.config_loader.conf_source))


def remember_run(run_params: Mapping[str, Any], pipeline: Any) -> None:
    """Remember what is about to be run; the hook calls this."""
    _announced.set(_Announced(run_params=run_params, pipeline=pipeline, conf_source=_conf_source.get()))


class AWSBatchRunner(AbstractRunner):
    """Runs the pipeline of a session on AWS Batch, one job for each node or group of nodes.

    No dataset is made, loaded or saved here: Kedro's own ``run`` makes every dataset before the first node, which needs
    their packages and credentials, and returns results, which are where the catalog says.
    """

    def __init__(
        self,
        is_async: bool = False,
        job_queue: str | None = None,
        job_definition: str | None = None,
        max_workers: int | None = None,
        **unknown: Any,
    ) -> None:
        """Take settings, which win over those of ``aws_batch.yml`` and of the parameters.

        Args:
            is_async: Has no effect: it is about datasets, and none is used here.
            job_queue: The job queue of jobs that no rule gives another one.
            job_definition: Their job definition.
            max_workers: How many jobs are submitted and unfinished at once.
            unknown: Refused.

        Raises:
            AWSBatchRunnerError: A setting is unknown, or has a wrong value.
        """
        super().__init__(is_async=is_async)
        self._target = {
            name: value for name, value in zip(TARGET, (job_queue, job_definition), strict=True) if value is not None
        }
        self._max_workers = max_workers
        wrong = [
            f"there is no setting {name!r}.{did_you_mean(name, _ARGUMENTS)} There are {listed(_ARGUMENTS)}; all others "
            "belong into aws_batch.yml"
            for name in unknown
        ]
        wrong += [
            f"{name} must be text, found {value!r}"
            for name, value in self._target.items()
            if not isinstance(value, str) or not value
        ]
        if max_workers is not None and (type(max_workers) is not int or max_workers < 1):
            wrong.append(f"max_workers must be a whole number, 1 or more, found {max_workers!r}")
        if wrong:
            raise AWSBatchRunnerError("\n  ".join(["AWSBatchRunner:", *wrong]), UsageError.exit_code)

    def run(
        self,
        pipeline: Any,
        catalog: Any,
        hook_manager: Any = None,  # noqa: ARG002  Kedro passes this argument
        run_id: str | None = None,  # noqa: ARG002  Kedro passes this argument
        only_missing_outputs: bool = False,
    ) -> dict[str, Any]:
        """Run a pipeline on AWS Batch, and follow it to its end.

        Args:
            pipeline: The pipeline.
            catalog: Its catalog: looked at only to find what is missing.
            hook_manager: Not used: hooks of nodes and datasets are called in the jobs.
            run_id: Kedro's id of the session; not used, since one session may be resumed by another program.
            only_missing_outputs: Leave out nodes whose outputs exist.

        Returns:
            Nothing: results are where the catalog says.

        Raises:
            AWSBatchRunnerError: The pipeline cannot run so, AWS refused, or jobs failed.
            SystemExit: A signal ended it.
            KeyboardInterrupt: Ctrl-C did, outside of a command line.
        """
        announced = _announced.get()
        with ending_as_kedro_does():
            _refuse_jobs()
            if announced is None or announced.pipeline is not pipeline:
                raise UsageError(
                    "AWSBatchRunner needs the hook of kedro-batch, and a session that calls it: take kedro-batch out "
                    "of DISABLE_HOOKS_FOR_PLUGINS in settings.py, and use kedro run or KedroSession.run"
                )
            if only_missing_outputs:
                pipeline = self._filter_pipeline_for_missing_outputs(pipeline, catalog)
            if self._is_async:
                print_note("Note: is_async has no effect: AWSBatchRunner loads and saves nothing itself")
            if not pipeline.nodes:
                print_note("Nothing was submitted: all outputs exist")
                return {}
            try:
                self._submit(announced, pipeline)
            except ServiceError as error:
                raise ServiceError(f"{error}{self._steps_here(str(error))}", fault=error.fault) from error
        return {}

    def _run(self, *_: Any, **__: Any) -> NoReturn:
        """Kedro's own ``run`` would call this; it is replaced as a whole."""
        raise NotImplementedError

    def _get_executor(self, max_workers: int) -> None:
        """Nothing is executed here."""

    def _steps_here(self, advice: str) -> str:
        """Return what the advice for plans means here, if it is to change the settings."""
        if SETTINGS not in advice:
            return ""
        steps = "\nTo compile again, repeat kedro run"
        given = [name for name in self._target if name in advice]
        wins = f". AWSBatchRunner was given {listed(given)}, which wins over {SETTINGS}: change it there"
        return f"{steps}{wins}" if given else steps

    def _submit(self, announced: _Announced, pipeline: Any) -> None:
        names = {node.name for node in pipeline.nodes}
        root = Path(announced.run_params["project_path"])
        if package_name(root) is None:
            raise ProjectError(
                f"{root} is not the project: it has no pyproject.toml with a [tool.kedro] section. AWSBatchRunner "
                "compiles the project, so run it in the project's folder; its installed package is not enough"
            )
        with compiling_in_session():
            conf_source = _other_conf_source(root, announced.conf_source)
            options = options_from_session(announced.run_params, conf_source, self._target)
            compilation = _compile(root, options, names)
        compilation.refuse_errors()
        print_diagnostics(compilation.diagnostics, every=False, no_color=False)
        content, name = plan_text(compilation.plan).encode(), "the plan of this pipeline"
        plan = read_plan(content, name)
        context = apply.make_context("apply", [name])  # its options as if none was typed
        journal: Path = context.params["journal"]
        if context.get_parameter_source("journal") is ParameterSource.DEFAULT:
            journal = Path(os.path.relpath(root / journal))
        given = {**context.params, "max_unfinished": self._max_workers or compilation.inputs.max_workers}
        with start_run(
            plan, plan_digest(plan), (content, name), journal, run_id=None, on_this_machine=False, given=given
        ) as session:
            try:
                session.follow()
            except JobsFailed:
                failed = True
            else:
                failed = False
        if failed:
            self._fail(session, compilation, pipeline)

    def _fail(self, session: RunSession, compilation: Compilation, pipeline: Any) -> NoReturn:
        """Suggest how to go on, Kedro's way and ours, and fail with the reasons of AWS Batch."""
        records = session.run_state.records
        done = {
            node.name
            for job, group in compilation.groups.items()
            if records[job].state is JobState.SUCCEEDED
            for node in group.nodes
        }
        in_memory = {name for name in pipeline.datasets() if compilation.storages.of(name).store is Store.MEMORY} - set(
            pipeline.inputs()
        )
        # Kedro asks its catalog which datasets outlive a process. Ours has the answers, and makes no dataset for them.
        kept = {name: MemoryDataset() if name in in_memory else _PERSISTENT for name in pipeline.datasets()}
        done_nodes = {node for node in pipeline.nodes if node.name in done}
        stores: Any = SimpleNamespace(_datasets=kept)
        self._suggest_resume_scenario(pipeline, done_nodes, stores)
        journal = session.context.journal
        entry = journal.run(session.handle.run_id)
        if entry is None:
            raise UsageError(f"the journal {journal.file} has lost run {session.handle.run_id}")
        plan = session.context.plan
        following = next_plan(session.handle.run_id, plan, entry.plan_file)
        status = run_status(entry, session.run_state.parents, records, plan=plan, next_plan=following)
        raise AWSBatchRunnerError(failure_text(status, journal=os.path.relpath(journal.file)), JobsFailed.exit_code)


def _refuse_jobs() -> None:
    if run_id := os.environ.get(RUN_ID_VARIABLE):
        raise UsageError(
            f"this is a job of run {run_id} already: AWSBatchRunner would submit it again, for "
            "ever. The runner must be named on the command line of kedro run, not in the project's code"
        )


def _compile(root: Path, options: CompileOptions, names: set[str]) -> Compilation:
    """Compile exactly these nodes.

    Raises:
        Refused: As ``compile_project``; or no registered pipeline has some of the nodes.
    """
    try:
        compilation = compile_project(root, options)
        nodes = compilation.inputs.nodes
        if {node.name for node in nodes.selected} == names:
            return compilation
        registered = {node.name for some in nodes.pipelines.values() for node in some}
        if unknown := sorted(names - registered):
            raise ProjectError(
                f"these nodes are not in the registered pipelines, so no container could find them: {listed(unknown)}. "
                "Register them in pipeline_registry.py"
            )
        return compile_project(root, replace(options, selection=Selection(nodes=tuple(sorted(names)))))
    except MissingTarget as error:
        if error.other_env is None:
            raise
        context = click.get_current_context(silent=True)
        if context is None or context.info_name not in sys.argv:  # a program, or an installed package
            how = f"choose it with --env, or with KedroSession.create(env={error.other_env!r})"
            raise ConfigError(f"{error.headline}: {how}") from error
        raise ConfigError(f"{error.headline}:\n\n    {command_with_env(context, error.other_env)}\n") from error


def _other_conf_source(root: Path, conf_source: str | None) -> str | None:
    """Return the place of the configuration, if it is not the project's own."""
    own = Path(root, settings.CONF_SOURCE).resolve()
    if conf_source is None or ("://" not in conf_source and Path(conf_source).resolve() == own):
        return None
    return relative_to_project(root, conf_source)
