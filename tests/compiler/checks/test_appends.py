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
        ({"mode": "a"}, "mode: a"),
        ({"if_exists": "append"}, "if_exists: append"),
        ({"append": True}, "append: true"),
        ({"options": {"write": {"mode": "append"}}}, "options.write.mode: append"),
        ({"save_args": {"writer": {"mode": "a", "if_sheet_exists": "new"}}}, "save_args.writer.mode: a"),
        (
            {"type": "CachedDataset", "dataset": {"type": "a.B", "save_args": {"mode": "a"}}},
            "dataset.save_args.mode: a",
        ),
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
        {"fs_args": {"open_args_load": {"mode": "a"}}},
        {"metadata": {"mode": "a"}},
        {"credentials": {"append": True}},
        {"save_args": {"writer": {"mode": "a", "if_sheet_exists": "replace"}}},
        {"save_args": {"writer": {"mode": "a", "if_sheet_exists": "overlay"}}},
        {"mode": "r", "append": "no"},
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


@pytest.mark.parametrize(
    ("reasons", "count"),
    [(["start_failure", "image_pull"], 0), (["spot"], 1), (["image_pull", "spot"], 1), ([], 1)],
)
def test_only_an_attempt_after_one_that_has_run_nodes_counts(reasons, count):
    appends = {"mode": "a"}
    assert len(diagnose(appends, TWICE | {"retry_on": reasons})) == count
    rule = {"match": {"nodes": ["collect"]}, **TWICE, "retry_on": reasons}
    assert len(diagnose(appends, {"rules": [rule]})) == count


def test_in_a_job_of_several_nodes_the_message_names_the_node_and_the_job():
    once = {**TWICE, "group_by": "chain", "rules": [{"match": {"nodes": ["collect"]}, "attempts": 1}]}
    assert diagnose({"mode": "a"}, once) == []  # a chain joins only nodes with equal settings
    ((*_, message),) = diagnose({"mode": "a"}, {**TWICE, "group_by": "chain"})
    assert "and collect writes it in up to 3 attempts" in message
    catalog = {"log": {"type": "my.Dataset", "filepath": "s3://data/log", "mode": "a"}}
    nodes = [parse_node("raw -> m", "first"), parse_node("m -> log", "second")]
    settings = {**once, "group_by": "memory", "rules": [{"match": {"nodes": ["second"]}, "attempts": 1}]}
    (one,) = (
        one for one in compile_nodes(nodes, settings, catalog=catalog).diagnostics if one.code == "repeated_append"
    )
    assert "and second writes it, in the job first, in up to 3 attempts: " in one.message
    assert one.advice.startswith("Set attempts: 1 in a rule for all nodes of the job that writes, as a")
