"""The index of nodes selects what Kedro's own filter selects."""

import warnings
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from kedro_batch.compiler.commands import CommandBuilder, NotSelectable
from kedro_batch.compiler.node_selection import NodeIndex, split_names
from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.project.kedro_version import find_kedro_features
from kedro_batch.compiler.settings.batch_config import Settings
from kedro_batch.compiler.settings.rules import ResolvedSettings
from tests.support.projects import KEDRO_VERSION
from tests.support.random_nodes import NAMESPACES, TAGS, pipelines

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what older versions of Kedro import is deprecated by now
    from kedro.framework.cli.utils import split_node_names
    from kedro.pipeline import Pipeline, node

FEATURES = find_kedro_features(KEDRO_VERSION)


def kedro_split(text: str) -> list[str]:
    any_context: Any = None
    return split_node_names(any_context, None, text)


def kedro_pipeline(nodes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that namespaces are interrupted is no concern here
        return Pipeline(
            [
                node(
                    lambda *_: 1,
                    list(one.inputs) or None,
                    list(one.outputs),
                    name=one.name.removeprefix(f"{one.namespace}."),
                    namespace=one.namespace,
                    tags=one.tags,
                )
                for one in nodes
            ]
        )


def filtered(pipeline, **how):
    """Give the names that Kedro selects; what it refuses selects nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the same
        try:
            return {one.name for one in pipeline.filter(**how).nodes}
        except ValueError:
            return set()


@given(pipelines(), st.data())
def test_nodes_tags_and_namespaces_select_what_kedro_selects(nodes, data):
    index = NodeIndex(nodes, by_first_letters=not FEATURES.filters_namespaces)
    pipeline = kedro_pipeline(nodes)
    assert {one.name for one in pipeline.nodes} == index.names
    names = data.draw(st.lists(st.sampled_from([*sorted(index.names), "nowhere"]), min_size=1, max_size=4, unique=True))
    assert index.with_names(names) == filtered(pipeline, node_names=names)
    tags = data.draw(st.lists(st.sampled_from([*TAGS, "nowhere"]), min_size=1, max_size=2))
    assert index.with_tags(tags) == filtered(pipeline, tags=tags)
    namespace = data.draw(st.sampled_from([*filter(None, NAMESPACES), "c"]))
    how = {"node_namespaces": [namespace]} if FEATURES.filters_namespaces else {"node_namespace": namespace}
    assert index.in_namespace(namespace) == filtered(pipeline, **how)


@given(pipelines(), st.sampled_from([0, 1000]), st.data())
def test_kedro_selects_exactly_the_nodes_that_a_command_is_made_for(nodes, long_list, data):
    names = [node.name for node in nodes]
    parts = st.just(set(names)) | st.sets(st.sampled_from(names), min_size=1)
    chosen = {name: data.draw(parts) for name in data.draw(st.sampled_from([["one"], ["one", "two"], ["a", "b", "c"]]))}
    homes = {name: [node for node in nodes if node.name in part] for name, part in chosen.items()}
    reached = sorted(set().union(*chosen.values()))
    by_namespace = [{node.name for node in nodes if node.namespace == namespace} for namespace in NAMESPACES]
    by_tag = [{node.name for node in nodes if tag in node.tags} for tag in TAGS]
    by_name = data.draw(st.sets(st.sampled_from(reached), min_size=1))
    groups = [some & set(reached) for some in (by_name, *by_namespace, *by_tag)]
    some = data.draw(st.sampled_from([group for group in groups if group]))
    settings = Settings(defaults=ResolvedSettings.from_dict({}, None))
    commands = CommandBuilder(homes, CompileOptions(), settings, FEATURES)
    wanted = [node for node in nodes if node.name in some]
    try:
        words = commands.build(wanted, long_list=long_list)
    except NotSelectable:
        assert not FEATURES.combines_pipelines
        assert not any(some <= {node.name for node in home} for home in homes.values())
        return
    flags = dict(word.partition("=")[::2] for word in words[2:])
    run = flags.pop(FEATURES.pipeline_flag).split(",")
    assert run == list(homes) or not FEATURES.loads_pipelines_on_request
    event(", ".join(flags) or "the whole pipeline")
    pipeline = kedro_pipeline({node.name: node for name in run for node in homes[name]}.values())
    assert kedro_run(pipeline, flags) == some


def kedro_run(pipeline, flags):
    """Select as ``kedro run`` does with these flags."""
    if not flags:
        return {one.name for one in pipeline.nodes}
    ((flag, value),) = flags.items()
    match flag:
        case "--nodes":
            return filtered(pipeline, node_names=kedro_split(value))
        case "--tags":
            return filtered(pipeline, tags=value.split(","))
        case "--namespace":
            return filtered(pipeline, node_namespace=value)
        case _:
            return filtered(pipeline, node_namespaces=kedro_split(value))


NAME = st.text("ab._-", min_size=1, max_size=4)
UNNAMED = st.builds("{}([{};{}]) -> [{}]".format, NAME, NAME, NAME, NAME)


@given(st.lists(NAME | UNNAMED, min_size=1, max_size=5))
def test_lists_of_names_are_split_as_kedro_splits_them(names):
    assert split_names(",".join(names)) == kedro_split(",".join(names)) == names


@given(st.text("a,[]", max_size=8))
def test_a_list_that_kedro_takes_for_no_selection_is_refused(text):
    try:
        ours = split_names(text)
    except ValueError:
        return
    theirs = kedro_split(text)
    assert bool(theirs) or not ours
