"""The command of a job: ``kedro run`` with all that the container needs to select exactly its node."""

from kedro_batch.compiler.dialect import Dialect
from kedro_batch.compiler.project import DEFAULT_PIPELINE, CompileOptions, ProjectNode
from kedro_batch.compiler.settings import Settings


def node_command(node: ProjectNode, options: CompileOptions, settings: Settings, dialect: Dialect) -> tuple[str, ...]:
    """Spell the command word by word, each flag joined to its value by ``=``.

    A pipeline other than ``__default__`` is always named, because Kedro finds a node only in the pipeline
    that it runs. A load version goes to the nodes that read its dataset.
    """
    words = list(settings.command_prefix)
    if node.pipeline != DEFAULT_PIPELINE:
        words.append(f"{dialect.pipeline_flag}={node.pipeline}")
    if options.env:
        words.append(f"--env={options.env}")
    if settings.container_conf_source:
        words.append(f"--conf-source={settings.container_conf_source}")
    words.append(f"--nodes={node.name}")
    if options.params:
        words.append(f"--params={','.join(options.params)}")
    versions = [
        f"{name}:{options.load_versions[name]}" for name in sorted(node.inputs) if name in options.load_versions
    ]
    if versions:
        words.append(f"--load-versions={','.join(versions)}")
    return tuple(words)
