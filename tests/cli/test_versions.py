"""``kedro-batch versions``: the outputs of a run."""

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.support.command_line import PROGRAM, run
from tests.support.forked import kedro_batch, on
from tests.support.runs import JOURNAL, as_of_version_3
from tests.support.services import StandIn, standin
from tests.support.versioned_data import (
    CHAIN,
    NEWER,
    OLDER,
    entry,
    save,
    saved,
    version_of,
    versioned_catalog,
    write_versioned_project,
)

SCHEMA = json.loads((Path(__file__).parent.parent.parent / "schemas" / "versions.schema.json").read_text())


@pytest.fixture
def service() -> Iterator[StandIn]:
    with standin() as service:
        yield service


def compiled(project):
    ended = kedro_batch("compile", "-q", "-o", "plan.yaml", cwd=project)
    assert ended.code == 0, ended.err
    return project


def applied(project, service, *, code=0, run_id="r"):
    """Apply the plan; the jobs of the service run nothing."""
    ended = on(service, "apply", "plan.yaml", "--run-id", run_id, "-q", cwd=project)
    assert ended.code == code, ended.err
    return version_of(project, run_id)


def as_yaml(project, *words):
    ended = kedro_batch("versions", "r", "--format", "yaml", *words, cwd=project)
    document = yaml.safe_load(ended.out)
    Draft202012Validator(SCHEMA).validate(document)
    return ended, document


def test_what_a_run_wrote_can_be_loaded_with_the_flag_that_is_printed(tmp_path):
    failing = CHAIN.replace("    return x", "    return x\n\n\ndef fail(x):\n    raise SystemExit(3)")
    failing = failing.replace("node(pass_on, before", "node(fail if after == 'report' else pass_on, before")
    project = compiled(write_versioned_project(tmp_path / "p", registry=failing))
    assert kedro_batch("apply", "plan.yaml", "--local", "--run-id", "r", "-q", cwd=project).code == 6
    version = version_of(project, "r")
    ended = kedro_batch("versions", "r", cwd=project)
    assert ended.code == 0
    assert ended.text.startswith(
        f"run r has version {version}: 3 of 3 versioned outputs complete\n"
        f"  clean  make_clean  data/clean.json/{version}/clean.json\n"
    )
    assert "\n  report of make_report: data/report.json\n" in ended.text
    flag = ended.text.splitlines()[-1]
    assert flag == f"--load-versions=clean:{version},model:{version},score:{version}"
    # Another run has saved since: the flag leads to this run all the same, in Kedro and in a plan.
    save(project, "clean", NEWER, "[3]")
    command = ["kedro", "run", "--nodes=make_model", *shlex.split(flag)]
    assert run(command, cwd=project).code == 0
    newest = max((project / "data/model.json").iterdir())
    assert json.loads((newest / "model.json").read_text()) == [1]
    words = ["compile", "--nodes=make_model,make_score,make_report", flag]
    plan = kedro_batch(*words, cwd=project)
    assert plan.code == 0, plan.err
    assert f"--load-versions=clean:{version}" in plan.text
    refused = kedro_batch("compile", "--nodes=make_model", flag, cwd=project)
    assert refused.code == 4
    assert "no selected node reads 'score'" in refused.err


def test_an_output_is_complete_only_if_its_job_succeeded(tmp_path, service):
    project = compiled(write_versioned_project(tmp_path / "p"))
    service.configure(fail={"make_model": 1})
    version = applied(project, service, code=6)
    save(project, "clean", version)
    save(project, "model", version, "[")
    save(project, "score", OLDER)
    ended, document = as_yaml(project)
    assert ended.code == 0
    assert [(one["dataset"], one["job"], one["state"]) for one in document["outputs"]] == [
        ("clean", "make_clean", "complete"),
        ("model", "make_model", "partial"),
        ("score", "make_score", "missing"),
    ]
    assert document["outputs"][1]["reason"] == "its job failed: what is there may be torn"
    assert document["outputs"][2]["reason"] == "its job was not run"
    assert document["outputs"][0]["filepath"] == f"data/clean.json/{version}/clean.json"
    assert document["unversioned"] == [{"dataset": "report", "job": "make_report", "filepath": "data/report.json"}]
    assert document["load_versions"] == {"clean": version}
    assert {document["run"], document["version"]} == {"r", version}
    (project / "data/clean.json" / version / "clean.json").unlink()
    text = kedro_batch("versions", "r", cwd=project).text
    assert "clean of make_clean is missing: its job succeeded: was the data removed since, or is kedro-batch" in text
    assert "--load-versions" not in text


def test_the_outputs_of_a_plan_without_a_project_are_not_known(tmp_path, service):
    project = compiled(write_versioned_project(tmp_path / "p"))
    plan = project / "plan.yaml"
    plan.write_text(plan.read_text().replace("project: a_project\n", ""))
    applied(project, service)
    ended = kedro_batch("versions", "r", cwd=project)
    assert ended.code == 2
    assert "the plan of the run names no Kedro project" in ended.err


def test_every_kind_of_entry_is_found_in_its_version(tmp_path, service):
    registry = CHAIN.replace('"model", "score"', '"model@one", "ns.score"')
    registry = registry.replace("node(pass_on, before, after", "node(pass_on, before.replace('@one', '@two'), after")
    registry = registry.replace("make_{after}", "make_{after.partition('@')[0]}")
    catalog = versioned_catalog(
        clean="clean:\n  type: CachedDataset\n  versioned: true\n"
        "  dataset: {type: json.JSONDataset, filepath: data/clean.json}\n",
        model="".join(
            entry(f"model@{one}", "versioned: true").replace(f"model@{one}.j", "model.j") for one in ("one", "two")
        ),
        score='"ns.{name}":\n  type: json.JSONDataset\n  filepath: "data/{name}.json"\n  versioned: true\n',
    )
    project = compiled(write_versioned_project(tmp_path / "p", registry=registry, catalog=catalog))
    version = applied(project, service)
    for name in ("clean", "model", "score"):
        save(project, name, version)
    ended, document = as_yaml(project)
    assert ended.code == 0, ended.err
    assert {one["dataset"]: one["state"] for one in document["outputs"]} == dict.fromkeys(
        ("clean", "model@one", "ns.score"), "complete"
    )
    assert set(document["load_versions"]) == {"clean", "model@one", "model@two", "ns.score"}


def test_what_cannot_be_looked_up_is_named_and_the_others_are_listed(tmp_path, service):
    catalog = versioned_catalog(
        model=entry("model", "versioned: true", type_="polars.CSVDataset"),
        score=entry("score", "versioned: true", "credentials: nobody"),
    )
    project = compiled(write_versioned_project(tmp_path / "p", catalog=catalog))
    save(project, "clean", applied(project, service))
    ended, document = as_yaml(project)
    assert ended.code == 4
    assert [one["state"] for one in document["outputs"]] == ["complete", "unknown", "unknown"]
    assert ended.err.startswith("Error: 2 outputs could not be looked up:\n  model: Kedro cannot make it: ")
    assert "polars" in ended.err
    assert "  score: no file of credentials that is here defines 'nobody'\n" in ended.err
    (project / "conf/base/credentials.yml").write_text("nobody: {}\n")
    assert "nobody" not in kedro_batch("versions", "r", cwd=project).err


DENIED = """
from pathlib import PurePosixPath

from kedro.io import AbstractVersionedDataset


def deny(_):
    raise PermissionError("Access Denied")


class Denied(AbstractVersionedDataset):
    def __init__(self, filepath, version=None, credentials=None):
        super().__init__(PurePosixPath(filepath), version, exists_function=deny)

    def _load(self):
        pass

    def _save(self, data):
        pass

    load, save = _load, _save

    def _describe(self):
        return {}
"""


def test_a_storage_that_refuses_is_an_error_of_the_service(tmp_path, service):
    catalog = versioned_catalog(model=entry("model", "versioned: true", type_="a_project.denied.Denied"))
    settings = "print('hello from the settings')\n"
    project = write_versioned_project(tmp_path / "p", catalog=catalog, denied=DENIED, settings=settings)
    compiled(project)
    applied(project, service)
    ended, document = as_yaml(project)
    assert ended.code == 5
    said = (
        "Error: 1 output could not be looked up:\n"
        "  model: its storage does not answer: PermissionError: Access Denied\n"
    )
    assert said in ended.err  # what the settings print is buffered, and may come later
    assert document["outputs"][1]["reason"] == "its storage does not answer: PermissionError: Access Denied"
    assert document["outputs"][1]["filepath"].endswith("/model.json")


def test_credentials_that_a_hook_fetches_are_used_and_no_pipeline_is_imported(tmp_path, service):
    settings = """
        class Secrets:
            from kedro.framework.hooks import hook_impl

            @hook_impl
            def after_context_created(self, context):
                context.config_loader["credentials"] = {"fetched": {}}

        HOOKS = (Secrets(),)
        """
    catalog = versioned_catalog(model=entry("model", "versioned: true", "credentials: fetched"))
    project = compiled(write_versioned_project(tmp_path / "p", catalog=catalog, settings=settings))
    save(project, "model", applied(project, service))
    (project / "src/a_project/pipeline_registry.py").write_text("raise RuntimeError('imported')\n")
    ended, document = as_yaml(project)
    assert ended.code == 0, ended.err
    assert set(document["load_versions"]) == {"model"}


def test_what_the_catalog_does_not_have_any_more_is_not_known_and_secrets_in_places_are_not_printed(tmp_path, service):
    catalog = versioned_catalog(report=entry("report").replace("data/report", "https://me:hunter2@host/report"))
    catalog = catalog.replace("report.json\n", "report.json?signature=hunter3\n")
    project = compiled(write_versioned_project(tmp_path / "p", catalog=catalog))
    save(project, "model", applied(project, service))
    (project / "conf/base/catalog.yml").write_text(catalog.replace("clean:", "cleaned:"))
    ended, document = as_yaml(project)
    assert ended.code == 0, ended.err
    assert document["outputs"][0] == {
        "dataset": "clean",
        "job": "make_clean",
        "version": document["version"],
        "state": "unknown",
        "reason": "the catalog that is here has no entry for it",
    }
    assert document["unversioned"] == [
        {"dataset": "report", "job": "make_report", "filepath": "https://host/report.json"}
    ]
    text = kedro_batch("versions", "r", cwd=project).text
    assert "clean of make_clean is unknown: the catalog that is here has no entry for it" in text
    assert "hunter" not in text


def test_a_run_whose_outputs_are_not_known_is_refused_with_what_to_do(tmp_path, service):
    project = compiled(write_versioned_project(tmp_path / "p"))
    applied(project, service)
    unknown = kedro_batch("versions", "other", cwd=project)
    assert unknown.code == 8
    assert "has no run other: see kedro-batch runs" in unknown.err
    elsewhere = kedro_batch("versions", "other", "--journal", project / JOURNAL, cwd=tmp_path)
    assert f"kedro-batch wait other --plan PLAN --once --journal {project / JOURNAL}" in elsewhere.err
    outside = kedro_batch("versions", "r", "--journal", project / JOURNAL, cwd=tmp_path)
    assert outside.code == 2
    assert f"{tmp_path} is in no Kedro project, and the run is of the project a_project" in outside.err
    words = ["versions", "r", "--journal", project / JOURNAL, "--project", project]
    assert kedro_batch(*words, cwd=tmp_path).code == 0
    (project / "pyproject.toml").write_text((project / "pyproject.toml").read_text().replace('"a_project"', '"b"'))
    other = kedro_batch("versions", "r", cwd=project)
    assert other.code == 2
    assert f"{project} is the project b, and the run is of the project a_project" in other.err
    as_of_version_3(project / JOURNAL)
    old = kedro_batch("versions", "r", cwd=project)
    assert old.code == 2
    assert "does not have the version of run r" in old.err


def test_without_the_journal_a_run_is_written_again_and_its_outputs_are_found(tmp_path, service):
    project = compiled(write_versioned_project(tmp_path / "p"))
    save(project, "clean", applied(project, service))
    before = as_yaml(project)[1]
    (project / JOURNAL).unlink()
    assert kedro_batch("versions", "r", cwd=project).code == 2  # there is none
    assert on(service, "apply", "plan.yaml", "--run-id", "other", "-q", cwd=project).code == 0
    refused = kedro_batch("versions", "r", cwd=project)
    assert refused.code == 8
    assert "kedro-batch wait r --plan PLAN --once" in refused.err
    assert on(service, "wait", "r", "--plan", "plan.yaml", "--once", "-q", cwd=project).code == 0
    assert as_yaml(project)[1] == before


def test_a_run_without_versioned_outputs_says_so(tmp_path, service):
    catalog = versioned_catalog(**{name: entry(name) for name in ("clean", "model", "score")})
    project = compiled(write_versioned_project(tmp_path / "p", catalog=catalog))
    version = applied(project, service)
    ended = kedro_batch("versions", "r", cwd=project)
    assert ended.code == 0
    assert ended.text.startswith(f"run r has version {version}, and writes no versioned dataset\n")
    assert "  clean of make_clean: data/clean.json\n" in ended.text


def test_partial_outputs_are_removed_on_request_and_nothing_else(tmp_path, service):
    project = compiled(write_versioned_project(tmp_path / "p"))
    service.configure(fail={"make_model": 1})
    version = applied(project, service, code=6)
    for name in ("clean", "model"):
        for one in (OLDER, version, NEWER):
            save(project, name, one)
    ended = on(service, "versions", "r", "--remove-partial", cwd=project)
    assert ended.code == 0, ended.err
    assert ended.err == f"Removed 1 output that jobs had begun: data/model.json/{version}/model.json\n"
    assert saved(project) == {
        *(f"clean/{one}" for one in (OLDER, version, NEWER)),
        *(f"model/{one}" for one in (OLDER, NEWER)),
    }
    assert "model of make_model is missing: its job failed" in ended.text
    assert on(service, "versions", "r", "--remove-partial", cwd=project).err == ""


def test_nothing_is_removed_while_a_job_may_run(tmp_path):
    project = compiled(write_versioned_project(tmp_path / "p"))
    with standin(run_s=600) as service:
        on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", "-q", cwd=project)
        save(project, "clean", version_of(project, "r"), "[")
        before = saved(project)
        refused = on(service, "versions", "r", "--remove-partial", cwd=project)
        assert refused.code == 7
        assert "nothing was removed, because make_clean, " in refused.err
        assert "may still run. Look again: kedro-batch wait r --once" in refused.err
        assert saved(project) == before


def test_before_something_is_removed_batch_is_asked_what_has_become_of_its_job_since(tmp_path, service):
    """Another machine has resumed the run: what this journal takes for torn is complete."""
    project = compiled(write_versioned_project(tmp_path / "p"))
    service.configure(fail={"make_model": 1})
    version = applied(project, service, code=6)
    service.configure(fail={})
    words = ("resume", "r", "--plan", "plan.yaml", "--journal", "elsewhere/journal.db", "-q")
    assert on(service, *words, cwd=project).code == 0
    for name in ("clean", "model", "score"):
        save(project, name, version)
    ended = on(service, "versions", "r", "--remove-partial", cwd=project)
    assert ended.code == 0, ended.err
    assert ended.text.startswith(f"run r has version {version}: 3 of 3 versioned outputs complete\n")
    assert "Removed" not in ended.err
    assert saved(project) == {f"{name}/{version}" for name in ("clean", "model", "score")}


def test_nothing_is_removed_while_batch_cannot_be_asked(tmp_path, service):
    project = compiled(write_versioned_project(tmp_path / "p"))
    service.configure(fail={"make_model": 1})
    version = applied(project, service, code=6)
    save(project, "model", version, "[")
    service.configure(deny=["DescribeJobQueues", "ListJobs"])
    ended = on(service, "versions", "r", "--remove-partial", cwd=project)
    assert ended.code == 5
    assert saved(project) == {f"model/{version}"}


def test_what_ctrl_c_left_of_a_run_on_this_machine_is_removed(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    torn = f"""
    def tear(x):
        folder = Path("data/model.json", os.environ["KEDRO_BATCH_VERSION"])
        folder.mkdir(parents=True)
        (folder / "model.json").write_text("[")
        Path({str(tmp_path / "fifo")!r}).write_text("begun")
        signal.pause()
    """
    registry = "import os\nimport signal\nfrom pathlib import Path\n" + CHAIN + dedent(torn)
    registry = registry.replace("node(pass_on,", "node(tear if after == 'model' else pass_on,")
    project = compiled(write_versioned_project(tmp_path / "p", registry=registry))
    command = [*PROGRAM, "apply", "plan.yaml", "--local", "--run-id", "r", "-q"]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        assert (tmp_path / "fifo").read_text() == "begun"
        process.send_signal(signal.SIGINT)
    version = version_of(project, "r")
    assert saved(project) == {f"clean/{version}", f"model/{version}"}
    ended = kedro_batch("versions", "r", "--remove-partial", cwd=project)
    assert ended.code == 0, ended.err
    assert ended.err == f"Removed 1 output that jobs had begun: data/model.json/{version}/model.json\n"
    assert saved(project) == {f"clean/{version}"}
