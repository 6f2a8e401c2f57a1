"""Builds the command of a job: ``kedro run`` with the flags that select exactly its nodes. Pure.

Every command is evaluated by an index of its pipeline before it goes into a plan: it must select these nodes and no
others. Where Kedro loads pipelines on request, a command asks for all pipelines that are compiled: a registry may make
other nodes of less, and what it makes depends on the modules that are imported.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kedro_batch.compiler.node_selection import NodeIndex, split_names
from kedro_batch.compiler.nodes import DEFAULT_PIPELINE, ProjectNode, enclosing_namespaces
from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.project.kedro_version import KedroFeatures
from kedro_batch.compiler.settings.batch_config import Settings

LONG_LIST = 1000
"""If a list of nodes has more characters, a namespace or a tag that selects the same nodes is easier to read. That is
about eight lines of a plan."""


class NotSelectable(ValueError):  # noqa: N818  an outcome that a check reports with the job
    """No command selects exactly these nodes."""


class CommandBuilder:
    """Builds the commands of one compilation."""

    def __init__(
        self,
        pipelines: Mapping[str, Sequence[ProjectNode]],
        options: CompileOptions,
        settings: Settings,
        features: KedroFeatures,
    ) -> None:
        """Index the pipelines that commands may name; the first ones are preferred."""
        self._features = features
        self._indexes: dict[tuple[str, ...], NodeIndex] = {
            (name,): self._index(nodes) for name, nodes in pipelines.items()
        }
        self._pipelines = pipelines
        self._options = options
        self._settings = settings

    def _index(self, nodes: Iterable[ProjectNode]) -> NodeIndex:
        return NodeIndex(nodes, by_first_letters=not self._features.filters_namespaces)

    def find_pipelines(self, names: frozenset[str]) -> tuple[str, ...] | None:
        """Return the pipelines to ask for, which have all of these nodes: one, or several if Kedro can combine them."""
        if self._features.loads_pipelines_on_request:
            return self._combine(self._pipelines, names)
        for one in self._pipelines:
            if names <= self._indexes[one,].names:
                return (one,)
        if not self._features.combines_pipelines:
            return None
        chosen: list[str] = []
        for name in sorted(names):
            having = [one for one in self._pipelines if name in self._indexes[one,].names]
            if not having:
                return None
            if not set(having) & set(chosen):
                chosen.append(having[0])
        return self._combine((one for one in self._pipelines if one in chosen), names)

    def _combine(self, pipelines: Iterable[str], names: frozenset[str]) -> tuple[str, ...] | None:
        """Return pipelines that run together, if they have these nodes."""
        together = tuple(pipelines)
        if together not in self._indexes:
            self._indexes[together] = self._index(node for one in together for node in self._pipelines[one])
        return together if names <= self._indexes[together].names else None

    def build(
        self, nodes: Sequence[ProjectNode], runner: str | None = None, long_list: int = LONG_LIST
    ) -> tuple[str, ...]:
        """Return the words of a command, each flag joined to its value by ``=``; the plan adds the parameters.

        A pipeline other than ``__default__`` is always named, because Kedro finds nodes only in the pipelines
        that it runs. A load version is given only to nodes that read its dataset.

        Raises:
            NotSelectable: No command selects exactly these nodes.
        """
        names = frozenset(node.name for node in nodes)
        pipelines = self.find_pipelines(names)
        if pipelines is None:
            raise NotSelectable(f"no pipeline has all the nodes of this job: {', '.join(sorted(names))}")
        options = self._options
        words = list(self._settings.command_prefix)
        if pipelines != (DEFAULT_PIPELINE,):
            words.append(f"{self._features.pipeline_flag}={','.join(pipelines)}")
        if options.env:
            words.append(f"--env={options.env}")
        if self._settings.container_conf_source:
            words.append(f"--conf-source={self._settings.container_conf_source}")
        words += self._selection_words(nodes, pipelines, long_list)
        if runner and len(nodes) > 1:
            words.append(f"--runner={runner}")
        read = {name for node in nodes for name in node.inputs}
        versions = [f"{name}:{version}" for name, version in sorted(options.load_versions.items()) if name in read]
        if versions:
            words.append(f"--load-versions={','.join(versions)}")
        return tuple(words)

    def _selection_words(self, nodes: Sequence[ProjectNode], pipelines: tuple[str, ...], long_list: int) -> list[str]:
        index = self._indexes[pipelines]
        names = frozenset(node.name for node in nodes)
        by_name = f"--nodes={','.join(sorted(names))}"
        if len(by_name) > long_list or index.with_names(_split(by_name)) != names:
            for word in self._shorter_words(names, pipelines):
                return [word]
            if names == index.names:
                return []  # the whole pipeline
        if index.with_names(_split(by_name)) != names:
            raise NotSelectable(f"`kedro run {by_name}` would not select these nodes: give them simpler names")
        return [by_name]

    def _shorter_words(self, names: frozenset[str], pipelines: tuple[str, ...]) -> Iterator[str]:
        """Yield the flags with a namespace or a tag that selects exactly these nodes of pipelines that run together."""
        index = self._indexes[pipelines]
        nodes = [node for one in pipelines for node in self._pipelines[one] if node.name in names]
        shared = frozenset.intersection(*(frozenset(enclosing_namespaces(node.namespace)) for node in nodes))
        for namespace in sorted(shared, key=lambda one: (len(one), one)):
            word = f"{self._features.namespace_flag}={namespace}"
            if _split(word) == [namespace] and index.in_namespace(namespace) == names:
                yield word
        if not self._has_equal_copies(pipelines):
            return
        for tag in sorted(frozenset.intersection(*(node.tags for node in nodes))):
            if tag == tag.strip() and "," not in tag and index.with_tags([tag]) == names:
                yield f"--tags={tag}"

    def _has_equal_copies(self, pipelines: tuple[str, ...]) -> bool:
        """True if all copies of a node in these pipelines have the same tags: otherwise either copy may count."""
        tags: dict[str, frozenset[str]] = {}
        every = (node for one in pipelines for node in self._pipelines[one])
        return len(pipelines) == 1 or all(tags.setdefault(node.name, node.tags) == node.tags for node in every)


def _split(word: str) -> list[str]:
    """Split a flag's value as ``kedro run`` does; a value that it cannot split selects nothing."""
    try:
        return split_names(word.partition("=")[2])
    except ValueError:
        return []
