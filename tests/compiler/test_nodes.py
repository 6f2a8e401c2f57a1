from kedro_batch.compiler.nodes import ProjectNode, find_node_parents


def node(name: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> ProjectNode:
    return ProjectNode(name=name, inputs=inputs, outputs=outputs)


def test_dependencies_run_through_transcoded_names():
    nodes = [node("write", (), ("table@spark",)), node("read", ("table@pandas", "params:table"), ("out",))]
    assert find_node_parents(nodes) == {"write": set(), "read": {"write"}}


def test_an_input_that_no_selected_node_writes_is_no_dependency():
    assert find_node_parents([node("read", ("raw",), ("out",))]) == {"read": set()}
