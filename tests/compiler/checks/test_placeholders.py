import pytest

from kedro_batch.diagnostics import path_text
from kedro_batch.review.diagnostics import diagnostic_lines
from tests.compiler.compilations import CATALOG, compile_nodes, parse_node

USE = parse_node("in -> d_out", "use")


def find(compilation):
    return [one for one in compilation.diagnostics if one.code == "placeholder"]


def diagnose(entry, settings=None, *, unused=None):
    catalog = {"d_out": {"type": "json.JSONDataset", "filepath": "s3://data/out"}, "in": entry, **(unused or {})}
    found = find(compile_nodes([USE], settings, catalog=catalog))
    return [(str(one.severity), str(one.code), one.source, one.message) for one in found]


@pytest.mark.parametrize(
    ("key", "place", "shown"),
    [
        ("filepath", "s3://<your-bucket>/in.csv", "<your-bucket>"),
        ("filepath", "data/<name of the user>/in.csv", "<name of the user>"),
        ("path", "gs://<a>/<b>/<a>", "<a>, <b>"),
        ("filepath", "s3://<bucket/prefix>/x", "<bucket/prefix>"),
        ("filepath", "s3://<>/x", "<>"),
        ("con", "postgresql://me:secret@<host>/x", "<host>"),
    ],
)
def test_a_place_to_be_filled_in_is_an_error_that_shows_no_more_of_it(key, place, shown):
    found = diagnose({"type": "my.Dataset", key: place})
    assert found == [("error", "placeholder", "in", f"its {key} has a placeholder: {shown}")]


@pytest.mark.parametrize(
    "bucket",
    ["my-bucket", "your-bucket", "bucket-name", "your-bucket-name", "my_bucket", "example-bucket", "aws-bucket-name"],
)
def test_the_name_of_an_example_is_a_warning(bucket):
    for place in (f"s3://{bucket}/in.csv", f"simplecache::s3://{bucket}/in.csv", f"s3://{bucket}"):
        found = diagnose({"type": "my.Dataset", "filepath": place})
        assert found == [("warning", "placeholder", "in", f"its filepath is in s3://{bucket}, a name from examples")]


@pytest.mark.parametrize(
    ("place", "bucket"),
    [
        ("abfs://my-bucket@account.dfs.core.windows.net/x", "abfs://my-bucket"),
        ("https://my-bucket.s3.amazonaws.com/x", "https://my-bucket"),
        ("https://my-bucket.s3-eu-west-1.amazonaws.com/x", "https://my-bucket"),
        ("https://s3.eu-west-1.amazonaws.com/my-bucket/x", "https://s3.eu-west-1.amazonaws.com/my-bucket"),
    ],
)
def test_the_name_of_an_example_is_seen_in_other_addresses(place, bucket):
    found = diagnose({"type": "my.Dataset", "filepath": place})
    assert found == [("warning", "placeholder", "in", f"its filepath is in {bucket}, a name from examples")]


@pytest.mark.parametrize(
    "place",
    [
        "https://my-bucket.example.com/x",
        "s3://data/my-bucket/in.csv",
        "s3://my-bucket-of-rain/in.csv",
        "s3://bucket/x",
        "my-bucket/in.csv",
        "s3://a/b>c<d",
    ],
)
def test_other_names_are_no_placeholders(place):
    assert diagnose({"type": "my.Dataset", "filepath": place}, {"shared_paths": ["my-bucket"]}) == []


@pytest.mark.parametrize("entry", ["in", "CachedDataset"])
def test_braces_that_nothing_fills_in_are_a_warning(entry):
    place = {"type": "pandas.CSVDataset", "filepath": "s3://{bucket}/{name}"}
    found = diagnose({"type": entry, "dataset": place} if entry != "in" else place)
    message = "its filepath has {bucket}, {name}, which Kedro fills in only if the name of the entry has it too"
    assert found == [("warning", "placeholder", "in", message)]


def test_braces_of_patterns_and_of_the_project_s_own_classes_are_none():
    place = {"type": "pandas.CSVDataset", "filepath": "s3://data/{name}"}
    assert diagnose({"type": "my.Dataset", "filepath": "s3://{bucket}/x"}, unused={"{name}_x": place}) == []
    catalog = CATALOG | {"{name}n": place}
    assert not compile_nodes([parse_node("in -> d_out", "use")], catalog=catalog).diagnostics


@pytest.mark.parametrize(
    ("settings", "path", "shown"),
    [
        ({"container_conf_source": "s3://<bucket>/conf"}, "container_conf_source", "<bucket>"),
        ({"shared_paths": ["/a", "/mnt/<efs>"]}, "shared_paths[1]", "<efs>"),
        ({"image_paths": ["<data>"]}, "image_paths[0]", "<data>"),
        ({"environment": {"BUCKET": "<your-bucket>"}}, "environment.BUCKET", "<your-bucket>"),
        ({"environment": {"PLACE": "s3://<x>/y"}}, "environment.PLACE", "<x>"),
        ({"job_queue": "<queue>"}, "job_queue", "<queue>"),
        (
            {"rules": [{"match": {"nodes": ["use"]}, "environment": {"A": "<bucket name>"}}]},
            "rules[0].environment.A",
            "<bucket name>",
        ),
    ],
)
def test_settings_to_be_filled_in_are_errors(settings, path, shown):
    (one,) = find(compile_nodes([USE], settings, catalog=CATALOG | {"in": {"type": "my.Dataset"}}))
    assert (path_text(one.path), one.severity) == (path, "error")
    assert one.message == f"has a placeholder: {shown}"


@pytest.mark.parametrize("value", ["<b>", "<green>{time}</green>", "a < b > c", "<%(asctime)s>", "my-bucket"])
def test_other_variables_are_no_placeholders(value):
    settings = {"environment": {"FORMAT": value}, "command_prefix": ["sh", "-c", "kedro run <in >out"]}
    assert find(compile_nodes([USE], settings, catalog=CATALOG | {"in": {"type": "my.Dataset"}})) == []


def test_datasets_in_one_bucket_are_shown_in_three_lines():
    entries = {f"{n}_in": {"type": "my.Dataset", "filepath": "s3://my-bucket/x"} for n in "abc"}
    nodes = [parse_node("a_in b_in c_in -> d_out", "use")]
    assert [*diagnostic_lines(find(compile_nodes(nodes, catalog=CATALOG | entries)))] == [
        "  warning placeholder: 3 places of datasets are still to be filled in:",
        "    a_in, b_in, c_in",
        "    Write the real name in place of s3://my-bucket",
    ]
