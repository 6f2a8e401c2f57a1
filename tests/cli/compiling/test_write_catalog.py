"""``compile --write-catalog``, through the command line: what is written, refused and said."""

import shutil
from pathlib import Path

import pytest

from kedro_batch.scaffold.demo_project import DemoView, write_demo_project
from tests.support import command_line
from tests.support.forked import kedro_batch
from tests.support.projects import DIAMOND, KEDRO_VERSION, json_catalog, write_project
from tests.support.users import IS_ROOT

FLIGHTS = ("compile", "--env=aws_batch", "--write-catalog=s3://flights-data/a")
FILE = "conf/aws_batch/catalog_kedro_batch.yml"
LOCK = '[[package]]\nname = "kedro-datasets"\n'
SETTINGS = "job_queue: a_queue\njob_definition: a_definition:2\n"


def project_with(folder: Path, catalog: str | None = None, registry: str = DIAMOND, **conf: str | None) -> Path:
    named = {f"{name.replace('__', '/')}.yml": content for name, content in conf.items()}
    project = write_project(
        folder / "project",
        registry=registry,
        conf={"base/aws_batch.yml": SETTINGS, "base/catalog.yml": catalog or json_catalog(), **named},
    )
    (project / "requirements.txt").write_text("kedro-datasets\ns3fs\n")
    return project


def written(project: Path, *words: str, code: int = 0, env: dict[str, str] | None = None) -> str:
    """Write the catalog; return what is said."""
    ended = kedro_batch(*FLIGHTS, *words, cwd=project, env=env)
    assert (ended.code, ended.out) == (code, b""), ended.err
    return ended.err


def last_command(said: str) -> list[str]:
    """Return the words of the command that comes next, after its program."""
    return said.splitlines()[-1].partition("kedro-batch ")[2].split()


def compiles_clean(project: Path, *words: str) -> None:
    ended = kedro_batch("compile", "--env=aws_batch", "--strict", *words, "-o", "plan.yaml", cwd=project)
    assert ended.code == 0, ended.err


def test_the_catalog_is_not_written_through_a_link_out_of_the_project(tmp_path):
    project = project_with(tmp_path / "here", json_catalog("raw", "numbers", "total"))
    (tmp_path / "elsewhere").mkdir()
    (project / "conf" / "aws_batch").symlink_to(tmp_path / "elsewhere")
    said = written(project, code=2)
    assert (
        "Error: cannot write conf/aws_batch/catalog_kedro_batch.yml: a symbolic link leads out of the project" in said
    )
    assert not list((tmp_path / "elsewhere").iterdir())


def test_the_catalog_is_written_into_a_new_environment_and_the_project_compiles_clean(tmp_path):
    project = project_with(tmp_path, json_catalog("raw", "numbers", "total"))
    said = written(project)
    assert (project / FILE).read_text() == (
        "# Written by kedro-batch: what the jobs on AWS Batch share is on S3.\n"
        "# To write it again: kedro-batch compile --env=aws_batch --write-catalog s3://flights-data/a --force\n"
        "# You may edit it. What other catalog files of this folder define is left out here: Kedro takes a key once.\n"
        "\n"
        "left:\n  type: pickle.PickleDataset\n  filepath: s3://flights-data/a/in_memory/left.pickle\n"
        "\n"
        "numbers:\n  type: json.JSONDataset\n  filepath: s3://flights-data/a/data/numbers.json\n"
        "\n"
        "raw:\n  type: json.JSONDataset\n  filepath: s3://flights-data/a/data/raw.json\n"
        "\n"
        "right:\n  type: pickle.PickleDataset\n  filepath: s3://flights-data/a/in_memory/right.pickle\n"
        "\n"
        "total:\n  type: json.JSONDataset\n  filepath: s3://flights-data/a/data/total.json\n"
    )
    assert said == (
        f"wrote {FILE}\n"
        "  3 entries name a place in s3://flights-data/a instead of one on this machine: numbers, raw, total\n"
        "  2 entries are new, and pickle what was only in memory: left, right\n"
        "The jobs read their inputs from S3. Once the bucket is there, upload them:\n\n"
        "    kedro-batch compile --env=aws_batch --write-catalog=s3://flights-data/a --upload\n\n"
        "or with the AWS CLI:\n\n"
        "    aws s3 cp data/raw.json s3://flights-data/a/data/raw.json  # raw is not on this machine\n\n"
        "Next: kedro-batch compile --env=aws_batch --strict -o plan.yaml\n"
    )
    compiles_clean(project)
    # What the last line says can be done.
    assert kedro_batch(*last_command(said), cwd=project).code == 0


def test_written_again_it_is_the_same_whatever_the_hash_seed(tmp_path):
    project = project_with(tmp_path, '"{any}":\n  type: json.JSONDataset\n  filepath: data/{any}.json\n')
    first = written(project)
    before = (project / FILE).read_bytes()
    assert b'"{any}":\n  type: json.JSONDataset\n  filepath: s3://flights-data/a/data/{any}.json\n' in before
    assert written(project) == first.replace(f"wrote {FILE}", f"{FILE} is up to date")
    (project / FILE).unlink()
    ended = command_line.kedro_batch(*FLIGHTS, cwd=project, env={"PYTHONHASHSEED": "1"})
    assert ended.code == 0, ended.err
    assert (project / FILE).read_bytes() == before


def test_a_file_that_differs_is_overwritten_only_with_force(tmp_path):
    project = project_with(tmp_path)
    written(project)
    good = (project / FILE).read_text()
    for edited in (good.replace("/a/", "/b/"), "no: [yaml", "\udcff"):
        (project / FILE).write_text(edited, errors="surrogateescape")
        refused = written(project, code=2)
        assert "\n-" in refused or refused.startswith("--- ")
        assert "+  filepath: s3://flights-data/a/data/left.json" in refused
        command = f"kedro-batch {' '.join(FLIGHTS)} --force"
        assert refused.endswith(f"exists and differs, so nothing was written. To overwrite it: {command}\n")
        assert (project / FILE).read_text(errors="surrogateescape") == edited
    assert f"wrote {FILE}" in written(project, "--force")
    assert (project / FILE).read_text() == good


@pytest.mark.parametrize("change", [("\n", "\r\n"), ("#", "\ufeff#", 1)])
def test_a_file_that_differs_in_line_ends_or_a_byte_order_mark_alone_is_up_to_date(tmp_path, change):
    project = project_with(tmp_path)
    written(project)
    other = (project / FILE).read_text().replace(*change).encode()
    (project / FILE).write_bytes(other)
    assert written(project).startswith(f"{FILE} is up to date\n")
    assert (project / FILE).read_bytes() == other


def test_entries_that_force_takes_away_or_changes_are_named(tmp_path):
    project = project_with(tmp_path, json_catalog("raw", "numbers"))
    written(project)
    mine = (project / FILE).read_text().replace("in_memory/total.pickle", "mine.pickle")
    (project / FILE).write_text(mine)
    assert written(project, "--force", "--pipelines=half").startswith(
        f"wrote {FILE}\n"
        "  no longer there: right, total. To keep what other pipelines need, name them all: --pipelines=a,b\n"
    )
    (project / FILE).write_text(mine)
    assert written(project, "--force").startswith(f"wrote {FILE}\n  changed back: total\n")
    (project / FILE).write_text("no: [yaml")
    assert written(project, "--force").startswith(f"wrote {FILE}\n  2 entries name a place ")


def test_what_strict_would_refuse_comes_before_the_command_and_can_be_done(tmp_path):
    project = project_with(tmp_path, json_catalog().replace("left.json\n", "left.json\n  versioned: true\n"))
    said = written(project)
    assert "warning versioned_boundary: left: " in said
    assert (
        "  1. Accept that the newest version is read: write versioned_boundary: [left] under accept in "
        "conf/base/aws_batch.yml. Then start one run at a time\n"
    ) in said
    command = last_command(said)
    assert kedro_batch(*command, cwd=project).code == 4
    (project / "conf/base/aws_batch.yml").write_text(f"{SETTINGS}accept:\n  versioned_boundary: [left]\n")
    assert kedro_batch(*command, cwd=project).code == 0
    assert "Accept" not in written(project)


def test_other_warnings_are_to_be_corrected_first_and_entries_to_paste_have_the_folder(tmp_path):
    project = project_with(tmp_path, aws_batch__catalog=json_catalog("left"))
    said = written(project)
    assert "Entries for the catalog, in place of those of the same name:\n" in said
    assert "filepath: s3://flights-data/a/data/left.json\n" in said
    assert "  1. Correct the warning above, which --strict refuses\n" in said
    (project / "conf/aws_batch/catalog.yml").write_text(said.partition("same name:\n\n")[2].partition("\nNext:")[0])
    assert kedro_batch(*last_command(said), cwd=project).code == 0


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("requirements.txt", "kedro-datasets", "Add s3fs to requirements.txt: without it, no job can open s3://"),
        (
            "requirements.lock",
            "kedro-datasets==1",
            "Add s3fs to what requirements.lock is made of, and make it again: without it, no job can open s3://",
        ),
        ("uv.lock", LOCK, "Run `uv add s3fs`: without it, no job can open s3://"),
        ("environment.yml", "kedro-datasets", "Add s3fs to environment.yml: without it, no job can open s3://"),
        ("nothing.txt", "", "See that the image has s3fs: without it, no job can open s3://"),
    ],
)
def test_s3fs_comes_first_where_no_list_of_packages_has_it(tmp_path, file, content, says):
    project = project_with(tmp_path)
    (project / "requirements.txt").unlink()
    (project / file).write_text(content)
    following = written(project).partition("Next:\n")[2].splitlines()
    assert following == [f"  1. {says}", "  2. kedro-batch compile --env=aws_batch --strict -o plan.yaml"]


def test_other_packages_that_are_not_listed_are_added_with_it(tmp_path):
    catalog = "raw: {type: pandas.ExcelDataset, filepath: data/raw.xlsx}\n"
    project = project_with(tmp_path, json_catalog("numbers", "left", "right", "total") + catalog)
    (project / "requirements.txt").write_text("kedro-datasets[s3fs]\npandas\n")
    assert "  1. Add openpyxl to requirements.txt: the image needs it\n" in written(project)
    (project / "requirements.txt").write_text("kedro-datasets\npandas\n")
    assert "  1. Add s3fs, openpyxl to requirements.txt: without s3fs, no job can open s3://\n" in written(project)


def test_shared_paths_that_leave_nothing_to_write_are_named(tmp_path):
    project = project_with(tmp_path, base__aws_batch=f"{SETTINGS}shared_paths: [data]\n")
    assert written(project).startswith(
        f"nothing to write in {FILE}: no dataset of these jobs needs an entry. shared_paths in "
        "conf/base/aws_batch.yml says that all containers see data: where they do not, take it out\n"
    )


def test_force_writes_no_other_file(tmp_path):
    project = project_with(tmp_path, aws_batch__catalog=json_catalog("left").replace("data/", "s3://o/"))
    before = {file: file.read_bytes() for file in project.rglob("*") if file.is_file()}
    written(project, "--force")
    after = {file: file.read_bytes() for file in project.rglob("*") if file.is_file() and file.suffix != ".pyc"}
    assert {file for file in after if after[file] != before.get(file)} == {project / FILE}


def test_quiet_says_nothing(tmp_path):
    project = project_with(tmp_path)
    assert written(project, "-q") == ""
    assert (project / FILE).is_file()


def test_what_other_files_of_the_environment_define_is_left_out_and_said_if_it_is_local(tmp_path):
    project = project_with(
        tmp_path,
        aws_batch__catalog=json_catalog("left").replace("data/", "s3://o/"),
        aws_batch__catalogs__x=None,
        **{"aws_batch__catalog_more/catalog": json_catalog("right")},
    )
    said = written(project)
    text = (project / FILE).read_text()
    assert "\nleft:" not in text
    assert "\nright:" not in text
    assert (
        "1 dataset left out:\n"
        "  right: its entry is in conf/aws_batch/catalog_more/catalog.yml, which wins: change it there\n"
    ) in said
    assert "warning local_boundary: right: " in said
    assert written(project) == said.replace(f"wrote {FILE}", f"{FILE} is up to date")


def test_what_is_merged_from_globals_and_templates_is_written_as_it_is_and_what_is_computed_is_left_out(tmp_path):
    catalog = """
        _json:
          type: json.JSONDataset
        _today: data/${runtime_params:day, monday}
        raw:
          type: ${_json.type}
          filepath: ${globals:folder}/raw.json
        numbers: {type: json.JSONDataset, filepath: "data/${runtime_params:day, monday}/numbers.json"}
        left: {type: json.JSONDataset, filepath: "${_today}/left.json"}
        right: {type: json.JSONDataset, filepath: "${globals:now}/right.json"}
        total: {type: json.JSONDataset, filepath: data/total.json}
        """
    project = project_with(
        tmp_path,
        catalog,
        base__globals="folder: data/base\nnow: ${stamp:}\n",
        aws_batch__globals="folder: data/of_jobs\n",
    )
    settings = """
CONFIG_LOADER_ARGS = {
    "base_env": "base", "default_run_env": "local", "custom_resolvers": {"stamp": lambda: "data/now"}
}
"""
    (project / "src/a_project/settings.py").write_text(settings)
    said = written(project)
    text = (project / FILE).read_text()
    assert "raw:\n  type: json.JSONDataset\n  filepath: s3://flights-data/a/data/of_jobs/raw.json\n" in text
    assert "\ntotal:" in text
    for name in ("left", "numbers", "right"):
        assert f"\n{name}:" not in text
        assert f"\n  {name}: its entry calls a resolver, whose value may change or be secret: write the entry" in said
    assert f"{FILE} is up to date" in written(project)


def test_options_that_a_soft_merge_would_keep_are_told(tmp_path):
    catalog = json_catalog("raw", "left", "total").replace(
        "total.json\n", "total.json\n  fs_args: {auto_mkdir: true}\n"
    )
    project = project_with(tmp_path, catalog + "numbers: {type: MemoryDataset, copy_mode: copy}\n")
    (project / "src/a_project/settings.py").write_text(
        'CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "local", "merge_strategy": {"catalog": "soft"}}\n'
    )
    said = written(project, code=4)
    why = "the project merges catalogs softly (merge_strategy), so its option"
    assert f"\n  numbers: {why} copy_mode would stay, and does not fit: take it out of the entry\n" in said
    assert f"\n  total: {why} fs_args would stay" in said
    assert "\nleft:\n" in (project / FILE).read_text()


def test_an_entry_with_a_credential_is_left_out_and_its_value_not_shown(tmp_path):
    project = project_with(tmp_path, json_catalog() + "  fs_args: {secret: hunter2hunter2}\n")
    said = written(project)
    assert "total: its filepath is data/total.json. Its entry may hold a credential" in said
    assert "hunter2" not in said + (project / FILE).read_text()


def test_errors_that_no_catalog_takes_away_are_told_and_the_catalog_is_written(tmp_path):
    project = project_with(tmp_path, json_catalog("numbers"))
    said = written(project, code=4)
    assert f"wrote {FILE}" in said
    assert "Error: the project cannot run on AWS Batch as it is:\n  error missing_input: raw: " in said
    assert "Next:" not in said


def test_what_is_no_matter_of_the_catalog_stays_and_is_said(tmp_path):
    project = project_with(tmp_path, json_catalog().replace("left.json\n", "left.json\n  versioned: true\n"))
    assert "warning versioned_boundary: left: " in written(project)
    assert "filepath: s3://flights-data/a/data/left.json\n  versioned: true\n" in (project / FILE).read_text()
    assert "error versioned_boundary: left: " in written(project, "--strict", code=4)


def test_no_queue_and_no_definition_are_needed_yet(tmp_path):
    project = project_with(tmp_path, base__aws_batch=None)
    said = written(project)
    assert said.endswith(
        "Next:\n"
        "  1. Write job_queue and job_definition in conf/aws_batch/aws_batch.yml\n"
        "  2. kedro-batch compile --env=aws_batch --strict -o plan.yaml\n"
    )
    assert "over_limit" not in said


def test_where_nothing_needs_an_entry_nothing_is_written(tmp_path):
    project = project_with(tmp_path, json_catalog().replace("data/", "s3://o/"))
    said = written(project)
    assert said == (
        f"nothing to write in {FILE}: no dataset of these jobs needs an entry\n"
        "No environment 'aws_batch' was made: there is nothing to keep in it\n"
    )
    assert not (project / "conf/aws_batch").exists()


def test_where_nothing_can_be_moved_nothing_is_written_and_the_reasons_are_told(tmp_path):
    project = project_with(tmp_path, json_catalog().replace(".json\n", "#.json\n"))
    said = written(project)
    assert said.startswith(f"nothing to write in {FILE}: no entry can be made\n5 datasets left out:\n")
    assert "\n  left: its filepath is data/left#.json. Its path has #" in said


def test_a_file_that_no_dataset_needs_any_more_may_become_empty(tmp_path):
    project = project_with(tmp_path)
    written(project)
    (project / "conf/base/catalog.yml").write_text(json_catalog().replace("data/", "s3://o/"))
    assert "-left:\n" in written(project, code=2)
    written(project, "--force")
    lines = (project / FILE).read_text().splitlines()
    assert lines
    assert all(line.startswith("# ") for line in lines)
    compiles_clean(project)


def test_the_selection_and_the_grouping_count_and_stand_in_the_file(tmp_path):
    project = project_with(tmp_path, json_catalog("raw"))
    written(project, "--pipelines=half", "--to-nodes=go_left", "--group-by=chain")
    text = (project / FILE).read_text()
    words = "--pipelines=half --env=aws_batch --to-nodes=go_left --group-by=chain --write-catalog s3://flights-data/a"
    assert f"\n# To write it again: kedro-batch compile {words} --force\n" in text
    assert [line for line in text.splitlines() if line.endswith(":")] == ["left:", "raw:"]


def test_the_project_may_be_elsewhere_and_the_commands_fit_the_working_directory(tmp_path):
    project = project_with(tmp_path)
    (project / "data").mkdir()
    (project / "data/raw.json").write_text("[1]")
    ended = kedro_batch(*FLIGHTS, "--project=project", "--params=x=1", cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert "    aws s3 cp project/data/raw.json s3://flights-data/a/data/raw.json\n" in ended.err
    (following,) = [line for line in ended.err.splitlines() if line.startswith("Next: ")]
    assert following == (
        "Next: kedro-batch compile --project=project --env=aws_batch --params=x=1 --strict -o project/plan.yaml"
    )
    assert kedro_batch(*following.split()[2:], cwd=tmp_path).code == 0


def test_inputs_get_commands_that_a_shell_takes(tmp_path):
    catalog = """
        raw: {type: partitions.PartitionedDataset, path: data/my parts, dataset: json.JSONDataset}
        numbers: {type: json.JSONDataset, filepath: "data/n*.json"}
        """
    project = project_with(tmp_path, catalog)
    (project / "data/my parts").mkdir(parents=True)
    said = written(project, "--from-nodes=go_right", "--to-nodes=go_right")
    assert "    aws s3 cp --recursive 'data/my parts' 's3://flights-data/a/data/my parts'\n" in said
    assert "    aws s3 cp --recursive data s3://flights-data/a/data --exclude '*' --include 'n*.json'\n" in said


def test_the_environment_may_come_from_the_variable(tmp_path):
    project = project_with(tmp_path)
    ended = kedro_batch("compile", "--write-catalog=s3://flights-data", cwd=project, env={"KEDRO_ENV": "cloud"})
    assert ended.code == 0, ended.err
    assert "--env=cloud" in (project / "conf/cloud/catalog_kedro_batch.yml").read_text()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--write-catalog=s3://flights-data"], "--write-catalog needs an environment"),
        (["--write-catalog=flights-data", "--env=e"], "'flights-data' is not a URL: write s3://flights-data"),
        (["--write-catalog=gs://flights-data", "--env=e"], "'gs' is not Amazon S3"),
        (["--write-catalog=s3://<bucket>", "--env=e"], "is to be filled in"),
        (["--write-catalog=s3://flights-data", "--env=base"], "the environment that all others are merged over"),
        (["--write-catalog=s3://flights-data", "--env=local"], "the environment of runs that name none"),
        (["--write-catalog=s3://flights-data", "--env=../x"], "is a path"),
        (["--write-catalog=s3://flights-data", "--env=e", "-o", "plan.yaml"], "cannot go together with --output"),
        (
            ["--write-catalog=s3://flights-data", "--env=e", "--check=plan.yaml", "--explain=x", "--json"],
            "cannot go together with --check, --explain, --json",
        ),
        (["--write-catalog=s3://flights-data", "--env=e", "--resolve-image"], "together with --resolve-image"),
        (["--force"], "--force goes with --write-catalog"),
        (["--upload"], "--upload goes with --write-catalog"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(project, words, says):
    before = sorted(project.rglob("*.yml"))
    ended = kedro_batch("compile", *words, cwd=project)
    assert (ended.code, ended.out) == (2, b"")
    assert says in ended.err
    assert sorted(project.rglob("*.yml")) == before
    assert not (project / "conf/e").exists()


def test_a_config_loader_that_would_not_read_the_file_is_refused(tmp_path):
    project = project_with(tmp_path)
    patterns = 'CONFIG_LOADER_ARGS = {"base_env": "base", "config_patterns": {"catalog": ["catalog.yml"]}}\n'
    (project / "src/a_project/settings.py").write_text(patterns)
    said = written(project, code=4)
    assert f"would not read {FILE}: its config_patterns for the catalog, in settings.py, do not match" in said


OWN_LOADER = """
from kedro.config import AbstractConfigLoader, OmegaConfigLoader


class Loader(AbstractConfigLoader):
    def __init__(self, conf_source, env=None, runtime_params=None, **more):
        super().__init__(conf_source, env, runtime_params)
        self._inner = OmegaConfigLoader(conf_source, env, runtime_params, **more)

    def __getitem__(self, name):
        return self._inner[name]


CONFIG_LOADER_CLASS = Loader
CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "local"}
"""


def test_a_config_loader_that_cannot_leave_a_file_out_is_told_what_to_do(tmp_path):
    project = project_with(tmp_path)
    (project / "src/a_project/settings.py").write_text(OWN_LOADER)
    assert f"wrote {FILE}" in written(project)
    said = written(project, code=4)
    assert f"cannot read the catalog without {FILE}: the project's config loader is its own" in said
    (project / FILE).unlink()
    assert f"wrote {FILE}" in written(project)


def test_the_demo_compiles_clean_with_its_catalog(tmp_path):
    pytest.importorskip("sklearn", reason="the project needs scikit-learn")
    demo = tmp_path / "demo"
    write_demo_project(demo, DemoView(kedro_version=KEDRO_VERSION))
    settings = demo / "conf/base/aws_batch.yml"
    settings.write_text(settings.read_text().replace("shared_paths: [data]", ""))
    said = written(demo)
    assert "  9 entries name a place in s3://flights-data/a instead" in said
    assert "note unlisted_package: pyproject.toml: s3fs is not listed" in said
    assert "    aws s3 cp data/01_raw/companies.csv s3://flights-data/a/data/01_raw/companies.csv\n" in said
    compiles_clean(demo)


@pytest.mark.long
def test_spaceflights_compiles_clean_with_its_catalog(tmp_path):
    pytest.importorskip("sklearn", reason="the project needs scikit-learn")
    project = tmp_path / "spaceflights"
    shutil.copytree(Path(__file__).parents[2] / "projects/spaceflights", project)
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('"1.0.0"', f'"{KEDRO_VERSION}"'))
    settings = project / "conf/aws_batch/aws_batch.yml"
    settings.write_text(settings.read_text().replace("shared_paths: [data]", ""))
    said = written(project)
    assert "  10 entries name a place in s3://flights-data/a instead" in said
    assert '\n"{name}#split":\n  type: pickle.PickleDataset\n' in (project / FILE).read_text()
    compiles_clean(project)


def test_a_folder_in_place_of_the_file_is_told(tmp_path):
    project = project_with(tmp_path)
    (project / FILE).mkdir(parents=True)
    assert written(project, "--force", code=2) == f"Error: {FILE} is a folder, and has to be a file: move it away\n"


def test_what_a_resolver_computes_gets_no_entry_to_paste(tmp_path):
    computed = "numbers: {type: json.JSONDataset, filepath: 'data/${runtime_params:day, monday}.json'}\n"
    said = written(project_with(tmp_path, json_catalog("raw", "left", "right", "total") + computed))
    assert "numbers: its entry calls a resolver" in said
    assert "Entries for the catalog" not in said


def test_a_file_in_place_of_the_folder_is_told(tmp_path):
    project = project_with(tmp_path)
    (project / "conf/aws_batch").write_text("a file")
    assert "conf/aws_batch" in written(project, code=2)


@pytest.mark.skipif(IS_ROOT, reason="root may write everywhere: run the tests as another user")
def test_a_folder_in_which_nothing_may_be_written_is_told(tmp_path):
    project = project_with(tmp_path)
    (project / "conf").chmod(0o500)
    assert "Permission denied" in written(project, code=2)
    (project / "conf").chmod(0o700)
