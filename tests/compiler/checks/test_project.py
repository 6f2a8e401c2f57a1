from kedro_batch.compiler.nodes import ProjectNode
from tests.compiler.compilations import compile_nodes, parse_node


def test_a_missing_default_environment_is_a_note():
    (one,) = compile_nodes(
        [parse_node("raw -> d_a", "clean")], missing_env_folder="conf/local", strict=True
    ).diagnostics
    assert (one.severity, one.code, one.source) == ("note", "missing_environment", "conf/local")
    assert one.message.endswith("`kedro run` fails there: add an empty folder, or compile with --env=base")


def test_a_default_environment_that_is_left_out_of_images_is_a_note():
    for left_out_by, todo in (("git", "git add -f conf/local/.gitkeep"), (".dockerignore", "!conf/local/.gitkeep")):
        nodes = [parse_node("raw -> d_a", "clean")]
        (one,) = compile_nodes(nodes, left_out_env_folder=("conf/local", left_out_by), strict=True).diagnostics
        assert (one.severity, one.code, one.source) == ("note", "missing_environment", "conf/local")
        assert todo in one.message
        assert one.message.endswith(", or compile with --env=base")


def test_nodes_without_names_are_one_note():
    nodes = [parse_node("raw ->", f"f{number}", named=False) for number in range(7)]
    (one,) = compile_nodes([*nodes, parse_node("raw -> d_a", "clean")]).diagnostics
    assert (one.severity, one.code) == ("note", "unnamed_nodes")
    assert one.message.startswith("7 of 8 have no name of their own. Kedro makes")
    assert one.message.endswith(": f0, f1, f2, f3, f4 and 2 more")
    assert one.about == {"nodes": tuple(f"f{number}" for number in range(7))}


def test_a_job_that_no_command_selects_is_refused():
    odd = [ProjectNode(name=name, inputs=("raw",), outputs=()) for name in ("a,b", "c")]
    (one,) = compile_nodes(odd).diagnostics
    assert (one.severity, one.source) == ("error", "job a-b")
    assert one.message == "`kedro run --nodes=a,b` would not select these nodes: give them simpler names"
