import subprocess
from dataclasses import replace

import pytest

from kedro_batch.compiler.project.conf_folder import Configuration
from kedro_batch.errors import ConfigError, ProjectError

TARGET = {"job_queue": "q", "job_definition": "d"}


def configuration(root, sections=None, conf_source="conf", default_env="local", error=None):
    """Return a configuration whose sections are these, by environment and name."""

    def read(env, name):
        if error is not None:
            raise ConfigError(error)
        return (sections or {}).get((env, name), {})

    return Configuration(root=root, conf_source=conf_source, base_env="base", default_env=default_env, read=read)


@pytest.fixture
def root(tmp_path):
    for env in ("base", "prod", ".hidden"):
        (tmp_path / "conf" / env).mkdir(parents=True)
    (tmp_path / "conf" / "README.md").touch()
    return tmp_path


def write(root, env, content, name="aws_batch.yml"):
    (root / "conf" / env / name).write_text(content)


def test_environments_are_the_folders_beside_the_base(root):
    (root / "conf" / "a").mkdir()
    assert configuration(root).environments() == ("a", "prod")
    assert configuration(root, conf_source="s3://bucket/conf").environments() == ()


@pytest.mark.parametrize(
    ("conf_source", "env", "message"),
    [
        ("nowhere", None, "the project has no configuration: nowhere is not a folder"),
        (
            "conf",
            "prd",
            "no environment is named 'prd': conf/prd is not a folder. Did you mean 'prod'? Choose one of: ",
        ),
        ("/nowhere/conf", None, "the project has no configuration: /nowhere/conf is not a folder"),
    ],
)
def test_a_missing_folder_is_refused(root, conf_source, env, message):
    with pytest.raises(ProjectError) as raised:
        configuration(root, conf_source=conf_source).refuse_missing_folders(env)
    assert str(raised.value).startswith(message)


def test_archives_and_remote_places_are_not_looked_into(root):
    (root / "conf.tar.gz").touch()
    for conf_source in ("conf.tar.gz", "s3://bucket/conf"):
        remote = configuration(root, conf_source=conf_source)
        remote.refuse_missing_folders("prod")
        assert (remote.folder, remote.missing_env_folder) == (None, None)
    assert configuration(root, conf_source="conf.tar.gz").location == str(root / "conf.tar.gz")
    assert configuration(root, conf_source="s3://bucket/conf").location == "s3://bucket/conf"


def test_a_missing_default_environment_counts_as_empty(root):
    sections = {("base", "catalog"): {"a": 1}, (None, "catalog"): {"b": 1}, ("prod", "catalog"): {"c": 1}}
    missing = configuration(root, sections)
    assert missing.missing_env_folder == "conf/local"
    assert [missing.section(env, "catalog") for env in (None, "prod")] == [{"a": 1}, {"c": 1}]
    (root / "conf" / "local").mkdir()
    assert configuration(root, sections).missing_env_folder is None
    assert configuration(root, sections).section(None, "catalog") == {"b": 1}


@pytest.mark.parametrize(
    ("conf_source", "env", "file"),
    [
        ("conf", None, "conf/base/catalog.yml"),
        ("conf", "prod", "conf/prod/catalog.yml"),
        ("s3://bucket/conf/", "prod", "s3://bucket/conf/prod/catalog.yml"),
        ("/etc/conf", None, "/etc/conf/base/catalog.yml"),
    ],
)
def test_messages_name_the_file_to_write(root, conf_source, env, file):
    assert configuration(root, conf_source=conf_source).file_for(env, "catalog") == file


def test_the_files_are_those_of_the_environment_before_the_base(root):
    write(root, "base", "job_queue: q\n")
    write(root, "prod", "job_definition: d\n")
    write(root, "prod", "{}", "aws_batch.json")
    write(root, "prod", "", "aws_batch.txt")
    source = configuration(root, {("prod", "aws_batch"): TARGET}).read_aws_batch("prod")
    assert list(source.files) == [
        "conf/prod/aws_batch.json",
        "conf/prod/aws_batch.yml",
        "conf/base/aws_batch.yml",
    ]
    assert source.expected_file == "conf/prod/aws_batch.json"
    assert configuration(root).read_aws_batch(None).expected_file == "conf/base/aws_batch.yml"


def test_the_parameters_of_the_older_guide_are_read_only_if_needed(root):
    sections = {("prod", "parameters"): {"aws_batch": TARGET}}
    assert configuration(root, sections).read_aws_batch("prod").target == TARGET
    complete = configuration(root, sections | {("prod", "aws_batch"): {"job_queue": "p", "job_definition": "e"}})
    assert complete.read_aws_batch("prod").parameters == {}
    odd = configuration(root, {("prod", "parameters"): {"aws_batch": "text"}})
    assert odd.read_aws_batch("prod").target == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [\n", "conf/base/aws_batch.yml:2: is not valid YAML: "),
        ("- a\n", "conf/base/aws_batch.yml: must be a mapping of settings"),
        ("a: 1\na: 2\n", "conf/base/aws_batch.yml:2: a: the key is here twice, first in line 1"),
        ("a: &x 1\n", "kedro says so"),  # an anchor is forbidden in plans alone
    ],
)
def test_a_file_that_kedro_cannot_read_is_named_with_its_line(root, content, message):
    write(root, "base", content)
    with pytest.raises(ConfigError) as raised:
        configuration(root, error="kedro says so").read_aws_batch("prod")
    assert message in str(raised.value)


def test_a_file_that_kedro_does_not_see_because_of_the_folder_is_explained(tmp_path):
    root = tmp_path / "odd [1]"
    (root / "conf" / "base").mkdir(parents=True)
    write(root, "base", "job_queue: q\n")
    with pytest.raises(ConfigError, match=r"Kedro does not find conf/base/aws_batch.yml: .* Rename the folder"):
        configuration(root).read_aws_batch(None)


def credential_names(root, env=None):
    return replace(configuration(root), credentials_patterns=("credentials*", "**/credentials*")).find_credential_names(
        env
    )


def test_credentials_of_the_default_environment_are_left_out_unless_it_is_named(root):
    (root / "conf" / "local").mkdir()
    write(root, "local", "a: {}\nb: {}\n_c: {}\n", "credentials.yml")
    write(root, "base", "b: {}\n", "credentials_of_base.yml")
    found = credential_names(root)
    assert (found.folders, found.shipped) == (("conf/local", "conf/base"), {"b"})
    assert found.left_out["a"] == "conf/local, which images usually do not have"
    assert credential_names(root, "local").shipped == {"a", "b"}
    write(root, "base", "- a\n", "credentials.yml")
    assert credential_names(root) is None


@pytest.mark.parametrize("env", ["base", "prod"])
def test_credentials_in_a_file_that_git_ignores_are_left_out(root, env):
    (root / "pyproject.toml").touch()
    (root / ".gitignore").write_text("conf/**/*credentials*\n")
    for words in (["init"], ["add", "."]):
        subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)
    write(root, env, "a: {}\n", "credentials.yml")
    assert credential_names(root, env).left_out == {"a": f"conf/{env}/credentials.yml, which git leaves out of images"}
    subprocess.run(["git", "add", "-f", "conf"], cwd=root, check=True, capture_output=True)
    assert credential_names(root, env).shipped == {"a"}


def misnamed(root, env=None):
    return configuration(root, {(env, "aws_batch"): TARGET}).read_aws_batch(env).misnamed


@pytest.mark.parametrize("name", ["aws-batch.yml", "awsbatch.yaml", ".aws_batch.yml", "aws.batch.yml", "aws_batch"])
def test_a_misnamed_file_is_seen_beside_a_complete_one(root, name):
    write(root, "base", "job_queue: q\njob_definition: d\n")
    write(root, "base", "memory_mib: 4096\n", name)
    assert misnamed(root) == {f"conf/base/{name}": "move them to conf/base/aws_batch.yml"}
    (root / "conf" / "base" / name).rename(root / "conf" / "prod" / name)
    assert misnamed(root) == {}
    assert misnamed(root, "prod") == {f"conf/prod/{name}": "rename it to conf/prod/aws_batch.yml"}


@pytest.mark.parametrize(
    ("name", "content", "todo"),
    [
        ("aws_batch_prod.yml", "aws_batch:\n  memory: 2GB\n", "move it to conf/prod/aws_batch.yml"),
        ("batch.yml", "jobQueue: q\n", "rename it to conf/base/aws_batch.yml"),
        ("aws_batch.toml", "memory_mib = 1\n", "write them as YAML in conf/base/aws_batch.yml"),
    ],
)
def test_a_file_of_another_name_is_seen_if_it_has_settings(root, name, content, todo):
    write(root, "base", content, name)
    assert misnamed(root) == {f"conf/base/{name}": todo}


@pytest.mark.parametrize(
    "name",
    [
        *("batch_parameters.yml", "parameters_batch.yml", "catalog_aws_batch.yml", "aws_batch.py", "aws_batch.yml.bak"),
        *("aws_batch_example.yml", "aws-batch.yml.template", "aws_batch.prod.yml", "my_batch.yml"),
    ],
)
def test_files_of_other_names_and_copies_that_are_put_aside_are_no_misnamed_ones(root, name):
    write(root, "base", "job_queue: q\njob_definition: d\n", name)
    assert misnamed(root) == {}


@pytest.mark.parametrize("name", ["batch.yml", "aws_batch_jobs.yml"])
def test_files_without_settings_are_no_misnamed_ones(root, name):
    write(root, "base", "size: 5\ndataset: x\n", name)
    assert misnamed(root) == {}


@pytest.mark.parametrize("name", ["catalog.yml", "catalog/deep/raw.yml", "deep/catalog_raw.yml", "globals.yml"])
def test_a_key_that_is_twice_in_a_file_of_a_section_is_named_with_its_file(root, name):
    file = root / "conf" / "base" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("a: 1\nb: 1\na: 1\n1: 1\n")
    write(root, "base", "a: 1\na: 1\n", "parameters.yml")
    with pytest.raises(ConfigError) as raised:
        configuration(root, error="line 3: found duplicate key a").section(None, "catalog")
    assert str(raised.value) == (
        f"cannot read the configuration 'catalog':\n  conf/base/{name}:3: a: the key is here twice, first in line 1"
    )
    with pytest.raises(ConfigError, match="something else"):
        configuration(root, error="something else").section(None, "catalog")
