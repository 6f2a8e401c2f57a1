"""The options of ``compile`` that select pipelines, nodes and configuration, spelled as ``kedro run`` spells them."""

from typing import Any

import click


def _comma_separated(_: click.Context, __: click.Parameter, text: str) -> tuple[str, ...]:
    """Split as ``kedro run`` does, and sort."""
    from kedro_batch.compiler.node_selection import split_names  # noqa: PLC0415  --help works without the compiler

    try:
        return tuple(sorted(set(split_names(text))))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _key_values(_: click.Context, __: click.Parameter, text: str) -> tuple[str, ...]:
    items = [item.strip() for item in text.split(",") if item.strip()]
    for item in items:
        key, equals, _value = item.partition("=")
        if not equals or not key.strip():
            raise click.BadParameter(f"{item!r} is not of the form key=value")
    return tuple(items)


def _versions(_: click.Context, __: click.Parameter, text: str) -> dict[str, str]:
    pairs = [item.strip().partition(":") for item in text.split(",") if item.strip()]
    for name, colon, version in pairs:
        if not (name and colon and version):
            raise click.BadParameter(f"{name + colon + version!r} is not of the form dataset:version")
        if version in (".", "..") or "/" in version or "\\" in version:
            raise click.BadParameter(f"the version {version!r} is a path, but Kedro takes the name of one folder")
    return {name: version for name, _colon, version in pairs}


_SELECTION = (
    click.option("--pipelines", "--pipeline", "-p", default="", callback=_comma_separated, metavar="NAMES"),
    click.option("--env", "-e", default=None, metavar="ENV"),
    click.option("--conf-source", default=None, metavar="DIR"),
    click.option("--params", default="", callback=_key_values, metavar="KEY=VALUE,..."),
    click.option("--params-file", default=None, metavar="FILE"),
    click.option("--nodes", "-n", default="", callback=_comma_separated, metavar="NAMES"),
    click.option("--tags", "-t", default="", callback=_comma_separated, metavar="TAGS"),
    click.option("--namespaces", "--namespace", "-ns", default="", callback=_comma_separated, metavar="NAMES"),
    click.option("--from-nodes", default="", callback=_comma_separated, metavar="NAMES"),
    click.option("--to-nodes", default="", callback=_comma_separated, metavar="NAMES"),
    click.option("--from-inputs", default="", callback=_comma_separated, metavar="DATASETS"),
    click.option("--to-outputs", default="", callback=_comma_separated, metavar="DATASETS"),
    click.option("--load-versions", "-lv", default="", callback=_versions, metavar="DATASET:VERSION,..."),
)
_SELECTION_HELP = {
    "pipelines": "Registered pipelines to compile. Default: __default__.",
    "env": "Configuration environment, of this compilation and of every job. Default: KEDRO_ENV.",
    "conf_source": "Where the configuration is. For the jobs, set container_conf_source.",
    "params": "Extra parameters, passed to every job, over those of --params-file.",
    "params_file": "A YAML or JSON file of extra parameters, passed to every job; - is standard input.",
    "nodes": "Only these nodes.",
    "tags": "Only nodes with any of these tags.",
    "namespaces": "Only nodes in these namespaces.",
    "from_nodes": "Only these nodes and those after them.",
    "to_nodes": "Only these nodes and those before them.",
    "from_inputs": "Only nodes that need these datasets.",
    "to_outputs": "Only nodes that these datasets need.",
    "load_versions": "Versions to load, passed to the jobs that read these datasets.",
}


def selection_options(command: Any) -> Any:
    """Add the options that select pipelines, nodes and configuration."""
    for option in reversed(_SELECTION):
        command = option(command)
    for parameter in getattr(command, "__click_params__", ()):
        if parameter.name in _SELECTION_HELP:
            parameter.help = _SELECTION_HELP[parameter.name]
    return command
