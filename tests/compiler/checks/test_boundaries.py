import pytest

from kedro_batch.compiler.nodes import ProjectNode
from kedro_batch.compiler.options import CompileOptions
from kedro_batch.text.wording import sentences
from tests.compiler.compilations import compile_nodes, parse_node

NODES = [parse_node("raw -> x", "split"), parse_node("x -> d_end", "train")]
LOCAL = {"type": "json.JSONDataset", "filepath": "data/x.json"}
SHARED = {"type": "json.JSONDataset", "filepath": "s3://b/x.json"}
RAW = {"raw": {"type": "json.JSONDataset", "filepath": "s3://b/raw.json"}}
END = {"d_end": {"type": "json.JSONDataset", "filepath": "s3://b/end.json"}}


def diagnose(nodes=NODES, settings=None, catalog=None, **how):
    found = compile_nodes(nodes, settings, catalog=RAW | END | (catalog or {}), **how).diagnostics
    return [(str(one.severity), str(one.code), one.source) for one in found]


def message(nodes=NODES, settings=None, catalog=None, **how):
    (one,) = compile_nodes(nodes, settings, catalog=RAW | END | (catalog or {}), **how).diagnostics
    return sentences(one.message, one.advice)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (None, ("error", "ephemeral_boundary")),
        ({"type": "MemoryDataset"}, ("error", "ephemeral_boundary")),
        (LOCAL, ("warning", "local_boundary")),
        ({"type": "my.Dataset"}, ("warning", "unknown_boundary")),
        (SHARED | {"versioned": True}, ("warning", "versioned_boundary")),
        (SHARED, None),
    ],
)
def test_the_store_of_a_boundary_decides(entry, expected):
    found = diagnose(catalog={} if entry is None else {"x": entry})
    assert found == ([(*expected, "x")] if expected else [])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"datasets": {"x": "shared"}}, []),
        ({"datasets": {"*": "shared"}}, []),
        ({"datasets": {"x": "local"}}, [("warning", "local_boundary", "x")]),
        ({"datasets": {"x": "memory", "*": "shared"}}, [("error", "ephemeral_boundary", "x")]),
        ({"shared_paths": ["data"]}, []),
        ({"accept": ["local_boundary"]}, [("note", "local_boundary", "x")]),
        ({"group_by": "memory"}, [("warning", "local_boundary", "x")]),
        ({"group_by": "chain"}, []),
    ],
)
def test_settings_declare_or_accept_a_boundary_or_remove_it(settings, expected):
    assert diagnose(settings=settings, catalog={"x": LOCAL}) == expected


def test_grouping_by_memory_removes_a_boundary_in_memory():
    assert diagnose(settings={"group_by": "memory"}) == []


def test_a_message_says_what_is_wrong_and_where_and_what_to_do():
    assert message() == (
        "it is only in memory: it has no catalog entry. split writes it, and train reads it in another container. "
        "Store what other jobs read: add the entries below to conf/base/catalog.yml. Or run these nodes in one "
        "job: --group-by memory"
    )
    # kedro run has no --group-by
    runner = message(options=CompileOptions(for_runner=True))
    assert runner.endswith(" Or run these nodes in one job: group_by: [memory] in aws_batch.yml")
    assert message(catalog={"x": LOCAL}) == (
        "it is on the disk of one container: its filepath is data/x.json. split writes it, and train reads it in "
        "another container. Store what other jobs read on S3 or the like. If all containers mount its folder, "
        "add it to shared_paths in aws_batch.yml"
    )
    assert message(catalog={"x": {"type": "my.Dataset"}}).startswith(
        "it is not known where it is stored: the arguments"
    )


def test_the_remedy_is_an_entry_and_the_jobs_and_nodes_are_named():
    (one,) = compile_nodes(NODES, catalog=RAW | END).diagnostics
    assert one.remedy == "x:\n  type: pickle.PickleDataset\n  filepath: s3://my-bucket/x.pickle\n"
    assert one.about == {
        "dataset": ("x",),
        "producer": ("split",),
        "consumer": ("train",),
        "nodes": ("split", "train"),
    }


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("größe", "größe:\n  type: pickle.PickleDataset\n  filepath: s3://my-bucket/größe.pickle\n"),
        ("a b:c", '"a b:c":\n  type: pickle.PickleDataset\n  filepath: s3://my-bucket/a_b_c-7bede3ae.pickle\n'),
        ("no", '"no":\n  type: pickle.PickleDataset\n  filepath: s3://my-bucket/no.pickle\n'),
    ],
)
def test_a_remedy_is_valid_yaml_for_any_name(name, remedy):
    nodes = [
        ProjectNode(name="split", inputs=("raw",), outputs=(name,)),
        ProjectNode(name="train", inputs=(name,), outputs=("d_end",)),
    ]
    (one,) = compile_nodes(nodes, catalog=RAW | END).diagnostics
    assert one.remedy == remedy


def test_many_readers_are_counted():
    nodes = [parse_node("raw -> x", "split"), *(parse_node("x ->", f"r{n}") for n in range(9))]
    assert "r0, r1, r2, r3, r4 and 4 more read it in other containers" in message(nodes)


TRANSCODED = [parse_node("raw -> t@one", "write"), parse_node("t@two -> d_end", "read")]


@pytest.mark.parametrize("settings", [{}, {"group_by": "memory"}])
def test_a_transcoded_dataset_in_memory_is_refused_in_any_grouping(settings):
    (one,) = compile_nodes(TRANSCODED, settings, catalog=RAW | END).diagnostics
    assert (one.code, one.source) == ("ephemeral_boundary", "t")
    assert one.message.startswith(
        "write writes 't@one', and " + ("write" if settings else "read") + " reads 't@two'. In memory each name is a "
        "dataset of its own, even in one job: "
    )
    assert one.remedy.count("filepath: s3://my-bucket/t.pickle\n") == 2


def test_a_transcoded_dataset_takes_the_entry_that_one_of_its_names_has():
    (one,) = compile_nodes(TRANSCODED, catalog=RAW | END | {"t@one": LOCAL}).diagnostics
    assert one.remedy == "t@two:\n  type: json.JSONDataset\n  filepath: data/x.json\n"


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("s3://b/x", "s3a://b/x", []),
        ("s3://b/x", "s3://b/./x", []),
        ("s3://b/x", "s3://b/y", [("note", "unknown_boundary", "t@one")]),
        ("data/x", "s3://b/y", [("note", "unknown_boundary", "t@one"), ("warning", "local_boundary", "t@one")]),
    ],
)
def test_transcoded_names_should_lead_to_one_place(one, two, expected):
    entries = {f"t@{name}": {"type": "my.Dataset", "filepath": path} for name, path in (("one", one), ("two", two))}
    assert sorted(diagnose(TRANSCODED, catalog=entries)) == expected


def test_a_version_that_is_given_is_no_hazard():
    entry = {"x": SHARED | {"versioned": True}}
    assert diagnose(catalog=entry, options=CompileOptions(load_versions={"x": "2026-01-01T00.00"})) == []
    assert "of two at the same time, one may read the version that the other has written" in message(catalog=entry)
