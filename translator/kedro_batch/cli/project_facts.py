"""What ``doctor`` checks of a project beside its plan, as plain values: the compiler knows it, and checks do not ask it."""

from kedro_batch.cloud.checks.project_facts import DataPlace, ProjectFacts
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.data.s3_places import find_s3_places
from kedro_batch.diagnostics import Code


def find_project_facts(compilation: Compilation) -> ProjectFacts:
    """Return what checks of an account need of a project that was compiled."""
    places = find_s3_places(compilation.dataset_uses, compilation.inputs.catalog, compilation.storages)
    packages = compilation.inputs.packages
    return ProjectFacts(
        places=tuple(
            DataPlace(
                dataset=place.dataset,
                bucket=place.bucket,
                key=place.key,
                readers=place.readers,
                writers=place.writers,
                own_access=place.own_access,
            )
            for place in places
        ),
        package_files=packages.files if packages else (),
        unlisted_packages=tuple(one.message for one in compilation.diagnostics if one.code is Code.UNLISTED_PACKAGE),
    )
