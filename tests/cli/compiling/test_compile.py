import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from kedro_batch.compiler.project.kedro_version import find_kedro_features
from tests.support import command_line
from tests.support.command_line import BIN, run
from tests.support.forked import kedro_batch
from tests.support.projects import DIAMOND, KEDRO_VERSION, TARGET, json_catalog, write_project

GOLDEN = Path(__file__).parent.parent.parent / "golden" / "plans"

NOISY = """
import atexit, os, subprocess, sys
print("module noise")
os.write(1, b"descriptor noise\\n")
subprocess.run([sys.executable, "-c", "print('subprocess noise')"], check=True)
atexit.register(lambda: os.write(1, b"farewell noise\\n"))
""" + DIAMOND.replace("def register_pipelines():", "def register_pipelines():\n    print('registry noise')")


def compiled(project: Path, *words: str, env: dict[str, str] | None = None) -> str:
    ended = kedro_batch("compile", *words, cwd=project, env=env)
    assert ended.code == 0, ended.err
    return ended.text


def commands(plan: str) -> list[str]:
    return [line.strip() for line in plan.splitlines() if line.startswith("    command:")]


def test_the_plan_is_the_golden_one_byte_by_byte(tmp_path):
    write_project(
        tmp_path,
        conf={
            "base/aws_batch.yml": TARGET,
            "prod/aws_batch.yml": """
                job_definition: prod_definition:7
                resources: {vcpus: 2, memory_mib: 4096}
                timeout_s: 600
                attempts: 3
                command_prefix: [python, -m, a_project]
                container_conf_source: conf
                tags: {team: "no", owner: data@example.com}
                """,
        },
    )
    ended = command_line.kedro_batch(
        "compile", "--env=prod", "--pipelines=half", "--params=a=1,b.c=x", "--tags=", cwd=tmp_path
    )
    # The version is the installed one; everything else is the same everywhere.
    version = next(line for line in ended.text.splitlines() if line.startswith("kedro_version:"))
    flag = b"--pipelines=" if b"--pipelines=" in ended.out else b"--pipeline="
    plan = ended.out.replace(version.encode(), b'kedro_version: "1.7.0"').replace(flag, b"--pipelines=")
    assert plan == (GOLDEN / "half_in_prod_with_params.yaml").read_bytes()


def test_standard_output_holds_the_plan_and_nothing_else(tmp_path, project):
    noisy = write_project(tmp_path / "noisy", registry=NOISY)
    ended = command_line.kedro_batch("compile", "-v", cwd=noisy)
    assert ended.code == 0, ended.err
    assert ended.text == compiled(project)
    for source in ("module", "descriptor", "subprocess", "registry", "farewell"):
        assert f"{source} noise" in ended.err


def test_the_bytes_do_not_depend_on_seed_folder_or_order_of_definition(tmp_path, project):
    first, last = DIAMOND.index("            node(add,"), DIAMOND.index('            node(number, "raw"')
    end = DIAMOND.index("        ]\n")
    reordered = DIAMOND[:first] + DIAMOND[last:end] + DIAMOND[first:last] + DIAMOND[end:]
    other = write_project(tmp_path / "other", registry=reordered)
    plans = {
        command_line.kedro_batch("compile", cwd=project, env={"PYTHONHASHSEED": str(seed)}).text for seed in range(3)
    }
    plans.add(compiled(project / "src" / "a_project"))
    plans.add(compiled(tmp_path, "--project", "project"))
    plans.add(compiled(other))
    assert len(plans) == 1


def test_compiling_needs_neither_credentials_nor_data_nor_the_default_environment(tmp_path):
    project = write_project(
        tmp_path,
        conf={
            "base/catalog.yml": """
                "{any}":
                  type: pandas.CSVDataset
                  filepath: s3://nowhere/{any}.csv
                  credentials: secret
                """,
            "base/credentials.yml": "secret:\n  key: ${oc.env:NOT_SET_ANYWHERE}\n",
        },
    )
    (project / "conf" / "local").rmdir()
    assert "read_numbers" in compiled(project)


def test_the_file_is_written_whole_and_keeps_its_permissions(project):
    plan = project / "plans" / "plan.yaml"
    plan.parent.mkdir()
    plan.write_text("old")
    plan.chmod(0o640)
    ended = kedro_batch("compile", "-o", "plans/plan.yaml", cwd=project)
    assert (ended.code, ended.out, ended.err.partition(":")[0]) == (0, b"", "wrote plans/plan.yaml")
    assert plan.read_text() == compiled(project)
    assert plan.stat().st_mode & 0o777 == 0o640
    assert [file.name for file in plan.parent.iterdir()] == ["plan.yaml"]


def test_it_ends_with_what_the_plan_is_and_commands_that_can_be_followed(project):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]

    def ends(*words: str) -> list[str]:
        ended = kedro_batch("compile", *words, cwd=project)
        assert ended.code == 0, ended.err
        return ended.err.splitlines()

    in_short = "4 jobs on 3 levels, queue a_queue"
    apply = "kedro-batch apply 'a plan.yaml'"
    new = [
        f"wrote a plan.yaml: {in_short}",
        "  kedro-batch show 'a plan.yaml'   read it",
        f"  {apply}  run it on AWS Batch",
    ]
    assert ends("-o", "a plan.yaml") == new
    assert ends("-o", "a plan.yaml", "-q") == []
    assert ends("-o", "a plan.yaml", "--json") == new[:1]
    assert ends() == [f"compiled {in_short}"]
    assert ends("-q") == ends("--explain=go_left") == ends("--check=a plan.yaml") == []

    for words in (["init", "--quiet"], ["add", "a plan.yaml"], ["commit", "--quiet", "-m", "Plan"]):
        subprocess.run([*git, *words], cwd=project, check=True)
    assert ends("-o", "a plan.yaml") == [new[0], f"  {apply}  run it on AWS Batch"]
    (project / "conf" / "base" / "aws_batch.yml").write_text(f"{TARGET}\nattempts: 2\n")
    _, diff, last = ends("-o", "a plan.yaml")
    command, _, effect = diff.strip().partition("  ")
    assert effect == "see what has changed since the last commit"
    assert last.split("  ")[1] == apply
    followed = kedro_batch(*shlex.split(command)[1:], cwd=project)
    assert followed.code == 0, followed.err
    assert "attempts" in followed.text


def test_check_writes_nothing_and_ends_with_3_if_the_file_is_out_of_date(project):
    plan = project / "plan.yaml"
    plan.write_bytes(compiled(project).replace("\n", "\r\n").encode())
    same = kedro_batch("compile", "--check", "plan.yaml", cwd=project)
    assert (same.code, same.out, same.err) == (0, b"", "")
    plan.write_text(compiled(project).replace("a_queue", "old_queue"))
    before = plan.read_bytes()
    differs = kedro_batch("compile", "--check", "plan.yaml", cwd=project)
    assert differs.code == 3
    assert differs.out == b""
    assert "  ! queue changed: old_queue -> a_queue\n      all 4 jobs\n" in differs.err
    assert "\nDefaults\n~ ! job_queue  old_queue -> a_queue: all 4 jobs\n" in differs.err
    assert differs.err.endswith("Error: plan.yaml is out of date. Update it: kedro-batch compile -o plan.yaml\n")
    assert plan.read_bytes() == before


@pytest.mark.parametrize("words", [["--env=prod"], ["-e", "prod"], []])
def test_the_command_that_updates_a_plan_works_without_the_variables_of_this_shell(tmp_path, words):
    project = write_project(tmp_path, conf={"prod/aws_batch.yml": "attempts: 2\n"})
    (project / "plan.yaml").write_text(compiled(project))
    differs = kedro_batch("compile", "--check=plan.yaml", *words, cwd=project, env={"KEDRO_ENV": "prod"})
    assert differs.code == 3
    update = shlex.split(differs.err.splitlines()[-1].partition("Update it: kedro-batch ")[2])
    assert len([word for word in update if "prod" in word]) == 1
    assert kedro_batch(*update, "-q", cwd=project).code == 0
    assert (project / "plan.yaml").read_text() == compiled(project, "--env=prod")


@pytest.mark.parametrize("content", [None, "<<<<<<< HEAD\n", "schema: kedro-batch/plan/v1\njobs: []\nx: 1\n"])
def test_check_of_a_file_that_is_missing_or_no_plan_ends_with_the_command_that_writes_it(project, content):
    plan = project / "plan.yaml"
    if content:
        plan.write_text(content)
    refused = kedro_batch("compile", "--check=plan.yaml", cwd=project)
    assert refused.code == (4 if content else 2)
    update = refused.err.splitlines()[-1].partition("rite it")[2].partition("kedro-batch ")[2]
    assert kedro_batch(*shlex.split(update), "-q", cwd=project).code == 0
    assert plan.read_text() == compiled(project)


def test_check_shows_how_a_file_of_the_same_jobs_is_written_otherwise(project):
    plan = project / "plan.yaml"
    plan.write_text(f"# by hand\n{compiled(project)}")
    ended = kedro_batch("compile", "--check", "plan.yaml", cwd=project)
    assert ended.code == 3
    assert (
        "the jobs are the same; only their order, comments or the layout of the file differ:\n--- plan.yaml\n+++ comp"
        in ended.err
    )
    assert "\n-# by hand\n" in ended.err


def test_check_refuses_a_file_that_is_no_plan(project):
    (project / "plan.yaml").write_text("<<<<<<< HEAD\n")
    ended = kedro_batch("compile", "--check", "plan.yaml", cwd=project)
    assert ended.code == 4
    assert ended.err.startswith("Error: plan.yaml is not a plan that can be applied:\n")


@pytest.mark.parametrize(
    ("words", "nodes"),
    [
        (["--nodes=go_left,add_up"], ["go_left", "add_up"]),
        (["--to-nodes=go_left"], ["read_numbers", "go_left"]),
        (["--from-nodes", "go_right"], ["go_right", "add_up"]),
        (["--from-inputs=left"], ["add_up"]),
        (["--to-outputs=numbers"], ["read_numbers"]),
        (["--pipelines=half", "--from-nodes=go_left"], ["go_left"]),
    ],
)
def test_the_selection_is_that_of_kedro_run(project, words, nodes):
    plan = compiled(project, *words)
    assert [line.split("--nodes=")[1].rstrip("]") for line in commands(plan)] == nodes


def test_tags_and_namespaces_select_too(tmp_path):
    registry = """
        from kedro.pipeline import Pipeline, node


        def register_pipelines():
            left = node(lambda: 1, None, "left", name="go_left", namespace="lefty", tags=["odd"])
            right = node(lambda: 1, None, "right", name="go_right")
            return {"__default__": Pipeline([left, right])}
        """
    project = write_project(tmp_path, registry=registry)
    for words in (["--tags=odd,other"], ["--namespaces=lefty"], ["-ns", "lefty"], ["-t", "odd"]):
        plan = compiled(project, *words)
        assert commands(plan) == ["command: [kedro, run, --nodes=lefty.go_left]"]
        assert "  - name: lefty-go_left\n" in plan
        assert ("selection:\n  namespaces:\n    - lefty\n" in plan) == ("lefty" in words[-1])


def test_every_command_names_its_pipeline_and_environment_and_the_plan_the_parameters(project):
    (project / "conf" / "prod").mkdir()
    plan = compiled(project, "-p", "half", "--params", "x=1,y.z=a:b", "-e", "prod")
    flag = "--pipelines" if "--pipelines=half" in plan else "--pipeline"
    assert commands(plan)[0] == f"command: [kedro, run, {flag}=half, --env=prod, --nodes=read_numbers]"
    assert "pipelines: [half]\nenv: prod\n" in plan
    assert 'params:\n  x: 1\n  "y":\n    z: "a:b"\n' in plan


def test_the_environment_may_come_from_kedro_env(project):
    (project / "conf" / "prod").mkdir()
    assert compiled(project, env={"KEDRO_ENV": "prod"}) == compiled(project, "--env=prod")


ASKS_FOR_ENV = """
import os

from kedro.pipeline import Pipeline, node

ENV = os.environ.get("KEDRO_ENV", "none")


def number(x):
    return x


def register_pipelines():
    return {"__default__": Pipeline([node(number, "raw", "numbers", name=f"for_{ENV}")])}
"""


def test_the_project_s_code_finds_the_environment_that_its_jobs_will_have(tmp_path):
    settings = """
        import os
        from kedro.config import OmegaConfigLoader
        CONFIG_LOADER_CLASS = OmegaConfigLoader
        CONFIG_LOADER_ARGS = {
            "base_env": "base",
            "default_run_env": "local",
            "custom_resolvers": {"kedro_env": lambda: os.environ.get("KEDRO_ENV", "none")},
        }
        """
    own = {"base/aws_batch.yml": f"{TARGET}tags: {{env: '${{kedro_env:}}'}}\n", "prod/parameters.yml": "a: 1\n"}
    write_project(tmp_path, registry=ASKS_FOR_ENV, settings=settings, conf=own)

    prod = compiled(tmp_path, "--env=prod")
    assert "\n  - name: for_prod\n" in prod
    assert "\n  tags:\n    env: prod\n" in prod
    assert compiled(tmp_path, "--env=prod", env={"KEDRO_ENV": "base"}) == prod
    assert compiled(tmp_path, env={"KEDRO_ENV": "prod"}) == prod
    bare = compiled(tmp_path)
    assert "\n  - name: for_none\n" in bare
    assert "\n  tags:\n    env: none\n" in bare
    assert compiled(tmp_path, env={"KEDRO_ENV": ""}) == bare
    assert run([str(BIN / "kedro"), "batch", "compile", "--env=prod", "-o", "plan.yaml"], cwd=tmp_path).code == 0
    assert (tmp_path / "plan.yaml").read_text() == prod


def test_the_variables_may_name_the_environment_that_is_compiled(tmp_path):
    conf = {"prod/aws_batch.yml": f"{TARGET}environment: {{KEDRO_ENV: prod}}\n"}
    project = write_project(tmp_path, conf=conf)
    stated = "  environment:\n    KEDRO_ENV: prod\n"
    assert stated in compiled(project, "--env=prod")
    (project / "conf" / "prod" / "aws_batch.yml").rename(project / "conf" / "base" / "aws_batch.yml")
    refused = kedro_batch("compile", cwd=project)
    assert refused.code == 4
    assert "conf/base/aws_batch.yml:4: environment.KEDRO_ENV: it would run the jobs with another" in refused.err
    (project / "conf" / "prod").mkdir(exist_ok=True)
    assert stated in compiled(project, env={"KEDRO_ENV": "prod"})


def test_several_pipelines_are_one_plan_and_each_node_is_reached_in_those_that_are_asked_for(tmp_path):
    registry = DIAMOND.replace(
        '"half": diamond.to_nodes("go_left")',
        '"b": diamond.to_nodes("go_left"), "a": diamond.to_nodes("go_right")',
    )
    plan = compiled(write_project(tmp_path, registry=registry), "--pipelines", "b,a")
    assert "pipelines: [a, b]\n" in plan
    named = [found.rstrip(",") for found in re.findall("--pipelines?=([a-z,]+)", plan)]
    on_request = find_kedro_features(KEDRO_VERSION).loads_pipelines_on_request
    assert named == (["a,b"] * 3 if on_request else ["a", "b", "a"])


def test_a_load_version_reaches_the_jobs_that_read_the_dataset(project):
    plan = compiled(project, "--load-versions", "raw:2026-01-01T00.00.00.000Z")
    assert [("--load-versions=raw:2026-01-01T00.00.00.000Z" in line) for line in commands(plan)] == [
        True,
        False,
        True,
        False,
    ]


def test_a_project_of_the_older_guide_compiles_as_it_is(tmp_path):
    project = write_project(
        tmp_path,
        conf={
            "base/aws_batch.yml": None,
            "base/parameters.yml": """
                aws_batch:
                  job_queue: old_queue
                  job_definition: old_one
                  max_workers: 2
                """,
        },
    )
    assert "  job_queue: old_queue\n  job_definition: old_one\n" in compiled(project)


def test_environments_are_merged_as_kedro_merges_them_and_interpolated(tmp_path):
    project = write_project(
        tmp_path,
        conf={
            "base/globals.yml": "stage: dev\n",
            "prod/globals.yml": "stage: prod\n",
            "base/aws_batch.yml": 'job_queue: "queue_${globals:stage}"\njob_definition: d\n_unused: 1\n',
            "prod/aws_batch.yml": "job_definition: e\n",
        },
    )
    assert "  job_queue: queue_dev\n  job_definition: d\n" in compiled(project)
    assert "  job_queue: queue_prod\n  job_definition: e\n" in compiled(project, "--env=prod")


def test_transitive_dependencies_are_left_out(tmp_path):
    more = 'node(lambda *_: 1, ["left", "right", "numbers"]'
    registry = DIAMOND.replace('node(add, ["left", "right"]', more)
    plan = compiled(write_project(tmp_path, registry=registry))
    assert "    depends_on:\n      - go_left\n      - go_right\n    reads:\n" in plan


def test_inside_a_project_kedro_has_the_same_commands(project):
    kedro = [str(BIN / "kedro"), "batch"]
    refused = run([*kedro, "compile"], cwd=project)
    assert refused.code == 2
    assert "kedro batch compile -o plan.yaml. To write it to standard output: kedro-batch compile" in refused.err
    written = run([*kedro, "compile", "-o", "plan.yaml"], cwd=project)
    assert written.code == 0, written.err
    assert (project / "plan.yaml").read_text() == compiled(project)
    (project / "plan.yaml").write_text("schema: x\n")
    refused = run([*kedro, "validate", "plan.yaml"], cwd=project)
    assert refused.code == 4
    assert "Traceback" not in refused.err


def test_the_program_runs_as_a_module_and_as_a_script(project):
    script = run([str(BIN / "kedro-batch"), "--version"], cwd=project)
    module = run([sys.executable, "-m", "kedro_batch", "--version"], cwd=project)
    assert script == module
    assert script.text.startswith("kedro-batch 0.")


def test_a_reader_that_has_gone_ends_the_command_with_141_and_no_message(project):
    read, write = os.pipe()
    os.close(read)
    try:
        command = f"'{sys.executable}' -m kedro_batch compile >&{write}"
        ended = subprocess.run(
            ["bash", "-c", command], cwd=project, pass_fds=(write,), stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(write)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_a_relative_conf_source_is_read_from_the_working_directory_and_spelled_from_the_project(tmp_path):
    project = write_project(tmp_path / "project", conf={"base/aws_batch.yml": None})
    for folder, queue in {"conf2": "outer", "src/conf2": "inner"}.items():
        base = project / folder / "base"
        base.mkdir(parents=True)
        (base / "aws_batch.yml").write_text(f"job_queue: {queue}\njob_definition: d\nshared_paths: [data]\n")
        (base / "catalog.yml").write_text(json_catalog())
    assert "  job_queue: outer\n" in compiled(project, "--conf-source=conf2")
    inner = compiled(project / "src", "--conf-source=conf2")
    assert "  job_queue: inner\n" in inner
    assert "--conf-source=src/conf2" in inner
    assert inner == compiled(tmp_path, "--project=project", "--conf-source=project/src/conf2")


def test_the_project_s_code_runs_in_its_folder_and_the_plan_is_written_from_the_working_directory(tmp_path):
    project = write_project(
        tmp_path / "project",
        registry="open('pyproject.toml').close()\n" + DIAMOND,
        conf={"base/aws_batch.yml": TARGET + "tags: {team: '${file:team.txt}'}\n"},
        settings="""
            from pathlib import Path

            CONFIG_LOADER_ARGS = {"custom_resolvers": {"file": lambda name: Path(name).read_text()}}
            """,
    )
    (project / "team.txt").write_text("data")
    (tmp_path / "plans").mkdir()
    ended = kedro_batch("compile", "--project=../project", "-o", "plan.yaml", cwd=tmp_path / "plans")
    assert ended.code == 0, ended.err
    assert "team: data\n" in (tmp_path / "plans" / "plan.yaml").read_text()


def test_an_archive_of_the_configuration_is_found_from_the_working_directory(tmp_path):
    project = write_project(tmp_path / "project", conf={"base/parameters.yml": "x: 1\n"})
    with tarfile.open(tmp_path / "conf.tar.gz", "w:gz") as archive:
        archive.add(project / "conf", "conf")
    shutil.move(tmp_path / "conf.tar.gz", project)
    shutil.rmtree(project / "conf")
    plan = compiled(project / "src", "--conf-source=../conf.tar.gz")
    assert "  job_queue: a_queue\n" in plan
    assert "--conf-source=conf.tar.gz" in plan


@pytest.mark.parametrize(
    ("kept", "words", "missing", "said"),
    [
        (["base", "local"], ["--env=prod"], "prod", "base, and prod. Name another environment with --env"),
        (["base"], [], "local", "base, and local. Name another environment with --env"),
        (["local"], [], "base", "base, and local"),
    ],
)
def test_what_an_archive_of_the_configuration_lacks_is_named(kept, words, missing, said, tmp_path):
    project = write_project(tmp_path)
    with tarfile.open(project / "conf.tar.gz", "w:gz") as archive:
        for env in kept:
            (project / "conf" / env).mkdir(exist_ok=True)
            archive.add(project / "conf" / env, f"conf/{env}")
    ended = kedro_batch("compile", "--conf-source=conf.tar.gz", *words, cwd=project)
    lacks = f"conf.tar.gz has no folder conf/{missing}. An archive has one folder, such as conf, and that has one for"
    assert (ended.code, ended.err) == (4, f"Error: cannot read the configuration: {lacks} each environment: {said}\n")


def test_an_archive_without_settings_is_said_to_have_none(tmp_path):
    project = write_project(tmp_path, conf={"base/aws_batch.yml": None, "base/x.yml": "", "local/x.yml": ""})
    with tarfile.open(project / "conf.tar.gz", "w:gz") as archive:
        archive.add(project / "conf", "conf")
    ended = kedro_batch("compile", "--conf-source=conf.tar.gz", cwd=project)
    assert ended.code == 4
    assert "no job_queue and no job_definition" in ended.err
    assert "conf.tar.gz/base/aws_batch.yml" in ended.err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "conf.yml",
            b"x: 1\n",
            "cannot read the configuration: conf.yml is a file, and neither a folder nor an archive",
        ),
        ("/dev/null", None, "the project has no configuration: /dev/null is not a folder"),
        ("conf.tar.gz", b"x: 1\n", "cannot read the configuration conf.tar.gz in "),
        ("conf.zip", b"", "cannot read the configuration conf.zip in "),
    ],
)
def test_a_file_that_is_no_archive_is_refused_as_a_configuration(name, content, said, tmp_path):
    project = write_project(tmp_path)
    if content is not None:
        (project / name).write_bytes(content)
    ended = kedro_batch("compile", f"--conf-source={name}", cwd=project)
    assert ended.code == 4
    assert f"Error: {said}" in ended.err
    assert "Traceback" not in ended.err


def test_the_plan_can_go_to_a_device(project):
    plan = compiled(project)
    module = f"'{sys.executable}' -m kedro_batch"
    (project / "link").symlink_to("/dev/stdout")
    for target in ("/dev/fd/1", "link"):
        together = f"{{ echo header; {module} compile -q -o {target}; }} > both"
        assert run(["bash", "-c", together], cwd=project).code == 0
        assert (project / "both").read_text() == "header\n" + plan
    inside = run([str(BIN / "kedro"), "batch", "compile", "-o", "//dev/stdout"], cwd=project)
    assert inside.code == 2
    piped = run(["bash", "-c", f"{module} compile -q -o >(cat > copy)"], cwd=project)
    assert piped.code == 0
    assert kedro_batch("compile", "-o", "/dev/null", cwd=project).code == 0


@pytest.mark.parametrize(
    ("redirection", "words", "code"),
    [
        ("2>/dev/full", "compile --check old.yaml", 3),
        ("2> >(true)", "compile -o new.yaml", 0),
        ("2>&-", "compile --check old.yaml", 3),
    ],
)
def test_messages_that_standard_error_does_not_take_change_no_exit_code(project, redirection, words, code):
    (project / "old.yaml").write_text(compiled(project).replace("a_queue", "b_queue"))
    ended = run(["bash", "-c", f"'{sys.executable}' -m kedro_batch {words} {redirection}"], cwd=project)
    assert ended.code == code


def test_fractions_and_whole_numbers_are_written_plainly(tmp_path):
    content = TARGET + "resources: {vcpus: 0.5, memory_mib: 2048.0}\nattempts: 2.0\n"
    plan = compiled(write_project(tmp_path, conf={"base/aws_batch.yml": content}))
    assert "  resources: {vcpus: 0.5, memory_mib: 2048}\n  attempts: 2\n" in plan


@pytest.mark.parametrize(("redirection", "code"), [(">/dev/full", 2), (">&-", 0), ("2>&-", 0), ("<&-", 0)])
def test_a_standard_stream_that_is_full_or_closed_gives_no_traceback(project, redirection, code):
    for words in ("compile", "--help"):
        ended = run(["bash", "-c", f"'{sys.executable}' -m kedro_batch {words} {redirection}"], cwd=project)
        assert ended.code == code, ended.err
        assert "Traceback" not in ended.err
        assert ("cannot write standard output: No space left on device" in ended.err) == (redirection == ">/dev/full")
