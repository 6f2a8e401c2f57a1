"""The checks of a compilation, in the order in which they run.

A check takes the ``Compilation`` and yields diagnostics. To add one, write it in a module of this folder and add it to
``CHECKS``. Checks of ``aws_batch.yml`` alone are in ``config_checks``; checks of any plan are in ``plan/checks``.
"""

from collections.abc import Callable, Iterator

from kedro_batch.compiler.checks.appends import check_appends
from kedro_batch.compiler.checks.boundaries import check_boundaries, check_transcoded_in_memory
from kedro_batch.compiler.checks.catalog_entries import check_classes, check_credentials
from kedro_batch.compiler.checks.dataset_state import check_caches, check_checkpoints, check_confirms, check_partitions
from kedro_batch.compiler.checks.inputs_and_outputs import (
    check_inputs,
    check_local_inputs,
    check_local_outputs,
    check_outputs,
    check_unknown_storage,
)
from kedro_batch.compiler.checks.job_definitions import check_declarations, check_moving
from kedro_batch.compiler.checks.limits import check_job_count, check_limits
from kedro_batch.compiler.checks.packages import check_own_package, check_packages
from kedro_batch.compiler.checks.parameters import (
    check_lost_parameters,
    check_parameters,
    check_unproved_parameters,
)
from kedro_batch.compiler.checks.placeholders import check_placeholders
from kedro_batch.compiler.checks.project import (
    check_commands,
    check_environment,
    check_node_names,
    check_run_command,
)
from kedro_batch.compiler.checks.run_hooks import check_run_hooks
from kedro_batch.compiler.checks.shared_places import check_local_places, check_shared_places
from kedro_batch.compiler.checks.unmatched_settings import (
    check_accept,
    check_datasets,
    check_max_workers,
    check_misnamed_files,
    check_not_secret,
    check_parameters_section,
    check_rules,
)
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.diagnostics import Diagnostic


def check_grouping(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield what was found while the nodes were grouped."""
    yield from compilation.grouped.diagnostics


CHECKS: tuple[Callable[[Compilation], Iterator[Diagnostic]], ...] = (
    check_environment,
    check_node_names,
    check_run_hooks,
    check_rules,
    check_datasets,
    check_accept,
    check_not_secret,
    check_misnamed_files,
    check_parameters_section,
    check_max_workers,
    check_grouping,
    check_commands,
    check_run_command,
    check_inputs,
    check_parameters,
    check_lost_parameters,
    check_unproved_parameters,
    check_boundaries,
    check_transcoded_in_memory,
    check_outputs,
    check_local_inputs,
    check_local_outputs,
    check_unknown_storage,
    check_confirms,
    check_checkpoints,
    check_caches,
    check_partitions,
    check_shared_places,
    check_local_places,
    check_classes,
    check_credentials,
    check_placeholders,
    check_packages,
    check_own_package,
    check_appends,
    check_declarations,
    check_moving,
    check_job_count,
    check_limits,
)


def check_compilation(compilation: Compilation) -> Iterator[Diagnostic]:
    """Run all checks."""
    for check in CHECKS:
        yield from check(compilation)
