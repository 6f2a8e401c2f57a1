"""How the versions of Kedro differ, in one place.

Seen in the sources of the releases: ``--pipelines`` came with 1.2.0 and deprecated ``--pipeline``; from 1.5.0
it imports only the pipelines that are asked for; ``Pipeline.filter`` takes several namespaces since 1.0.0.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What one version of Kedro understands.

    Attributes:
        version: The version, such as ``"1.7.0"``.
        pipeline_flag: How ``kedro run`` is told the pipeline.
        filters_namespaces: ``Pipeline.filter`` takes ``node_namespaces``, a list.
        loads_pipelines_on_request: The registry imports only the pipelines that are asked for.
    """

    version: str
    pipeline_flag: str
    filters_namespaces: bool
    loads_pipelines_on_request: bool


def dialect_of(version: str) -> Dialect:
    """Tell what a version of Kedro understands."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    return Dialect(
        version=version,
        pipeline_flag="--pipelines" if numbers >= (1, 2) else "--pipeline",
        filters_namespaces=numbers >= (1, 0),
        loads_pipelines_on_request=numbers >= (1, 5),
    )
