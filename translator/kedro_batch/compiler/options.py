"""The options of one compilation, as the command line hands them over."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kedro_batch.compiler.params_file import ParamsFile
from kedro_batch.plan.model import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileOptions:
    """The options of one compilation, spelled as ``kedro run`` spells them.

    Attributes:
        pipelines: Registered names; empty for ``__default__``.
        env: The configuration environment; None for the project's default.
        conf_source: Where the configuration is: a URL, a path relative to the project's folder if it is inside, or
            an absolute path; None for the project's own.
        params: ``key=value`` pairs.
        params_file: The file of parameters, over which those of ``params`` are merged; None if there is none.
        load_versions: Dataset name to version.
        selection: The flags that select nodes.
        group_by: The groupings that make jobs of nodes; None for those of the configuration.
        image: The image of the job definitions that the settings declare; None for that of the settings.
        new_env: The environment may have no folder yet; it is empty then.
        target: Job queue and job definition of the runner's arguments, which win over those of the files.
        for_runner: The plan is for the runner, which applies it at once: it heeds ``max_workers``, and refuses results
            that are not in the catalog.
        verbose: Show Kedro's log.
    """

    pipelines: tuple[str, ...] = ()
    env: str | None = None
    conf_source: str | None = None
    params: tuple[str, ...] = ()
    params_file: ParamsFile | None = None
    load_versions: Mapping[str, str] = field(default_factory=dict)
    selection: Selection = field(default_factory=Selection)
    group_by: tuple[str, ...] | None = None
    image: str | None = None
    new_env: bool = False
    target: Mapping[str, str] = field(default_factory=dict)
    for_runner: bool = False
    verbose: bool = False
