import pytest

from tests.compiler.compilations import compile_nodes, parse_node

NODES = [parse_node("raw -> log", "collect"), parse_node("log -> d_out", "use")]
TWICE = {"attempts": 3}


def diagnose(entry, settings=None):
    catalog = {
        "raw": {"type": "json.JSONDataset", "filepath": "s3://data/raw"},
        "d_{x}": {"type": "json.JSONDataset", "filepath": "s3://data/{x}"},
        "log": {"type": "my.Dataset", "filepath": "s3://data/log", **entry},
    }
    found = compile_nodes(NODES, {"datasets": {"log": "shared"}, **(settings or {})}, catalog=catalog).diagnostics
    return [
        (str(one.severity), str(one.code), one.source, one.message) for one in found if one.code == "repeated_append"
    ]


@pytest.mark.parametrize(
    ("entry", "setting"),
    [
        ({"save_args": {"mode": "a"}}, "save_args.mode: a"),
        ({"save_args": {"mode": "append"}}, "save_args.mode: append"),
        ({"save_args": {"if_exists": "append"}}, "save_args.if_exists: append"),
        ({"save_args": {"append": True}}, "save_args.append: true"),
        ({"save_args": {"writer": {"mode": "a"}}}, "save_args.writer.mode: a"),
        ({"fs_args": {"open_args_save": {"mode": "ab"}}}, "fs_args.open_args_save.mode: ab"),
        ({"write_mode": "insert"}, "write_mode: insert"),
        ({"type": "CachedDataset", "dataset": {"type": "a.B", "save_args": {"mode": "a"}}}, "save_args.mode: a"),
    ],
)
def test_a_dataset_that_appends_and_a_job_with_several_attempts_are_a_warning(entry, setting):
    message = (
        f"it appends ({setting}), and collect writes it in up to 3 attempts: a second attempt adds the rows of the "
        "first once more"
    )
    assert diagnose(entry, TWICE) == [("warning", "repeated_append", "log", message)]


@pytest.mark.parametrize(
    "entry",
    [
        {"save_args": {"mode": "overwrite"}},
        {"save_args": {"if_exists": "replace"}},
        {"save_args": {"append": False}},
        {"fs_args": {"open_args_save": {"mode": "w"}, "open_args_load": {"mode": "r"}}},
        {"write_mode": "upsert"},
        {"load_args": {"mode": "a"}},
        {"save_args": {"mode": "a"}, "versioned": True},
    ],
)
def test_other_datasets_may_be_written_twice(entry):
    assert not [one for one in diagnose(entry, TWICE) if one[1] == "repeated_append"]


def test_the_attempts_are_those_of_the_jobs_that_write():
    appends = {"save_args": {"mode": "a"}}
    assert diagnose(appends) == diagnose(appends, {"attempts": 1}) == []
    assert diagnose(appends, {"rules": [{"match": {"nodes": ["use"]}, **TWICE}]}) == []
    assert diagnose(appends, {**TWICE, "rules": [{"match": {"nodes": ["collect"]}, "attempts": 1}]}) == []
    assert len(diagnose(appends, {"rules": [{"match": {"nodes": ["collect"]}, **TWICE}]})) == 1
