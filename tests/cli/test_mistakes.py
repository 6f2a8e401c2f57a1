"""What a new user gets wrong: each has one clear message, the right exit code, and no traceback."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.support.command_line import Ended, run
from tests.support.forked import kedro_batch
from tests.support.plans import write_plan
from tests.support.projects import DIAMOND, TARGET, write_project

DIAGNOSTIC = """
from kedro.framework.project import find_pipelines


def register_pipelines():
    pipelines = find_pipelines({options})
    pipelines["__default__"] = sum(pipelines.values())
    return pipelines
"""
CREATE = "\n\ndef create_pipeline(**_):\n    return register_pipelines()['__default__']\n"


def add_pipeline(project: Path, name: str, source: str) -> None:
    folder = project / "src" / "a_project" / "pipelines" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder.parent / "__init__.py").touch()
    (folder / "__init__.py").write_text(source)


EMPTY_TARGET = {"base/aws_batch.yml": None}


def refused(project: Path, *words: str, code: int = 4) -> str:
    ended = kedro_batch("compile", *words, cwd=project)
    return message(ended, code)


def message(ended: Ended, code: int) -> str:
    assert ended.code == code, ended.err
    assert ended.out == b""
    assert "Traceback" not in ended.err
    return ended.err


def test_no_project(tmp_path):
    assert "no Kedro project in " in refused(tmp_path)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (
            ["--pipelines=haf"],
            "no pipeline is named 'haf'. Did you mean 'half'?\nChoose one of: __default__, half\n",
        ),
        (
            ["--env=prodd"],
            "no environment is named 'prodd': conf/prodd is not a folder. Did you mean 'prod'?",
        ),
        (["--nodes=go_lef"], "  --nodes: there is no 'go_lef'. Did you mean 'go_left'?\n"),
        (["--tags=nope"], "the selection does not match the pipeline __default__: "),
        (["--namespaces=nope"], "  --namespaces: there is no 'nope'.\n"),
        (["--from-inputs=nope"], "  --from-inputs: there is no 'nope'.\n"),
        (["--to-outputs=totl"], "  --to-outputs: there is no 'totl'. Did you mean 'total'?\n"),
        (["--load-versions=rwa:x"], "--load-versions: no selected node reads 'rwa'. Did you mean 'raw'?"),
    ],
)
def test_a_selection_that_the_project_does_not_have(tmp_path, words, part):
    project = write_project(tmp_path, conf={"prod/parameters.yml": "x: 1\n"})
    assert part in refused(project, *words)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--env=/etc"], "--env: '/etc' is a path: name a folder of the configuration"),
        (["--env=../conf/prod"], "--env: '../conf/prod' is a path: name a folder of the configuration"),
        (["-o", "new/"], "--output new/: a file is needed, not a folder"),
        (["--params=x"], "'x' is not of the form key=value"),
        (["--params==1"], "'=1' is not of the form key=value"),
        (["--load-versions=raw:../x"], "the version '../x' is a path, but Kedro takes the name of one folder"),
        (["--load-versions=raw"], "'raw' is not of the form dataset:version"),
        (["--nodes=f([a"], "a square bracket is not closed"),
        (["--conf-source=nowhere"], "--conf-source: nowhere does not exist"),
        (["--project=nowhere"], "'nowhere' does not exist"),
        (["--check=nowhere.yaml"], "cannot read nowhere.yaml: No such file or directory"),
        (["-o", "nowhere/plan.yaml"], "cannot write nowhere/plan.yaml: there is no folder nowhere"),
        (["-o", "a.yaml", "--check", "b.yaml"], "--output and --check cannot go together"),
        (["--pipline=half"], "No such option"),
    ],
)
def test_a_command_line_that_makes_no_sense(project, words, part):
    assert part in refused(project, *words, code=2)


def test_no_queue_and_no_definition_shows_the_lines_to_write(tmp_path):
    project = write_project(tmp_path, conf=EMPTY_TARGET)
    assert refused(project) == (
        "Error: no job_queue and no job_definition in the configuration of the project.\n"
        "Write in conf/base/aws_batch.yml, with the names that you use on AWS:\n\n"
        "    job_queue: spaceflights_queue\n"
        "    job_definition: kedro_run\n\n"
    )
    (project / "conf" / "base" / "aws_batch.yml").write_text("job_queue: q\n")
    assert "no job_definition in the configuration" in refused(project)


def test_settings_of_another_environment_are_found_and_the_command_is_spelled_out(tmp_path):
    project = write_project(tmp_path, conf=EMPTY_TARGET | {"prod/aws_batch.yml": TARGET})
    error = refused(project, "--params", "a=b c", "--nodes=go_left")
    assert "The environment 'prod' has a queue and a definition:\n" in error
    assert "    kedro-batch compile --env=prod --params 'a=b c' --nodes=go_left > plan.yaml\n" in error
    (project / "conf" / "test").mkdir()
    assert "compile --env=prod -o x.yaml\n" in refused(project, "-e", "test", "-o", "x.yaml")


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("job_queue: [\n", "conf/base/aws_batch.yml:2: is not valid YAML: while parsing a flow node"),
        ("job_queue: 5\njob_definition: d\n", "conf/base/aws_batch.yml:1: job_queue: must be text"),
        (
            "job_queue: q\njob_definition: d\ntimout_s: 60\n",
            "conf/base/aws_batch.yml:3: timout_s: unknown field. Did",
        ),
        ("- a\n", "cannot read the configuration 'aws_batch'"),
        (
            "job_queue: ${nowhere}\njob_definition: d\n",
            "conf/base/aws_batch.yml:1: job_queue: Interpolation",
        ),
        (
            "job_queue: q\njob_definition: d\ncontainer_conf_source: /home/me/conf\n",
            ":3: container_conf_source: ",
        ),
        ("", "no job_queue and no job_definition"),
        (TARGET + "tags: {1: a}\n", "conf/base/aws_batch.yml:4: tags.1: the key must be text: put it in quotes"),
        (TARGET + "1: a\n", "conf/base/aws_batch.yml:4: 1: the key 1 must be text: put it in quotes"),
        (TARGET + "resources: {vcpus: .inf}\n", "resources.vcpus: must be a number, found the number inf"),
        (TARGET + "resources: {vcpus: .nan}\n", "resources.vcpus: must be a number, found the number nan"),
        (TARGET + "timeout_s: 99999999999\n", "timeout_s: must be at most 2147483647, found 99999999999"),
        (TARGET + "job_queue: again\n", "conf/base/aws_batch.yml:4: job_queue: the key is here twice, first in line 1"),
    ],
)
def test_a_wrong_configuration(tmp_path, content, part):
    project = write_project(tmp_path, conf={"base/aws_batch.yml": content})
    assert part in refused(project)


@pytest.mark.parametrize(
    ("registry", "part"),
    [
        (
            "import not_installed_anywhere",
            "No module named 'not_installed_anywhere' (src/a_project/pipeline_registry.py",
        ),
        ("def register_pipelines(:", "SyntaxError: "),
        ("raise SystemExit(0)", "cannot load the pipelines in "),
        ("def register_pipelines():\n    return {}", "no pipeline is named '__default__'"),
        (
            "from kedro.pipeline import Pipeline\nregister_pipelines = lambda: {'__default__': Pipeline([])}",
            "the pipeline __default__ has no nodes",
        ),
    ],
)
def test_a_project_that_cannot_be_loaded(tmp_path, registry, part):
    assert part in refused(write_project(tmp_path, registry=registry))


def test_settings_that_cannot_be_imported(tmp_path):
    project = write_project(tmp_path, settings="import not_installed_anywhere\n")
    assert "No module named 'not_installed_anywhere' (src/a_project/settings.py, line 1)" in refused(project)


def test_a_pipeline_module_that_kedro_would_leave_out_silently(tmp_path):
    project = write_project(tmp_path, registry=DIAGNOSTIC.format(options=""))
    add_pipeline(project, "good", DIAMOND + CREATE)
    add_pipeline(project, "bad", "import not_installed_anywhere\n")
    error = refused(project)
    assert (
        "their nodes would be missing in the plan:\n  a_project.pipelines.bad: ModuleNotFoundError: No module named"
        in error
    )
    named = kedro_batch("compile", "--pipelines=good", cwd=project)
    assert named.code == 0, named.err


def test_a_misspelt_pipeline_where_modules_are_imported_on_request(tmp_path):
    for options, project in {"": tmp_path / "a", "raise_errors=True": tmp_path / "b"}.items():
        write_project(project, registry=DIAGNOSTIC.format(options=options))
        add_pipeline(project, "science", DIAMOND + CREATE)
        error = refused(project, "--pipelines=scence")
        assert "no pipeline is named 'scence'. Did you mean 'science'?\nChoose one of: " in error


def test_the_cause_of_a_broken_module_is_told_with_its_place(tmp_path):
    write_project(tmp_path, registry=DIAGNOSTIC.format(options="raise_errors=True"))
    add_pipeline(tmp_path, "science", "\nimport not_installed_anywhere\n")
    error = refused(tmp_path)
    assert "ModuleNotFoundError: No module named 'not_installed_anywhere'" in error
    assert "(src/a_project/pipelines/science/__init__.py, line 2)" in error
    add_pipeline(tmp_path, "science", "x = (\n")
    assert "SyntaxError: '(' was never closed (src/a_project/pipelines/science/__init__.py, line 1)" in refused(
        tmp_path
    )


def test_a_configuration_that_is_not_there_is_not_a_missing_queue(tmp_path):
    gone = write_project(tmp_path / "gone")
    shutil.rmtree(gone / "conf")
    assert "the project has no configuration: conf is not a folder" in refused(gone)
    odd = write_project(tmp_path / "odd [1]")
    assert "which have a meaning in patterns. Rename the folder" in refused(odd)


def test_a_remote_configuration_out_of_reach_is_named_as_it_was_given(project):
    error = refused(project, "--conf-source=nosuch://bucket/conf")
    assert "nosuch" in error
    assert "spaceflights_queue" not in error


@pytest.mark.parametrize("params", ["a=${", "a=[1"])
def test_parameters_that_omegaconf_cannot_read(project, params):
    assert f"--params {params}: " in refused(project, f"--params={params}", code=2)


def test_a_folder_that_is_gone(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f"cd gone; rmdir ../gone; '{sys.executable}' -m kedro_batch compile"
    assert "No such file or directory" in message(run(["bash", "-c", command], cwd=tmp_path), 2)


@pytest.mark.parametrize("content", ["tool = 5\n", "[tool]\nkedro = 1\n"])
def test_an_odd_pyproject(tmp_path, content):
    (tmp_path / "pyproject.toml").write_text(content)
    refused(tmp_path)


def test_links_that_lead_round_in_a_circle(project):
    (project / "plan.yaml").symlink_to("plan.yaml")
    assert "cannot write plan.yaml: " in refused(project, "-o", "plan.yaml", code=2)


def test_control_characters_in_a_plan_do_not_reach_the_terminal(tmp_path):
    plan = 'schema: kedro-batch/plan/v1\n"\\e[2Jevil\\nError: forged": 1\n'
    (tmp_path / "plan.yaml").write_text(plan)
    error = message(kedro_batch("validate", "plan.yaml", cwd=tmp_path), 4)
    assert "\x1b" not in error
    assert not any(line.startswith("Error: forged") for line in error.splitlines())


def test_a_thousand_wrong_names_are_all_reported(tmp_path):
    names = {f"n{n:04}": ["x"] for n in range(1000)}
    write_plan(tmp_path, names, {name: f"m{name}" for name in names})
    error = message(kedro_batch("validate", "plan.yaml", cwd=tmp_path), 4)
    assert error.count("no job is named") == 1000


def test_a_project_of_another_family_of_kedro(tmp_path):
    project = write_project(tmp_path)
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('kedro_init_version = "', 'kedro_init_version = "9'))
    assert "does not match Kedro package version" in refused(project)


@pytest.mark.parametrize("command", ["validate", "apply"])
@pytest.mark.parametrize(
    ("content", "code", "part"),
    [
        (None, 2, "cannot read plan.yaml: No such file or directory"),
        (b"", 4, "plan.yaml: is empty"),
        (b"\x00\xff", 4, "is not UTF-8 text"),
        (b"schema: kedro-batch/plan/v1\njobs: []\n", 4, "plan.yaml:2: jobs: must have 1 or more items"),
    ],
)
def test_a_plan_that_is_none(tmp_path, command, content, code, part):
    if content is not None:
        (tmp_path / "plan.yaml").write_bytes(content)
    assert part in message(kedro_batch(command, "plan.yaml", cwd=tmp_path), code)
    assert not (tmp_path / ".kedro-batch").exists()


def test_standard_input_is_named_as_such(tmp_path):
    ended = kedro_batch("validate", "-", cwd=tmp_path, stdin=b"jobs: 1\n")
    assert "standard input:1: jobs: must be a list" in message(ended, 4)


def test_options_that_do_not_go_together(tmp_path):
    for words in (
        ["--dry-run", "--local"],
        ["--dry-run", "--json"],
        ["--max-workers=2"],
        ["--local", "--max-workers=0"],
    ):
        message(kedro_batch("apply", "plan.yaml", *words, cwd=tmp_path), 2)


def test_a_demo_where_something_is_already(tmp_path):
    (tmp_path / "precious").write_text("kept")
    error = message(kedro_batch("demo", ".", cwd=tmp_path), 2)
    assert ". is not empty. Remove it, or name another folder" in error
    assert (tmp_path / "precious").read_text() == "kept"
