from kedro_batch.compiler.grouping import GroupingRules, group_nodes
from kedro_batch.compiler.nodes import ProjectNode


def node(name, inputs="", outputs="", tags="", namespace=None):
    return ProjectNode(
        name=name,
        inputs=tuple(inputs.split()),
        outputs=tuple(outputs.split()),
        tags=frozenset(tags.split()),
        namespace=namespace,
    )


def grouped(nodes, *groupings, apart=(), settings_key=lambda _: "same", names_limit=6000):
    """Group nodes; datasets that begin with ``m`` are in memory, nodes named ``apart`` fit into no job together."""
    rules = GroupingRules(
        is_in_memory=lambda name: name.startswith("m"),
        settings_key=settings_key,
        names_limit=lambda _: names_limit,
        find_conflict=lambda some: "they do not fit" if {one.name for one in some} >= set(apart) and apart else None,
    )
    grouping = group_nodes(sorted(nodes, key=lambda one: one.name), groupings, rules)
    groups = {group.label: " ".join(one.name for one in group.nodes) for group in grouping.groups}
    return groups, [(one.severity, one.code, one.message) for one in grouping.diagnostics]


def groups_of(nodes, *groupings, **how):
    groups, diagnostics = grouped(nodes, *groupings, **how)
    assert not [one for one in diagnostics if one[0] == "error"]
    return groups


CHAIN = [node("a", "", "x"), node("b", "x", "y"), node("c", "y", "z"), node("d", "y", "w")]


def test_without_a_grouping_every_node_is_a_job():
    assert groups_of(CHAIN) == {"a": "a", "b": "b", "c": "c", "d": "d"}


def test_namespaces_group_at_the_top_or_deeper():
    nodes = [
        node("one.deep.a", "", "x", namespace="one.deep"),
        node("one.b", "x", "y", namespace="one"),
        node("two.c", "y", "z", namespace="two"),
        node("d", "z", "w"),
    ]
    assert groups_of(nodes, "namespace") == {"one": "one.b one.deep.a", "two": "two.c", "d": "d"}
    assert groups_of(nodes, "namespace:2") == {"one.deep": "one.deep.a", "one": "one.b", "two": "two.c", "d": "d"}


def test_tags_group_by_their_beginning_and_a_node_with_two_is_refused():
    nodes = [node("a", tags="job_x other"), node("b", tags="job_x"), node("c", tags="other"), node("d", tags="job_y")]
    assert groups_of(nodes, "tag:job_") == {"job_x": "a b", "job_y": "d", "c": "c"}
    _, diagnostics = grouped([*nodes, node("e", tags="job_x job_y")], "tag:job_")
    ((code, message),) = [(code, message) for severity, code, message in diagnostics if severity == "error"]
    assert code == "invalid_grouping"
    assert message.startswith(
        "e: it has the tags job_x, job_y, but tag:job_ needs a single one. Remove the others, or use"
    )


def test_nodes_that_are_in_no_group_are_a_note():
    _, diagnostics = grouped([node("a", tags="job_x"), node("b", tags="job_x"), node("c")], "tag:job_")
    assert diagnostics == [
        ("note", "single_node_groups", "1 node is a job of its own, because tag:job_ does not group it: c")
    ]


def test_memory_joins_writers_and_readers_under_any_transcoded_name():
    nodes = [node("a", "", "m1"), node("b", "m1", "x"), node("c", "x", "m2@spark"), node("d", "m2@pandas", "y")]
    assert groups_of(nodes, "memory") == {"a": "a b", "c": "c d"}


def test_a_chain_joins_nodes_that_can_only_follow_one_another():
    assert groups_of(CHAIN, "chain") == {"a": "a b", "c": "c", "d": "d"}
    skipping = [node("a", "", "x"), node("b", "x", "y"), node("c", "x y", "z")]
    assert groups_of(skipping, "chain") == {"a": "a b c"}


def test_a_chain_joins_only_nodes_with_equal_settings():
    assert groups_of(CHAIN[:3], "chain", settings_key=lambda one: one.name == "c") == {"a": "a b", "c": "c"}


def test_a_chain_joins_only_nodes_that_one_command_can_run():
    assert groups_of(CHAIN[:3], "chain", apart="bc") == {"a": "a b", "c": "c"}


def test_a_chain_is_cut_where_no_command_could_run_it():
    straight = [node(name, f"{name}1" if name != "a" else "", f"{chr(ord(name) + 1)}1") for name in "abcdef"]
    assert groups_of(straight, "chain") == {"a": "a b c d e f"}
    assert groups_of(straight, "chain", names_limit=6) == {"a": "a b c", "d": "d e f"}
    assert groups_of(straight, "chain", apart="ac") == {"a": "a b", "c": "c d e f"}


def test_memory_comes_after_another_grouping_and_keeps_its_names():
    nodes = [
        node("b.one", "", "x", namespace="b"),
        node("b.two", "x", "m", namespace="b"),
        node("a_reader", "m", "y"),
        node("alone", "y", "z"),
    ]
    assert groups_of(nodes, "namespace", "memory") == {"b": "a_reader b.one b.two", "alone": "alone"}


BETWEEN = [
    node("ns.first", "", "x", namespace="ns"),
    node("between", "x", "y"),
    node("ns.last", "y", "z", namespace="ns"),
]


ROUND = "ns -(x)-> between -(y)-> ns"


def test_jobs_that_wait_for_each_other_are_joined_with_a_warning():
    groups, diagnostics = grouped(BETWEEN, "namespace")
    assert groups == {"ns": "between ns.first ns.last"}
    ((severity, code, message),) = diagnostics
    assert (severity, code) == ("warning", "merged_cycle")
    assert message.startswith(
        f"with namespace, 2 jobs would wait for each other: {ROUND}. They are now one job. To keep"
    )


def test_a_cycle_that_cannot_be_joined_is_refused_with_its_path():
    _, diagnostics = grouped(BETWEEN, "namespace", apart=("between", "ns.last"))
    (error,) = (one for one in diagnostics if one[0] == "error")
    assert error[1] == "group_cycle"
    assert f"{ROUND}. One job cannot run them all: they do not fit. Use another grouping" in error[2]


def test_a_group_that_no_job_can_run_is_refused():
    _, diagnostics = grouped(BETWEEN[::2], "namespace", apart=("ns.first", "ns.last"))
    assert diagnostics == [("error", "invalid_grouping", "ns: one job cannot run its nodes: they do not fit")]


def test_a_long_cycle_is_shortened():
    nodes = [node(f"ns{n:02}.in", f"x{n}", f"y{n}", namespace=f"ns{n:02}") for n in range(40)]
    nodes += [node(f"ns{n:02}.out", f"z{n}", f"x{(n + 1) % 40}", namespace=f"ns{n:02}") for n in range(40)]
    groups, diagnostics = grouped(nodes, "namespace")
    assert len(groups) == 1
    ((_, code, message),) = diagnostics
    assert code == "merged_cycle"
    assert "with namespace, 40 jobs would wait for each other: ns" in message
    assert "-> ... 28 more jobs ... -> ns" in message
    assert len(message) < 500


def test_memory_can_close_a_cycle_too():
    nodes = [node("a", "", "m x"), node("b", "x", "y"), node("c", "m y", "z")]
    groups, diagnostics = grouped(nodes, "memory")
    assert groups == {"a": "a b c"}
    ((severity, code, message),) = diagnostics
    assert (severity, code) == ("note", "merged_cycle")
    assert message == (
        "with memory, 2 jobs would wait for each other: b -(y)-> a + c -(x)-> b. They are now one job: what is only "
        "in memory, or confirmed, stays in one process"
    )


def test_a_job_of_many_nodes_is_named_by_some_of_them():
    parts = [node(f"c{number}", "m y", f"z{number}") for number in range(5)]
    _, ((_, _, message),) = grouped([node("a", "", "m x"), node("b", "x", "y"), *parts], "memory")
    assert ": b -(y)-> a + c0 + c1 and 3 more -(x)-> b." in message


def test_memory_closes_a_cycle_of_a_namespace_without_a_warning_too():
    nodes = [node("ns.a", "", "m x", namespace="ns"), node("b", "x", "y"), node("c", "m y", "z")]
    groups, diagnostics = grouped(nodes, "namespace", "memory")
    assert groups == {"ns": "b c ns.a"}
    assert ("note", "merged_cycle") in [one[:2] for one in diagnostics]


def test_three_thousand_nodes_are_grouped_without_recursion():
    chain = [node(f"n{i:05}", f"d{i}" if i else "", f"d{i + 1}") for i in range(3_000)]
    assert len(groups_of(chain, "chain")) == 4  # as many nodes as one command can name
    memory = [node(f"n{i:05}", f"m{i}" if i else "", f"m{i + 1}") for i in range(3_000)]
    assert len(groups_of(memory, "memory")) == 1
    around = [node(f"ns.n{i:05}", f"d{i}" if i else "", f"e{i}", namespace="ns") for i in range(1_500)]
    around += [node(f"x{i:05}", f"e{i}", f"d{i + 1}") for i in range(1_500)]
    assert len(groups_of(around, "namespace")) == 2
