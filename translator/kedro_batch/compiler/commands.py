"""The command of a job: ``kedro run`` with all that the container needs to select exactly its nodes.

What a command selects is evaluated here, by an index of each pipeline, before it goes into a plan.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kedro_batch.compiler.batch_config import Settings
from kedro_batch.compiler.kedro_version import Dialect
from kedro_batch.compiler.node_selection import NodeIndex
from kedro_batch.compiler.nodes import DEFAULT_PIPELINE, CompileOptions, ProjectNode, namespaces_of, split_names

LONG_LIST = 1000
"""Characters of a list of nodes above which a namespace or a tag that selects the same is easier to read: about eight
lines of a plan."""


class Unreachable(ValueError):  # noqa: N818  an outcome that the caller reports with its place
    """No command selects exactly these nodes."""


class Commands:
    """Spells the commands of one compilation."""

    def __init__(
        self,
        pipelines: Mapping[str, Sequence[ProjectNode]],
        options: CompileOptions,
        settings: Settings,
        dialect: Dialect,
        long_list: int = LONG_LIST,
    ) -> None:
        """Take the pipelines that commands may name, in the order in which they are preferred."""
        self._long_list = long_list
        self._dialect = dialect
        self._indexes: dict[tuple[str, ...], NodeIndex] = {
            (name,): self._index(nodes) for name, nodes in pipelines.items()
        }
        self._pipelines = pipelines
        self._options = options
        self._settings = settings

    def _index(self, nodes: Iterable[ProjectNode]) -> NodeIndex:
        return NodeIndex(nodes, by_first_letters=not self._dialect.filters_namespaces)

    def reach(self, names: frozenset[str]) -> tuple[str, ...] | None:
        """Name the pipelines that have all of these nodes: one, or several where Kedro can run them together."""
        for one in self._pipelines:
            if names <= self._indexes[one,].names:
                return (one,)
        if not self._dialect.combines_pipelines:
            return None
        chosen: list[str] = []
        for name in sorted(names):
            having = [one for one in self._pipelines if name in self._indexes[one,].names]
            if not having:
                return None
            if not set(having) & set(chosen):
                chosen.append(having[0])
        home = tuple(one for one in self._pipelines if one in chosen)
        if home not in self._indexes:
            self._indexes[home] = self._index(node for one in home for node in self._pipelines[one])
        return home

    def command(self, nodes: Sequence[ProjectNode], runner: str | None = None) -> tuple[str, ...]:
        """Spell a command word by word, each flag joined to its value by ``=``.

        A pipeline other than ``__default__`` is always named, because Kedro finds a node only in the pipelines
        that it runs. A load version goes to the nodes that read its dataset.

        Raises:
            Unreachable: There is none that selects exactly these nodes.
        """
        names = frozenset(node.name for node in nodes)
        home = self.reach(names)
        if home is None:
            raise Unreachable(f"no pipeline has all the nodes of this job: {', '.join(sorted(names))}")
        options = self._options
        words = list(self._settings.command_prefix)
        if home != (DEFAULT_PIPELINE,):
            words.append(f"{self._dialect.pipeline_flag}={','.join(home)}")
        if options.env:
            words.append(f"--env={options.env}")
        if self._settings.container_conf_source:
            words.append(f"--conf-source={self._settings.container_conf_source}")
        words += self._selecting(nodes, home)
        if runner and len(nodes) > 1:
            words.append(f"--runner={runner}")
        if options.params:
            words.append(f"--params={','.join(options.params)}")
        read = {name for node in nodes for name in node.inputs}
        versions = [f"{name}:{version}" for name, version in sorted(options.load_versions.items()) if name in read]
        if versions:
            words.append(f"--load-versions={','.join(versions)}")
        return tuple(words)

    def _selecting(self, nodes: Sequence[ProjectNode], home: tuple[str, ...]) -> list[str]:
        index = self._indexes[home]
        names = frozenset(node.name for node in nodes)
        by_name = f"--nodes={','.join(sorted(names))}"
        if len(by_name) > self._long_list or index.with_names(_split(by_name)) != names:
            # Pipelines that run together may have copies of a node with other tags: which of them counts is open.
            for word in self._shorter(names, home) if len(home) == 1 else ():
                return [word]
            if names == index.names:
                return []  # the whole pipeline
        if index.with_names(_split(by_name)) != names:
            raise Unreachable(f"`kedro run` would not take {by_name} for these nodes: give them names of their own")
        return [by_name]

    def _shorter(self, names: frozenset[str], home: tuple[str, ...]) -> Iterator[str]:
        """Give the namespaces and tags that select exactly these nodes of a pipeline."""
        index = self._indexes[home]
        nodes = [node for node in self._pipelines[home[0]] if node.name in names]
        shared = frozenset.intersection(*(frozenset(namespaces_of(node.namespace)) for node in nodes))
        for namespace in sorted(shared, key=lambda one: (len(one), one)):
            word = f"{self._dialect.namespace_flag}={namespace}"
            if _split(word) == [namespace] and index.in_namespace(namespace) == names:
                yield word
        for tag in sorted(frozenset.intersection(*(node.tags for node in nodes))):
            if tag == tag.strip() and "," not in tag and index.with_tags([tag]) == names:
                yield f"--tags={tag}"


def _split(word: str) -> list[str]:
    """Split a flag's value as ``kedro run`` does; what it cannot split selects nothing."""
    try:
        return split_names(word.partition("=")[2])
    except ValueError:
        return []
