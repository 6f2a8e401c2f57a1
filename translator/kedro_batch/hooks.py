"""The hook that Kedro loads in every project where kedro-batch is installed (entry point ``kedro.hooks``).

It does nothing except in a job of a run. It is imported at every start of Kedro: what it needs is imported only there.
"""

import os
from typing import Any

from kedro.framework.hooks import hook_impl

from kedro_batch.plan.variables import RUN_ID_VARIABLE


class KedroBatchHooks:
    """What happens in a job of a run, before the hooks of others: they see the datasets as the job's nodes do."""

    @hook_impl(tryfirst=True)
    def after_catalog_created(self, catalog: Any) -> None:
        """Give everything that the job saves the version of the run."""
        if RUN_ID_VARIABLE in os.environ:
            from kedro_batch.data_versions.in_job import fix_versions  # noqa: PLC0415  only jobs need it

            fix_versions(catalog, os.environ)

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, pipeline: Any, catalog: Any) -> None:
        """Say which job this is, let it load what the run wrote, and remove what its earlier attempts left."""
        if RUN_ID_VARIABLE in os.environ:
            from kedro_batch.data_versions.in_job import begin_job  # noqa: PLC0415  only jobs need it

            begin_job(pipeline, catalog, os.environ)


hooks = KedroBatchHooks()
