"""The index of nodes selects what Kedro's own filter selects."""

import warnings
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.compiler.dialect import dialect_of
from kedro_batch.compiler.project import split_names
from kedro_batch.compiler.selection import NodeIndex
from tests.support.projects import KEDRO_VERSION
from tests.support.random_nodes import NAMESPACES, TAGS, pipelines

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what older versions of Kedro import is deprecated by now
    from kedro.framework.cli.utils import split_node_names
    from kedro.pipeline import Pipeline, node

DIALECT = dialect_of(KEDRO_VERSION)


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
    index = NodeIndex(nodes, by_first_letters=not DIALECT.filters_namespaces)
    pipeline = kedro_pipeline(nodes)
    assert {one.name for one in pipeline.nodes} == index.names
    names = data.draw(st.lists(st.sampled_from([*sorted(index.names), "nowhere"]), min_size=1, max_size=4, unique=True))
    assert index.with_names(names) == filtered(pipeline, node_names=names)
    tags = data.draw(st.lists(st.sampled_from([*TAGS, "nowhere"]), min_size=1, max_size=2))
    assert index.with_tags(tags) == filtered(pipeline, tags=tags)
    namespace = data.draw(st.sampled_from([*filter(None, NAMESPACES), "c"]))
    how = {"node_namespaces": [namespace]} if DIALECT.filters_namespaces else {"node_namespace": namespace}
    assert index.in_namespace(namespace) == filtered(pipeline, **how)


NAME = st.text("ab._-", min_size=1, max_size=4)
UNNAMED = st.builds("{}([{};{}]) -> [{}]".format, NAME, NAME, NAME, NAME)


@given(st.lists(NAME | UNNAMED, min_size=1, max_size=5))
def test_lists_of_names_are_split_as_kedro_splits_them(names):
    assert split_names(",".join(names)) == kedro_split(",".join(names)) == names


@given(st.text("a,[]", max_size=8))
def test_what_kedro_would_take_for_no_selection_at_all_is_refused(text):
    try:
        ours = split_names(text)
    except ValueError:
        return
    theirs = kedro_split(text)
    assert bool(theirs) or not ours
