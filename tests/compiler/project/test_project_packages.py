import pytest

from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.project.project_packages import ProjectPackages
from tests.compiler.compilations import CATALOG, compile_nodes, parse_node

KEDRO = '[tool.kedro]\npackage_name = "a"\n'
LOCK = '[[package]]\nname = "{}"\nversion = "1"\nsource = {{ url = "https://x" }}\n[package.extras]\nall = ["s3fs"]\n'


def project(root, files):
    for name, content in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return ProjectPackages(root)


@pytest.mark.parametrize(
    "files",
    [
        {"requirements.txt": "kedro\nkedro-datasets\npandas>=2\n"},
        {"requirements.txt": "kedro\n# s3fs\n"},
        {"requirements.txt": "kedro-datasets[pandas-csvdataset, json]~=9.0 ; python_version > '3.8'\n-e .\n"},
        {"requirements.txt": "kedro  # with s3fs\n"},
        {"requirements.txt": "s3fs-helpers\nmy.s3fs\n"},
        {"src/requirements.txt": "kedro\n"},
        {"pyproject.toml": KEDRO + '[project]\nname = "a"\ndependencies = ["kedro"]\n'},
        {"pyproject.toml": KEDRO + '[tool.poetry.dependencies]\nkedro = "^1"\n', "poetry.lock": LOCK.format("kedro")},
        {"pyproject.toml": KEDRO, "uv.lock": LOCK.format("kedro")},
        {"environment.yml": "dependencies:\n  - kedro\n  - pip:\n    - pandas\n"},
    ],
)
def test_a_package_is_missing_where_the_project_lists_others(tmp_path, files):
    assert project(tmp_path, files).lacks("s3fs")


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"pyproject.toml": KEDRO},  # no list at all
        {"Dockerfile": "RUN pip install kedro\n"},
        {"requirements.txt": "kedro\nS3FS>=2024\n"},
        {"requirements.txt": "kedro-datasets[s3fs-base]\n"},  # which needs s3fs
        {"requirements.txt": "kedro-datasets[json, s3fs_base]\n"},
        {"requirements.txt": "fsspec[s3]\n"},
        {"requirements.txt": "-r deep/more.txt\n", "deep/more.txt": "-r most.txt\n", "deep/most.txt": "s3fs\n"},
        {"requirements.txt": "kedro\n", "Dockerfile": "RUN pip install s3fs\n"},
        {"requirements.txt": "kedro\n", "pyproject.toml": '[project.optional-dependencies]\naws = ["s3fs"]\n'},
        {"pyproject.toml": '[tool.poetry.dependencies]\nfsspec = {version = "*", extras = ["s3"]}\n'},
        {"pyproject.toml": KEDRO, "uv.lock": LOCK.format("s3fs")},
        {"requirements.txt": "git+https://example.com/ours.git\n"},  # it may need it
        {"requirements.txt": "ours @ https://example.com/ours.whl\n"},
        {"requirements.txt": "-e ../ours\n"},
    ],
)
def test_a_package_that_may_be_listed_is_not_missing(tmp_path, files):
    assert not project(tmp_path, files).lacks("s3fs")


def test_the_packages_that_datasets_need_are_named_once(tmp_path):
    packages = project(tmp_path, {"requirements.txt": "parse\n"})  # it needs no other package
    catalog = {
        "in": {"type": "pandas.CSVDataset", "filepath": "s3://data/in"},
        "left": {"type": "partitions.PartitionedDataset", "path": "s3://data/left", "dataset": "pandas.CSVDataset"},
        "right": {
            "type": "CachedDataset",
            "dataset": {"type": "json.JSONDataset", "filepath": "simplecache::gs://x/y"},
        },
        "own": {"type": "a_project.Dataset", "filepath": "abfs://x/y"},
        "spark": {"type": "spark.SparkDataset", "filepath": "s3a://data/spark"},
    }
    nodes = [parse_node("in left right own spark -> d_out", "use")]
    catalog["d_out"] = {"type": "pandas.DeltaTableDataset", "filepath": "s3://data/out"}
    settings = {"datasets": {"*": "shared"}}
    found = compile_nodes(nodes, settings, catalog=catalog, packages=packages).diagnostics
    assert [str(one).removeprefix("requirements.txt: ") for one in found] == [
        f"{package} is not listed, and {users}. Without it, {without}"
        for package, users, without in (
            ("deltalake", "1 dataset needs it: d_out", "the data cannot be read and written"),
            ("gcsfs", "1 dataset needs it: right", "the container says: Please install gcsfs to access Google Storage"),
            (
                "kedro-datasets",
                "5 datasets need it: d_out, in, left, right, spark",
                "Kedro does not find their classes",
            ),
            ("pandas", "3 datasets need it: d_out, in, left", "Kedro cannot import their classes"),
            ("s3fs", "2 datasets need it: in, left", "the container says: Install s3fs to access S3"),
        )
    ]
    assert {(str(one.severity), str(one.code)) for one in found} == {("note", "unlisted_package")}
    assert not compile_nodes(nodes, settings, catalog=catalog).diagnostics  # the lists are not known


VERSIONED = {"x": {"type": "json.JSONDataset", "filepath": "s3://data/x.json", "versioned": True}}
IN_TWO_JOBS = [parse_node("d_raw -> x", "split"), parse_node("x -> d_end", "train")]


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ({"requirements.txt": "parse\n"}, ["warning versioned_boundary", "note unlisted_package"]),
        ({"requirements.txt": "parse\nKedro_Batch>=0.1  # for one version\n"}, []),
        ({"requirements.txt": "parse\n", "Dockerfile": "RUN pip install kedro-batch\n"}, []),
        ({"requirements.txt": "git+https://example.com/kedro-batch.git@v0.1\n"}, []),
        ({"requirements.txt": "./wheels/kedro_batch-0.1.0-py3-none-any.whl\n"}, []),
        ({"requirements.txt": "parse\n", "Dockerfile": "RUN pip install kedro_batch-*.whl\n"}, []),
        ({"requirements.txt": "parse\nkedro-batch-demo\n"}, ["warning versioned_boundary", "note unlisted_package"]),
        ({"requirements.txt": "parse\n# kedro-batch\n"}, ["warning versioned_boundary", "note unlisted_package"]),
        ({"requirements.txt": "git+https://x/y\n"}, ["warning versioned_boundary"]),  # what that brings is not known
        ({}, ["warning versioned_boundary"]),  # the project lists nothing
    ],
)
def test_versioned_data_between_jobs_need_kedro_batch_in_the_image(tmp_path, lists, expected):
    packages = project(tmp_path, lists)
    found = compile_nodes(IN_TWO_JOBS, catalog={**CATALOG, **VERSIONED}, packages=packages).diagnostics
    said = [one for one in found if "kedro-batch" in one.message or one.code == "versioned_boundary"]
    assert [f"{one.severity} {one.code}" for one in said] == expected
    if len(expected) > 1:
        assert str(said[1]) == (
            "requirements.txt: kedro-batch is not listed for the image, and 1 versioned dataset goes from job to job: "
            "x. Without it, each job saves under a version of its own, and reads the newest one of any run"
        )
        assert said[1].about == {"dataset": ("x",)}
        assert "docs/versions.md" in said[1].advice


FOR_DEVELOPERS = [
    {"requirements.txt": "parse\n", "requirements-dev.txt": "-r requirements.txt\nkedro-batch\n"},
    {"requirements.txt": "parse\n", "requirements/test.in": "kedro-batch\n"},
    {"requirements.txt": "parse\n", "dev_requirements.txt": "kedro-batch\n"},
    {"pyproject.toml": '[project]\ndependencies = ["parse"]\n[dependency-groups]\ndev = ["kedro-batch"]\n'},
    {"pyproject.toml": '[project]\ndependencies = ["parse"]\noptional-dependencies = {test = ["kedro-batch"]}\n'},
    {
        "pyproject.toml": '[project]\ndependencies = ["parse"]\n[tool.uv]\ndev-dependencies = ["kedro-batch"]\n',
        "uv.lock": LOCK.format("kedro-batch"),
    },
    {"pyproject.toml": '[tool.poetry]\ndependencies = {parse = "1"}\ngroup.dev.dependencies.kedro-batch = "1"\n'},
]
FOR_THE_IMAGE = [
    {"pyproject.toml": '[project]\ndependencies = ["parse", "kedro-batch"]\n', "uv.lock": LOCK.format("kedro-batch")},
    {"pyproject.toml": '[tool.poetry.dependencies]\nkedro-batch = {path = "wheels/kedro_batch-0.1.0.whl"}\n'},
    {"requirements.lock": "parse==1\nkedro-batch==0.1\n", "requirements-dev.txt": "kedro-batch\n"},
    {"requirements.txt": "-r dev.txt\n", "dev.txt": "kedro-batch\n"},
    {"pyproject.toml": "[", "requirements.txt": "kedro-batch\n"},
]


@pytest.mark.parametrize("lists", FOR_DEVELOPERS)
def test_a_list_for_development_does_not_bring_kedro_batch_into_the_image(tmp_path, lists):
    packages = project(tmp_path, lists)
    found = compile_nodes(IN_TWO_JOBS, catalog={**CATALOG, **VERSIONED}, packages=packages).diagnostics
    said = [one for one in found if "kedro-batch" in one.message or one.code == "versioned_boundary"]
    assert [f"{one.severity} {one.code}" for one in said] == ["warning versioned_boundary", "note unlisted_package"]


@pytest.mark.parametrize("lists", FOR_THE_IMAGE)
def test_every_other_list_does(tmp_path, lists):
    assert project(tmp_path, lists).has_in_image("kedro-batch")


@pytest.mark.parametrize(
    ("settings", "catalog", "load_versions"),
    [
        ({"group_by": "chain"}, VERSIONED, {}),
        ({}, {"x": {"type": "json.JSONDataset", "filepath": "s3://data/x.json"}}, {}),
        ({}, VERSIONED, {"x": "2020-01-01T00.00.00.000Z"}),
    ],
    ids=["in one job", "without versions", "of a given version"],
)
def test_other_data_do_not_need_it(tmp_path, settings, catalog, load_versions):
    packages = project(tmp_path, {"requirements.txt": "parse\n"})
    options = CompileOptions(load_versions=load_versions)
    found = compile_nodes(
        IN_TWO_JOBS, settings, catalog={**CATALOG, **catalog}, packages=packages, options=options
    ).diagnostics
    assert not [one for one in found if "kedro-batch" in one.message]


def needed(tmp_path, entry, lists="parse\n"):
    packages = project(tmp_path, {"requirements.txt": lists})
    found = compile_nodes([parse_node("in -> d_out", "use")], catalog={"in": entry}, packages=packages).diagnostics
    names = {one.message.partition(" ")[0] for one in found if one.code == "unlisted_package"}
    return names - {"kedro-datasets", "pandas"}


@pytest.mark.parametrize(
    ("entry", "package"),
    [
        ({"type": "pandas.ExcelDataset"}, "openpyxl"),
        ({"type": "pandas.ExcelDataset", "load_args": {"engine": "openpyxl"}}, "openpyxl"),
        ({"type": "kedro_datasets.pandas.ParquetDataset"}, "pyarrow"),
        ({"type": "pickle.PickleDataset", "backend": "joblib"}, "joblib"),
        ({"type": "json.JSONDataset", "filepath": "sftp://host/x"}, "paramiko"),
        ({"type": "json.JSONDataset", "filepath": "https://host/x"}, "aiohttp"),
    ],
)
def test_the_package_that_reads_for_another_is_needed_too(tmp_path, entry, package):
    assert needed(tmp_path, entry) == {package}
    assert needed(tmp_path, entry, f"parse\n{package}\n") == set()


@pytest.mark.parametrize(
    ("entry", "lists"),
    [
        ({"type": "pandas.ExcelDataset", "load_args": {"engine": "calamine"}}, "parse\n"),
        ({"type": "pandas.ParquetDataset"}, "fastparquet\n"),
        ({"type": "pandas.ParquetDataset"}, "kedro-datasets[pandas-parquetdataset]\n"),
        ({"type": "pandas.XMLDataset"}, "parse\n"),
        ({"type": "pickle.PickleDataset"}, "parse\n"),
        ({"type": "api.APIDataset", "url": "https://host"}, "parse\n"),
    ],
)
def test_a_package_that_may_not_be_needed_is_not_missed(tmp_path, entry, lists):
    assert needed(tmp_path, entry, lists) == set()
