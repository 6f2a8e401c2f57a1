"""Takes what ``doctor`` checks of a project beside its plan out of a compilation."""

from kedro_batch.cloud.checks.project_facts import ProjectFacts
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.data.s3_places import find_s3_places
from kedro_batch.diagnostics import Code


def find_project_facts(compilation: Compilation) -> ProjectFacts:
    """Return what checks of an account need of the project that was compiled."""
    packages = compilation.inputs.packages
    places = find_s3_places(compilation.dataset_uses, compilation.inputs.catalog, compilation.storages)
    return ProjectFacts(
        places=tuple(places),
        package_files=packages.files if packages else (),
        unlisted_packages=tuple(one.message for one in compilation.diagnostics if one.code is Code.UNLISTED_PACKAGE),
    )
