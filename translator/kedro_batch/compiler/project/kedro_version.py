"""Knows how the versions of Kedro differ: one place for all of it. A new version is added here. Pure.

Seen in the sources of the releases: ``--pipelines`` came with 1.2.0 and deprecated ``--pipeline``; from 1.5.0
Kedro imports only the requested pipelines; ``Pipeline.filter`` takes several namespaces since 1.0.0, and took
one before, by its first letters; until 0.19.5 a catch-all pattern of the catalog could lose to Kedro's own;
before 1.0.0 a run makes all named datasets of the catalog (``DataCatalog.from_config``).
0.19.7 and 0.19.8 are not supported: their ``kedro run`` ends with 0 when a node calls ``sys.exit(3)``.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KedroFeatures:
    """What one version of Kedro understands.

    Attributes:
        version: The version, such as ``"1.7.0"``.
        pipeline_flag: The flag of ``kedro run`` for the pipeline.
        combines_pipelines: That flag takes several pipelines, and runs them as one.
        namespace_flag: The flag of ``kedro run`` for a namespace.
        filters_namespaces: ``Pipeline.filter`` takes ``node_namespaces``, a list. Otherwise it takes one namespace,
            and selects ``lefty`` for ``left`` as well.
        catch_all_can_lose: A catch-all pattern that sorts behind ``{default}`` loses to it, and that is memory.
        checks_placeholders: The entry of a dataset factory may only use placeholders of its pattern, spelled alike.
        loads_pipelines_on_request: The registry imports only the requested pipelines.
        makes_every_dataset: A run makes all named datasets of the catalog, not only those of its nodes.
    """

    version: str
    pipeline_flag: str
    combines_pipelines: bool
    namespace_flag: str
    filters_namespaces: bool
    catch_all_can_lose: bool
    checks_placeholders: bool
    loads_pipelines_on_request: bool
    makes_every_dataset: bool


def find_kedro_features(version: str) -> KedroFeatures:
    """Return what a version of Kedro understands."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    return KedroFeatures(
        version=version,
        pipeline_flag="--pipelines" if numbers >= (1, 2) else "--pipeline",
        combines_pipelines=numbers >= (1, 2),
        namespace_flag="--namespaces" if numbers >= (1, 0) else "--namespace",
        filters_namespaces=numbers >= (1, 0),
        catch_all_can_lose=numbers < (0, 19, 6),
        checks_placeholders=numbers >= (0, 19, 9),
        loads_pipelines_on_request=numbers >= (1, 5),
        makes_every_dataset=numbers < (1, 0),
    )
