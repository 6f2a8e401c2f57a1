import pytest

from kedro_batch.compiler.nodes import ProjectNode
from tests.compiler.compilations import compile_nodes, parse_node

INCREMENTAL = {"in": {"type": "partitions.IncrementalDataset", "path": "s3://b/in", "dataset": "json.JSONDataset"}}
STORED = {"d_{rest}": {"type": "json.JSONDataset", "filepath": "s3://b/{rest}.json"}}


def confirming(data, name, *confirms):
    read, written = (tuple(side.split()) for side in data.split("->"))
    return ProjectNode(name=name, inputs=read, outputs=written, confirms=confirms)


def diagnose(nodes, settings=None, catalog=None, **how):
    found = compile_nodes(nodes, settings, catalog=INCREMENTAL | STORED | (catalog or {}), **how).diagnostics
    return [(str(one.severity), str(one.code), one.source) for one in found]


LATER = [parse_node("in -> d_seen", "inc"), confirming("d_seen -> d_out", "publish", "in")]
EARLIER = [confirming("in -> d_a", "a", "in"), parse_node("in d_a -> d_b", "b")]
TWICE = [confirming("d_x -> d_a", "a", "in"), confirming("d_a -> d_b", "b", "in")]
NAMES_APART = [parse_node("in@one -> d_seen", "inc"), confirming("d_seen -> d_out", "publish", "in@two")]


@pytest.mark.parametrize("nodes", [LATER, EARLIER, TWICE])
def test_what_one_job_reads_another_cannot_confirm(nodes):
    assert ("error", "confirmed_elsewhere", "in") in diagnose(nodes)
    assert diagnose(nodes, {"group_by": "memory"}) == []
    assert len(compile_nodes(nodes, {"group_by": "memory"}, catalog=INCREMENTAL | STORED).plan.jobs) == 1


def test_the_grouping_that_is_advised_is_not_refused_where_a_node_stands_between():
    between = [parse_node("d_seen -> d_total", "total"), confirming("d_seen d_total -> d_out", "publish", "in")]
    nodes = [LATER[0], *between]
    assert ("error", "confirmed_elsewhere", "in") in diagnose(nodes)
    assert diagnose(nodes, {"group_by": "memory"}, strict=True) == [("note", "merged_cycle", "group_by")]


def test_transcoded_names_are_confirmed_as_one_dataset():
    catalog = {f"in@{name}": INCREMENTAL["in"] for name in ("one", "two")}
    assert ("error", "confirmed_elsewhere", "in") in diagnose(NAMES_APART, catalog=catalog)


def test_a_node_that_reads_and_confirms_is_one_job():
    assert diagnose([confirming("in -> d_a", "a", "in"), parse_node("d_a -> d_b", "b")]) == []


def test_the_message_names_who_confirms_and_who_reads_and_the_grouping():
    (one,) = compile_nodes(LATER, catalog=INCREMENTAL | STORED).diagnostics
    assert one.message.startswith("publish confirms it, and inc reads it, in several containers: ")
    assert "--group-by memory" in one.advice


def test_processes_of_one_job_share_no_state_either():
    settings = {"group_by": "memory", "runner": "ParallelRunner"}
    assert diagnose(LATER, settings) == [("error", "confirmed_elsewhere", "in")]
    assert diagnose(LATER, settings | {"runner": "kedro.runner.ParallelRunner"})[0][1] == "confirmed_elsewhere"
    assert diagnose(LATER, settings | {"runner": "ThreadRunner"}) == []


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"path": "data/in"}, [("warning", "local_output", "in")]),
        (
            {"checkpoint": {"type": "text.TextDataset", "filepath": "data/CHECKPOINT"}},
            [("warning", "local_output", "in")],
        ),
        ({"checkpoint": {"type": "text.TextDataset", "filepath": "s3://b/CHECKPOINT"}}, []),
        ({"checkpoint": "2026-01-01"}, []),
    ],
)
def test_a_checkpoint_is_kept_for_the_next_run(entry, expected):
    catalog = {"in": INCREMENTAL["in"] | entry}
    settings = {"image_paths": ["data/in"]}
    assert diagnose([confirming("in -> d_a", "a", "in")], settings, catalog=catalog) == expected


HANDED_ON = [parse_node("d_in -> x", "write"), parse_node("x -> d_out", "read")]


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ({"type": "pandas.CSVDataset", "filepath": "s3://b/x.csv"}, [("warning", "dataset_state", "x")]),
        ({"type": "pickle.PickleDataset", "filepath": "s3://b/x.pkl"}, []),
        ({"type": "json.JSONDataset", "filepath": "data/x"}, [("warning", "local_boundary", "x")]),
    ],
)
@pytest.mark.parametrize("kind", ["CachedDataset", "kedro.io.CachedDataset"])
def test_a_cache_hides_what_a_file_makes_of_an_object(inner, expected, kind):
    found = diagnose(HANDED_ON, catalog={"x": {"type": kind, "dataset": inner}})
    assert found[-len(expected) :] == expected if expected else found == []


def test_an_own_class_that_derives_from_a_cache_is_one():
    cached = {"x": {"type": "a_project.MyCache", "dataset": {"type": "json.JSONDataset", "filepath": "s3://b/x"}}}
    derives = {"a_project.MyCache": frozenset({"CachedDataset"})}
    found = diagnose(HANDED_ON, catalog=cached, base_names=lambda kind: derives.get(kind, frozenset()))
    assert found == [("warning", "dataset_state", "x")]


def test_a_cache_inside_one_job_is_as_with_kedro_run():
    cached = {"type": "CachedDataset", "dataset": {"type": "pandas.CSVDataset", "filepath": "s3://b/x.csv"}}
    assert diagnose(HANDED_ON, {"group_by": "chain"}, catalog={"x": cached}) == []


def test_jobs_that_list_the_partitions_of_an_input_each_for_itself_are_a_note():
    partitions = {"in": {"type": "partitions.PartitionedDataset", "path": "s3://b/in", "dataset": "json.JSONDataset"}}
    nodes = [parse_node("in -> d_a", "a"), parse_node("in -> d_b", "b")]
    assert diagnose(nodes, catalog=partitions) == [("note", "dataset_state", "in")]
    assert diagnose(nodes[:1], catalog=partitions) == []
