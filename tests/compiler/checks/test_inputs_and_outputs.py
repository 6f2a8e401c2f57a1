import pytest

from tests.compiler.compilations import CATALOG, compile_nodes, parse_node


def diagnose(*nodes, settings=None, **how):
    found = compile_nodes(nodes, settings, **how).diagnostics
    return [(str(one.severity), str(one.code), one.source) for one in found]


@pytest.mark.parametrize(
    ("entry", "missing"),
    [
        (None, True),
        ({"type": "MemoryDataset"}, True),
        ({"type": "MemoryDataset", "data": 5}, False),  # the catalog itself has the data
        ({"type": "my.MemoryDatasetWithDefault"}, False),  # the class may have the data
        ({"type": "json.JSONDataset", "filepath": "s3://b/in.json"}, False),
    ],
)
def test_an_input_must_be_stored(entry, missing):
    catalog = {"d_{x}": {"type": "my.Dataset", "filepath": "s3://b/{x}"}} | ({"in": entry} if entry else {})
    expected = [("error", "missing_input", "in")] if missing else []
    assert diagnose(parse_node("in -> d_out", "use"), catalog=catalog) == expected


def test_an_input_that_a_hook_adds_is_declared():
    use = parse_node("in -> d_out", "use")
    assert diagnose(use, settings={"datasets": {"in": "shared"}}) == []
    (one,) = compile_nodes([use]).diagnostics
    assert one.message == "no selected node writes it, and it is not stored: it has no catalog entry. use reads it"
    assert one.advice == (
        "Add an entry to conf/base/catalog.yml. Hooks do not run while compiling: declare what they add in "
        "aws_batch.yml, under datasets, such as NAME: shared"
    )


LOCAL = {"type": "json.JSONDataset", "filepath": "data/01_raw/x.json", "save_args": {"indent": 2}}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [("warning", "local_input", "in"), ("warning", "local_output", "out")]),
        ({"shared_paths": ["data"]}, []),
        ({"image_paths": ["data/01_raw"]}, [("warning", "local_output", "out")]),
        ({"image_paths": ["data/02"]}, [("warning", "local_input", "in"), ("warning", "local_output", "out")]),
        ({"datasets": {"*": "shared"}}, []),
        ({"accept": ["local_input"]}, [("warning", "local_output", "out"), ("note", "local_input", "in")]),
        ({"accept": {"local_input": ["i*"]}}, [("warning", "local_output", "out"), ("note", "local_input", "in")]),
        (
            {"accept": {"local_input": ["out"], "local_output": ["in"]}},
            [("warning", "local_input", "in"), ("warning", "local_output", "out")],
        ),
    ],
)
def test_inputs_and_results_on_a_disk_of_one_container(settings, expected):
    catalog = {"in": LOCAL, "out": LOCAL | {"filepath": "data/01_raw/y.json"}}
    assert diagnose(parse_node("in -> out", "use"), settings=settings, catalog=catalog) == expected


def test_what_one_job_writes_and_reads_may_stay_in_its_container():
    nodes = [parse_node("raw -> x", "a"), parse_node("x -> d_out", "b")]
    catalog = CATALOG | {"x": LOCAL}
    assert diagnose(*nodes, settings={"group_by": "chain"}, catalog=catalog) == []


def test_an_entry_to_paste_keeps_type_and_options_and_moves_the_place_alone():
    (one,) = compile_nodes([parse_node("in -> d_out", "use")], catalog=CATALOG | {"in": LOCAL}).diagnostics
    assert one.remedy == (
        "in:\n  type: json.JSONDataset\n  filepath: s3://my-bucket/data/01_raw/x.json\n  save_args:\n    indent: 2\n"
    )


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ({"type": "json.JSONDataset", "filepath": "/abs/x"}, "filepath: s3://my-bucket/abs/x"),
        ({"type": "json.JSONDataset", "filepath": "file:///abs/x"}, "filepath: s3://my-bucket/abs/x"),
        ({"type": "json.JSONDataset", "filepath": "./data/../x"}, "filepath: s3://my-bucket/x"),
        (
            {"type": "CachedDataset", "dataset": {"type": "json.JSONDataset", "filepath": "x"}},
            "  dataset:\n    type: json.JSONDataset\n    filepath: s3://my-bucket/x",
        ),
        (
            {
                "type": "partitions.PartitionedDataset",
                "path": "x",
                "dataset": {"type": "json.JSONDataset", "load_args": {"a": 1}},
            },
            "path: s3://my-bucket/x",
        ),
    ],
)
def test_an_entry_to_paste_finds_the_place_wherever_it_stands(entry, place):
    (one,) = compile_nodes([parse_node("in -> d_out", "use")], catalog=CATALOG | {"in": entry}).diagnostics
    assert place in one.remedy


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "json.JSONDataset", "con": "sqlite:///x.db", "table_name": "t"},
        {"type": "json.JSONDataset", "filepath": "x", "credentials": {"key": "k"}},
        {"type": "json.JSONDataset", "filepath": "x", "load_args": {"dtype": object()}},
    ],
)
def test_what_cannot_be_moved_as_it_is_written_has_no_entry(entry):
    (one,) = compile_nodes([parse_node("in -> d_out", "use")], catalog=CATALOG | {"in": entry}).diagnostics
    assert (one.code, one.remedy) == ("local_input", "")


def test_names_of_one_pattern_have_one_entry():
    catalog = CATALOG | {"{name}_csv": {"type": "pandas.CSVDataset", "filepath": "data/{name}.csv"}}
    found = compile_nodes([parse_node("a_csv b_csv -> d_out", "use")], catalog=catalog).diagnostics
    assert {one.remedy for one in found} == {
        '"{name}_csv":\n  type: pandas.CSVDataset\n  filepath: s3://my-bucket/data/{name}.csv\n'
    }


@pytest.mark.parametrize("data", ["own -> d_out", "raw -> own"])
def test_inputs_and_results_in_an_unknown_place_are_notes(data):
    catalog = CATALOG | {"own": {"type": "my.Dataset"}}
    assert diagnose(parse_node(data, "use"), catalog=catalog) == [("note", "unknown_storage", "own")]
    assert diagnose(parse_node(data, "use"), catalog=catalog, settings={"datasets": {"own": "shared"}}) == []


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
        "reads it"
    )
    assert one.advice == (
        "Write parameters in conf/base/parameters.yml, or pass them with --params. Hooks do not run while compiling: "
        "declare what they add in aws_batch.yml, under datasets, such as NAME: shared"
    )
    for pattern in ("params:model.rows", "params:*"):
        assert not compile_nodes(nodes, {"datasets": {pattern: "shared"}}).diagnostics
