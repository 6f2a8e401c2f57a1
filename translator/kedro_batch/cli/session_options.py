"""The options of ``compile`` that mean what a session of Kedro was called with, as Kedro tells hooks of it."""

from collections.abc import Mapping
from typing import Any

from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.params_file import ParamsFile, take_params
from kedro_batch.plan.model import Selection

_PARAMS = "--params"


def options_from_session(
    run_params: Mapping[str, Any], conf_source: str | None, target: Mapping[str, str]
) -> CompileOptions:
    """Return the options of a compilation.

    Args:
        run_params: What hooks get as ``run_params``, by the names of Kedro 0.19 or of 1.x.
        conf_source: Where the configuration is, as ``CompileOptions`` has it.
        target: Job queue and job definition that win over those of the files.

    Raises:
        ConfigError: Parameters cannot be given to jobs as they are.
    """
    return CompileOptions(
        pipelines=_names(run_params, "pipeline_names", "pipeline_name"),
        env=run_params.get("env") or None,
        conf_source=conf_source,
        params_file=_params(_first(run_params, "runtime_params", "extra_params")),
        load_versions=run_params.get("load_versions") or {},
        selection=Selection(
            nodes=_names(run_params, "node_names"),
            tags=_names(run_params, "tags"),
            namespaces=_names(run_params, "namespaces", "namespace"),
            from_nodes=_names(run_params, "from_nodes"),
            to_nodes=_names(run_params, "to_nodes"),
            from_inputs=_names(run_params, "from_inputs"),
            to_outputs=_names(run_params, "to_outputs"),
        ),
        target=target,
        for_runner=True,
    )


def _first(run_params: Mapping[str, Any], *fields: str) -> Any:
    """Return the first of these fields that has a value: each is one thing, as versions of Kedro call it."""
    return next((run_params[field] for field in fields if run_params.get(field)), None)


def _names(run_params: Mapping[str, Any], *fields: str) -> tuple[str, ...]:
    value = _first(run_params, *fields) or ()
    return (value,) if isinstance(value, str) else tuple(sorted(set(value)))


def _params(values: Mapping[str, Any] | None) -> ParamsFile | None:
    return take_params(_without_tuples(values), _PARAMS) if values else None


def _without_tuples(value: Any) -> Any:
    """Return parameters with the types that nodes get: the omegaconf of Kedro makes lists of tuples."""
    match value:
        case Mapping():
            return {name: _without_tuples(one) for name, one in value.items()}
        case list() | tuple():
            return [_without_tuples(one) for one in value]
        case _:
            return value
