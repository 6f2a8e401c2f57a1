import pytest

from kedro_batch.compiler.project.conf_folder import CredentialNames
from kedro_batch.compiler.project.kedro_version import find_kedro_features
from tests.compiler.compilations import compile_nodes, parse_node

USE = parse_node("in -> d_out", "use")


CHECKED = {"missing_class", "undefined_credentials"}


def diagnose(entry, settings=None, *, unused=None, **inputs):
    catalog = {"d_out": {"type": "json.JSONDataset", "filepath": "s3://data/out"}, "in": entry, **(unused or {})}
    found = compile_nodes([USE], settings, catalog=catalog, **inputs).diagnostics
    return [(str(one.severity), str(one.code), one.source, one.message) for one in found if one.code in CHECKED]


def missing(kind, where, near):
    return [("error", "missing_class", "in", f"its type {kind!r} is not in {where}.{near}")]


@pytest.mark.parametrize(
    ("kind", "near"),
    [
        ("pandas.CSVDataSet", "pandas.CSVDataset"),
        ("pandas.csvdataset", "pandas.CSVDataset"),
        ("pandsa.CSVDataset", "pandas.CSVDataset"),
        ("pandas.YAMLDataset", "yaml.YAMLDataset"),
        ("kedro_datasets.json.JSONDataSet", "json.JSONDataset"),
        ("kedro.extras.datasets.pickle.PickleDataSet", "pickle.PickleDataset"),
        ("pandas.csv_dataset.CSVDataSet", "pandas.CSVDataset"),
        ("kedro_datasets.pandas.csv_dataset.CSVDataSet", "pandas.CSVDataset"),
        ("kedro_datasets.pandas.csv_data_set.CSVDataset", "pandas.CSVDataset"),
        ("pandas.CSVDatset", "pandas.CSVDataset"),
        ("io.MemoryDataset", "MemoryDataset"),
    ],
)
def test_a_class_that_kedro_datasets_has_not_is_an_error_with_the_nearest_one(kind, near):
    entry = {"type": kind, "filepath": "s3://data/in"}
    assert diagnose(entry) == missing(kind, "the installed kedro-datasets", f" Did you mean {near!r}?")


@pytest.mark.parametrize(
    ("kind", "near"),
    [
        ("MemoryDataSet", "MemoryDataset"),
        ("kedro.io.CachedDataSet", "CachedDataset"),
        ("kedro.io.cached_dataset.CachedDataSet", "CachedDataset"),
        ("PartitionedDataSet", "partitions.PartitionedDataset"),
    ],
)
def test_a_class_that_kedro_has_not_is_an_error_with_the_nearest_one(kind, near):
    entry = {"type": kind, "data": 1}
    assert diagnose(entry) == missing(kind, "kedro.io", f" Did you mean {near!r}?")


@pytest.mark.parametrize(
    "kind",
    [
        "pandas.CSVDataset",
        "pandas.csv_dataset.CSVDataset",
        "kedro_datasets.pandas.CSVDataset",
        "kedro_datasets_experimental.langchain.LangChainPromptDataset",
        "kedro.io.memory_dataset.MemoryDataset",
        "memory_dataset.MemoryDataset",
        "kedro_datasets.pandas.csv_dataset.CSVDataset",
        "pandas.core.frame.DataFrame",
        "kedro_datasets_experimental.pandas.deep.CSVDataSet",
        "a_project.datasets.CSVDataSet",
        "datasets.CSVDataSet",
        "other_plugin.JSONDataset",
    ],
)
def test_classes_that_are_there_or_are_not_known_are_no_errors(kind):
    assert diagnose({"type": kind, "filepath": "s3://data/in"}) == []


def test_a_package_of_the_project_s_own_hides_one_of_kedro_datasets(tmp_path, monkeypatch):
    entry = {"type": "text.OurDataset", "filepath": "s3://data/in"}
    assert [one[1] for one in diagnose(entry)] == ["missing_class"]
    (tmp_path / "text.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert diagnose(entry) == []


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "CachedDataset", "dataset": {"type": "json.JSONDataSet", "filepath": "s3://data/in"}},
        {"type": "partitions.PartitionedDataset", "path": "s3://data/in", "dataset": "json.JSONDataSet"},
        {"type": "partitions.PartitionedDataset", "path": "s3://data/in", "dataset": {"type": "json.JSONDataSet"}},
        {"type": "a_project.Sealed", "dataset": {"type": "json.JSONDataSet", "filepath": "s3://data/in"}},
    ],
)
def test_wrapped_datasets_are_looked_at(entry):
    assert diagnose(entry) == missing(
        "json.JSONDataSet", "the installed kedro-datasets", " Did you mean 'json.JSONDataset'?"
    )


def test_before_kedro_1_an_entry_that_no_node_uses_needs_its_class_as_well():
    unused = {"other": {"type": "json.JSONDataSet", "filepath": "x"}, "{any}_x": {"type": "json.JSONDataSet"}}
    right = {"type": "json.JSONDataset", "filepath": "s3://data/in"}
    assert diagnose(right, unused=unused) == []
    found = diagnose(right, unused=unused, features=find_kedro_features("0.19.15"))
    assert [one[:3] for one in found] == [("error", "missing_class", "other")]


def test_datasets_of_one_class_are_one_error():
    nodes = [parse_node("a b -> d_out", "use")]
    catalog = {name: {"type": "json.JSONDataSet", "filepath": f"s3://data/{name}"} for name in ("a", "b", "d_out")}
    (one,) = compile_nodes(nodes, catalog=catalog).diagnostics
    assert (one.source, one.about) == ("a, b, d_out", {"dataset": ("a", "b", "d_out")})
    assert one.message.startswith("their type 'json.JSONDataSet' is not in")


CREDENTIALS = CredentialNames(folders=("conf/prod", "conf/base"), shipped=frozenset({"prod_s3", "base_s3"}))
NOWHERE = "in no credentials file of conf/prod and conf/base"


def undefined(name, where, needed_by):
    return [("note", "undefined_credentials", f"credentials {name}", f"they are {where}, and {needed_by} them")]


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "json.JSONDataset", "filepath": "s3://data/in", "credentials": "dev_s3"},
        {
            "type": "partitions.IncrementalDataset",
            "path": "s3://data/in",
            "dataset": {"type": "json.JSONDataset", "credentials": "dev_s3"},
            "checkpoint": {"type": "text.TextDataset", "filepath": "s3://data/seen", "credentials": "dev_s3"},
            "credentials": "base_s3",
        },
        {"type": "a.Dataset", "any": {"depth": {"credentials": "dev_s3"}}},
    ],
)
def test_credentials_that_no_file_defines_are_a_note(entry):
    assert diagnose(entry, credentials=CREDENTIALS) == undefined("dev_s3", NOWHERE, "in needs")
    assert diagnose(entry) == []  # the files are not known


def test_kedro_looks_for_the_credentials_of_every_entry_and_does_not_fill_in_their_names():
    unused = {"other": {"type": "a.B", "credentials": "x"}, "{name}_x": {"type": "a.B", "credentials": "{name}"}}
    right = {"type": "json.JSONDataset", "filepath": "s3://data/in", "credentials": "base_s3"}
    found = diagnose(right, unused=unused, credentials=CREDENTIALS)
    assert [one[2] for one in found] == ["credentials x", "credentials {name}"]


def test_many_entries_with_the_same_credentials_are_one_note():
    entries = {f"d_{n}": {"type": "a.B", "credentials": "dev_s3"} for n in range(12)}
    found = diagnose({"type": "my.Dataset"}, unused=entries, credentials=CREDENTIALS)
    assert found == undefined("dev_s3", NOWHERE, "d_0, d_1, d_2, d_3, d_4 and 7 more need")


def test_credentials_that_images_do_not_have_are_a_note_and_written_ones_are_none():
    entry = {"type": "json.JSONDataset", "filepath": "s3://data/in", "credentials": "dev_s3"}
    left_out = CredentialNames(folders=("conf/base",), left_out={"dev_s3": "conf/base/c.yml, which git leaves out"})
    found = diagnose(entry, credentials=left_out)
    assert found == undefined("dev_s3", "only in conf/base/c.yml, which git leaves out", "in needs")
    assert diagnose(entry, credentials=CredentialNames(folders=(), shipped=frozenset({"dev_s3"}))) == []
    assert diagnose({**entry, "credentials": {"key": "x"}}, credentials=CREDENTIALS) == []
