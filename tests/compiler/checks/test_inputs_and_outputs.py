import pytest

from tests.compiler.compilations import compile_nodes, parse_node


def diagnose(*nodes, settings=None, **how):
    found = compile_nodes(nodes, settings, **how).diagnostics
    return [(str(one.severity), str(one.code), one.source) for one in found]


@pytest.mark.parametrize(
    ("entry", "missing"),
    [
        (None, True),
        ({"type": "MemoryDataset"}, True),
        ({"type": "MemoryDataset", "data": 5}, False),  # the catalog itself has the data
        ({"type": "json.JSONDataset", "filepath": "data/in.json"}, False),  # it may be in the image
        ({"type": "my.Dataset"}, False),
    ],
)
def test_an_input_must_be_stored(entry, missing):
    catalog = {"d_{x}": {"type": "T", "filepath": "s3://b/{x}"}} | ({"in": entry} if entry else {})
    expected = [("error", "missing_input", "in")] if missing else []
    assert diagnose(parse_node("in -> d_out", "use"), catalog=catalog) == expected


def test_an_input_that_a_hook_adds_is_declared():
    use = parse_node("in -> d_out", "use")
    assert diagnose(use, settings={"datasets": {"in": "shared"}}) == []
    (one,) = compile_nodes([use]).diagnostics
    assert one.message == (
        "no selected node writes it, and it is not stored: it has no catalog entry. use reads it. Add an entry to "
        "conf/base/catalog.yml. Hooks do not run while compiling: if one adds it, write in: shared in aws_batch.yml, "
        "under datasets"
    )


def test_an_output_in_memory_that_no_node_reads_is_lost():
    assert diagnose(parse_node("raw -> out", "make")) == [("warning", "unstored_output", "out")]
    assert diagnose(parse_node("raw -> d_out", "make")) == []
    assert diagnose(parse_node("raw -> out", "make"), settings={"datasets": {"o*": "shared"}}) == []


@pytest.mark.parametrize(
    ("name", "parameters", "known"),
    [
        ("params:a", [{"a": 1}], True),
        ("params:a.b", [{"a": {"b": None}}], True),
        ("params:a", [{"a": {"b": 1}}], True),
        ("params:a.b", [{"a": 1}], False),
        ("params:a.b", [{}, {"a": {"b": 1}}], True),  # of the command line
        ("params:1", [{1: 2}], True),
        ("params:a.b", [{"a.b": 1}], True),
        ("parameters", [{}], True),
    ],
)
def test_a_parameter_must_be_in_the_configuration(name, parameters, known):
    expected = [] if known else [("error", "missing_input", name)]
    assert diagnose(parse_node(f"raw {name} -> d_out", "use"), parameters=parameters) == expected


def test_a_missing_parameter_is_named_with_near_names_and_what_to_do():
    nodes = [parse_node("raw params:model.rows -> d_out", "use")]
    (one,) = compile_nodes(nodes, parameters=[{"model": {"rosw": 5}}]).diagnostics
    assert one.message == (
        "the configuration has no parameter 'model.rows'. Did you mean 'params:model.rosw' or 'params:model'? use "
        "reads it. Write it in conf/base/parameters.yml, or pass it with --params. Hooks do not run while compiling: "
        'if one adds it, write "params:model.rows": shared in aws_batch.yml, under datasets'
    )
    for pattern in ("params:model.rows", "params:*"):
        assert not compile_nodes(nodes, {"datasets": {pattern: "shared"}}).diagnostics
