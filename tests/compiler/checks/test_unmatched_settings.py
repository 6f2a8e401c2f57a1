from tests.compiler.compilations import compile_nodes, parse_node

NODES = [parse_node("raw -> d_a@spark", "clean", "gpu"), parse_node("d_a@pandas params:x -> d_b", "train")]


def diagnose(**settings):
    found = [one for one in compile_nodes(NODES, settings).diagnostics if one.code == "unmatched"]
    assert all(one.severity == "warning" for one in found)
    return [(one.path, one.message) for one in found]


def test_a_selector_that_matches_no_node_is_named():
    rules = [{"match": {"nodes": ["clean"], "tags": ["gpus"]}, "gpus": 1}, {"match": {"nodes": ["tr*"]}, "gpus": 1}]
    assert diagnose(rules=rules) == [
        (("rules", 0, "match", "tags"), "no node has the tag 'gpus'. Did you mean 'gpu'?"),
    ]


def test_a_dataset_that_no_node_has_is_named():
    known = dict.fromkeys(["raw", "d_a", "d_a@spark", "d_?", "params:x", "*"], "shared")
    assert diagnose(datasets=known) == []
    assert diagnose(datasets={"rwa": "shared", "m*": "shared"}) == [
        (("datasets", "m*"), "no dataset is named 'm*'."),
        (("datasets", "rwa"), "no dataset is named 'rwa'. Did you mean 'raw'?"),
    ]


def test_a_pattern_of_accept_that_no_dataset_has_is_a_note():
    known = {"local_output": ["raw", "d_a", "d_a@spark", "d_?", "*"], "shared_place": ["d_b"]}
    anything = {"merged_cycle": ["my_job"], "unmatched": ["conf*"], "hooks_per_job": ["*"]}
    assert diagnose(accept=known | anything) == diagnose(accept=["local_output", "hooks_per_job"]) == []
    accept = {"local_output": ["raw", "rwa"], "hooks_per_job": ["my.Hooks"]}
    found = [one for one in compile_nodes(NODES, {"accept": accept}).diagnostics if one.code == "unmatched"]
    assert [(str(one.severity), one.path, one.message) for one in found] == [
        ("note", ("accept", "hooks_per_job", 0), "no hook that acts once a run is named 'my.Hooks'."),
        ("note", ("accept", "local_output", 1), "no dataset is named 'rwa'. Did you mean 'raw'?"),
    ]
