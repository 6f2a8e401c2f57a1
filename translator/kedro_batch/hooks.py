"""The hook that Kedro loads in every project where kedro-batch is installed (entry point ``kedro.hooks``).

It does nothing except in a job of a run, and where our runner is used. It is imported at every start of Kedro: what it
needs is imported only there.
"""

import os
import sys
from collections.abc import Generator
from typing import Any

from kedro.framework.hooks import hook_impl

from kedro_batch.plan.variables import RUN_ID_VARIABLE

_RUNNER = "kedro_batch.runner"
"""Loaded only where ``kedro run`` was given it."""


class KedroBatchHooks:
    """What happens in a job of a run, and what the runner has to know that Kedro does not hand to it.

    In a job it comes before the hooks of others: they see the datasets as the job's nodes do. It comes after them
    again, for the datasets that they have put in place of others.
    """

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        """Tell the runner, if it is the one, where the configuration is."""
        if runner := sys.modules.get(_RUNNER):
            runner.remember_context(context)

    @hook_impl(tryfirst=True)
    def after_catalog_created(self, catalog: Any) -> None:
        """Give everything that the job saves the version of the run."""
        if os.environ.get(RUN_ID_VARIABLE):
            from kedro_batch.data_versions.in_job import fix_versions  # noqa: PLC0415  only jobs need it

            fix_versions(catalog, os.environ)

    @hook_impl(wrapper=True, tryfirst=True)
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Any, catalog: Any
    ) -> Generator[None, object, object]:
        """Say which job this is, let it load what the run wrote, and remove what its earlier attempts left."""
        in_job = bool(os.environ.get(RUN_ID_VARIABLE))
        if in_job:
            from kedro_batch.data_versions.in_job import begin_job  # noqa: PLC0415  only jobs need it

            prepared = begin_job(pipeline, catalog, os.environ)
        if runner := sys.modules.get(_RUNNER):
            runner.remember_run(run_params, pipeline)
        result = yield  # to the hooks of others
        if in_job:
            from kedro_batch.data_versions.in_job import prepare_added  # noqa: PLC0415  only jobs need it
            from kedro_batch.data_versions.job_environment import open_session  # noqa: PLC0415  only jobs need it

            prepare_added(pipeline, catalog, os.environ, prepared)
            open_session(os.environ)
        return result

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Say that no node runs any more."""
        _end_session()

    @hook_impl
    def on_pipeline_error(self) -> None:
        """Say so if a node has failed, too."""
        _end_session()


def _end_session() -> None:
    if os.environ.get(RUN_ID_VARIABLE):
        from kedro_batch.data_versions.job_environment import close_session  # noqa: PLC0415  only jobs need it

        close_session(os.environ)


hooks = KedroBatchHooks()
