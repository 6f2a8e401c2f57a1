import pytest

from kedro_batch.compiler.grouping_names import check_groupings, is_grouping


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("none", True),
        ("namespace", True),
        ("namespace:12", True),
        ("namespace:0", False),
        ("namespace:", False),
        ("tag:x", True),
        ("tag:", False),
        ("chain", True),
        ("memory", True),
        ("Memory", False),
        ("", False),
    ],
)
def test_groupings_are_spelled_exactly(text, known):
    assert is_grouping(text) == known


@pytest.mark.parametrize(
    ("groupings", "message"),
    [
        (["none"], None),
        (["namespace:2", "tag:x", "chain", "memory"], None),
        (["memory", "memory"], "memory must come last"),
        (["memory", "chain"], "memory must come last: a grouping after it could separate the nodes that it has joined"),
        (["none", "chain"], "none makes every node a job of its own: it cannot go with other groupings"),
        (
            ["tags:x"],
            "unknown grouping 'tags:x'. Choose one of: none, namespace, namespace:DEPTH, tag:PREFIX",
        ),
        (["namespaces", "x"], "unknown grouping 'namespaces', 'x'. Did you mean 'namespace' or 'namespace:DEPTH'? "),
        ([], None),
    ],
)
def test_groupings_must_exist_and_go_together(groupings, message):
    found = list(check_groupings(groupings))
    assert [text[: len(message or "")] for text in found] == ([message] if message else [])
