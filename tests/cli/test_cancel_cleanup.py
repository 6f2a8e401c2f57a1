"""What ``cancel`` removes of what jobs had begun to save, and what it leaves."""

import os
import shlex
import shutil
import signal
from collections.abc import Iterator

import pytest

from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.journal_view import read_journal
from tests.support.forked import kedro_batch, on
from tests.support.runs import JOURNAL, interrupted, started, states, wait_until
from tests.support.services import StandIn, standin
from tests.support.versioned_data import (
    NEWER,
    OLDER,
    entry,
    save,
    saved,
    version_of,
    versioned_catalog,
    write_versioned_project,
)

SLOW = """
import os
from pathlib import Path, PurePosixPath

from fsspec.implementations.local import LocalFileSystem
from kedro.io import AbstractVersionedDataset


class SlowFiles(LocalFileSystem):
    cachable = False

    def rm(self, path, recursive=False, maxdepth=None):
        how = Path("data/how").read_text() if Path("data/how").exists() else ""
        if how == "denied":
            raise PermissionError("Access Denied")
        if how == "wait":
            Path("data/removing").touch()
            os.read(os.open("data/fifo", os.O_RDWR), 1)
        super().rm(path, recursive=recursive)


class Slow(AbstractVersionedDataset):
    def __init__(self, filepath, version=None):
        self._fs = SlowFiles()
        super().__init__(PurePosixPath(filepath), version, exists_function=self._fs.exists, glob_function=self._fs.glob)

    def _load(self):
        pass

    def _save(self, data):
        pass

    load, save = _load, _save

    def _describe(self):
        return {}
"""


@pytest.fixture
def service() -> Iterator[StandIn]:
    with standin(durations={"make_model": 600}) as service:
        yield service


def begun(project, service, *words):
    """Apply a run whose second job runs on; it has begun to save its output when this returns."""
    if not (project / "plan.yaml").exists():
        assert kedro_batch("compile", "-q", "-o", "plan.yaml", cwd=project).code == 0
    command = words or ("apply", "plan.yaml", "--run-id", "r")
    assert on(service, *command, "--detach", "-q", cwd=project).code == 0
    wait_until(lambda: states(service).get("make_model") == "RUNNING")
    version = version_of(project, "r")
    save(project, "clean", version)
    save(project, "model", version, "[")
    return version


def test_cancel_removes_what_jobs_had_begun_under_this_version_and_nothing_else(tmp_path, service):
    project = write_versioned_project(tmp_path / "p", settings="print('hello from the settings')\n")
    version = begun(project, service)
    for one in (OLDER, NEWER):
        save(project, "model", one)
    ended = on(service, "cancel", "r", "--json", cwd=project)
    assert ended.code == 0, ended.err
    assert {"event", "run"} <= ended.events[-1].keys()
    assert ended.err == "hello from the settings\n"  # standard output is that of events, standard error that of errors
    assert saved(project) == {f"clean/{version}", f"model/{OLDER}", f"model/{NEWER}"}
    assert not (project / "data/model.json" / version).exists()
    again = on(service, "cancel", "r", cwd=project)
    assert again.code == 0
    assert "Removed" not in again.err


def test_cancel_without_a_journal_finds_the_version_in_the_jobs(tmp_path, service):
    project = write_versioned_project(tmp_path / "p")
    version = begun(project, service)
    (project / JOURNAL).unlink()
    ended = on(service, "cancel", "r", "--plan", "plan.yaml", cwd=project)
    assert ended.code == 0, ended.err
    assert saved(project) == {f"clean/{version}"}


def test_cancel_outside_of_the_project_says_what_may_be_left_and_the_command_that_removes_it(tmp_path, service):
    project = write_versioned_project(tmp_path / "p")
    version = begun(project, service)
    ended = on(service, "cancel", "r", "--journal", str(project / JOURNAL), "-q", cwd=tmp_path)
    assert ended.code == 0
    assert "Note: the run is cancelled, and what its jobs had begun to save may be left" in ended.err
    assert f"model/{version}" in saved(project)
    command = shlex.split(ended.err.rstrip().rpartition("in the folder of the project: ")[2])
    assert command[:2] == ["kedro-batch", "versions"]
    assert on(service, *command[1:], cwd=project).code == 0
    assert saved(project) == {f"clean/{version}"}


def test_cancel_succeeds_where_the_project_is_broken_or_the_storage_refuses(tmp_path, service):
    catalog = versioned_catalog(model=entry("model", "versioned: true", type_="a_project.slow.Slow"))
    project = write_versioned_project(tmp_path / "p", catalog=catalog, slow=SLOW)
    version = begun(project, service)
    (project / "data/how").write_text("denied")
    ended = on(service, "cancel", "r", cwd=project)
    assert ended.code == 0
    assert "model: PermissionError: Access Denied. Remove by hand: data/model.json" in ended.err
    settings = project / "src/a_project/settings.py"
    settings.write_text("import nothing_like_it\n")
    broken = on(service, "cancel", "r", cwd=project)
    assert broken.code == 0
    assert "No module named 'nothing_like_it'" in broken.err
    settings.write_text("")
    (project / "data/how").unlink()
    assert f"model/{version}" in saved(project)
    assert on(service, "cancel", "r", cwd=project).code == 0
    assert saved(project) == {f"clean/{version}"}


def test_ctrl_c_while_it_removes_ends_it_and_a_second_cancel_removes_the_rest(tmp_path, service):
    catalog = versioned_catalog(model=entry("model", "versioned: true", type_="a_project.slow.Slow"))
    project = write_versioned_project(tmp_path / "p", catalog=catalog, slow=SLOW)
    version = begun(project, service)
    os.mkfifo(project / "data/fifo")
    (project / "data/how").write_text("wait")
    with started("cancel", "r", cwd=project, service=service) as process:
        wait_until((project / "data/removing").exists, process)
        ended = interrupted(process, signal.SIGINT)
    assert ended.code == 130
    assert "run r cancelled after" in ended.text
    assert "Stopped by SIGINT" in ended.err
    assert "Traceback" not in ended.err
    (project / "data/how").unlink()
    assert on(service, "cancel", "r", cwd=project).code == 0
    assert saved(project) == {f"clean/{version}"}


def test_what_an_earlier_submission_completed_stays_if_the_later_one_had_not_started(tmp_path, service):
    project = write_versioned_project(tmp_path / "p")
    service.configure(durations={})
    assert kedro_batch("compile", "-q", "-o", "plan.yaml", cwd=project).code == 0
    assert on(service, "apply", "plan.yaml", "--run-id", "r", "-q", cwd=project).code == 0
    service.configure(durations={"make_model": 600})
    version = begun(project, service, "resume", "r", "--from", "make_model")
    save(project, "score", version)
    ended = on(service, "cancel", "r", cwd=project)
    assert ended.code == 0
    assert saved(project) == {f"clean/{version}", f"score/{version}"}
    assert "Left the outputs of make_score, make_report, which may be complete" in ended.err


def resumed_unseen(project, service, *words, fail=None):
    """Let a whole run end while nobody looks, and resume it from its second job, which has not started when it returns.

    Returns:
        Its version.
    """
    service.configure(durations={"make_clean": 600}, fail=fail or {})
    assert kedro_batch("compile", "-q", "-o", "plan.yaml", cwd=project).code == 0
    assert on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", "-q", cwd=project).code == 0
    wait_until(lambda: states(service)["make_clean"] == "RUNNING")
    service.finish("make_clean")
    last = "make_model" if fail else "make_report"
    wait_until(lambda: states(service)[last] in ("SUCCEEDED", "FAILED"))
    version = version_of(project, "r")
    for name in ("clean", "model", "score"):
        save(project, name, version)
    service.configure(slots=0, fail={})
    words = words or ("resume", "r", "--from", "make_model")
    assert on(service, *words, "--detach", "-q", cwd=project).code == 0
    assert service.jobs()["make_model"]["status"] == "RUNNABLE"
    return version


COMPLETE = ("clean", "model", "score")


def test_what_succeeded_while_nobody_looked_stays_if_the_later_submission_had_not_started(tmp_path, service):
    project = write_versioned_project(tmp_path / "p")
    version = resumed_unseen(project, service)
    with read_journal(project / JOURNAL) as book:
        assert not book.earlier_failures(RunId("r"))
        events = [one for one in book.events(RunId("r")) if one.get("job") == "make_model"]
    assert (1, "SUCCEEDED") in [(one["submission"], one.get("after")) for one in events]
    ended = on(service, "cancel", "r", cwd=project)
    assert ended.code == 0, ended.err
    assert saved(project) == {f"{name}/{version}" for name in COMPLETE}
    assert "Left the outputs of make_model, make_score, make_report, which may be complete" in ended.err
    again = on(service, "versions", "r", "--remove-partial", cwd=project)
    assert again.code == 0, again.err
    assert saved(project) == {f"{name}/{version}" for name in COMPLETE}


@pytest.mark.parametrize("here", ["no journal", "a journal that has not seen the end"])
def test_what_an_earlier_submission_may_have_completed_stays_where_the_journal_does_not_know(tmp_path, service, here):
    """Another machine has resumed the run."""
    project = write_versioned_project(tmp_path / "p")
    elsewhere = ("--plan", "plan.yaml", "--journal", "elsewhere/journal.db")
    version = resumed_unseen(project, service, "resume", "r", "--from", "make_model", *elsewhere)
    if here == "no journal":
        (project / JOURNAL).unlink()
    ended = on(service, "cancel", "r", "--plan", "plan.yaml", cwd=project)
    assert ended.code == 0, ended.err
    assert saved(project) == {f"{name}/{version}" for name in COMPLETE}
    assert "Left the outputs of make_model, make_score, make_report, which may be complete" in ended.err
    assert on(service, "versions", "r", "--remove-partial", cwd=project).code == 0
    assert saved(project) == {f"{name}/{version}" for name in COMPLETE}


def test_what_earlier_submissions_that_failed_unseen_have_left_is_removed(tmp_path, service):
    project = write_versioned_project(tmp_path / "p")
    version = resumed_unseen(project, service, fail={"make_model": 1})
    ended = on(service, "cancel", "r", cwd=project)
    assert ended.code == 0, ended.err
    assert "Left the outputs" not in ended.err
    assert f"model/{version}" not in saved(project)
    assert f"clean/{version}" in saved(project)


@pytest.mark.parametrize("known", [True, False])
def test_what_one_of_two_jobs_of_a_node_has_completed_stays_if_the_other_one_is_ended(tmp_path, service, known):
    """Another process has submitted a job a second time; Kedro lets it save nothing where the first one has saved."""
    project = write_versioned_project(tmp_path / "p")
    service.configure(durations={})
    assert kedro_batch("compile", "-q", "-o", "plan.yaml", cwd=project).code == 0
    assert on(service, "apply", "plan.yaml", "--run-id", "r", "-q", cwd=project).code == 0
    version = version_of(project, "r")
    save(project, "model", version)
    service.configure(durations={"make_model": 600})
    (request,) = [one for one in service.asked("submitjob") if one["jobName"] == "r_make_model_1"]
    service.client().submit_job(**request)
    wait_until(lambda: states(service)["make_model"] == "RUNNING")
    if not known:
        (project / JOURNAL).unlink()
    ended = on(service, "cancel", "r", "--plan", "plan.yaml", cwd=project)
    assert ended.code == 0, ended.err
    assert states(service)["make_model"] == "FAILED"
    assert saved(project) == {f"model/{version}"}


def test_what_another_job_completed_in_the_same_place_stays(tmp_path, service):
    """Kedro refuses to save the second name, and leaves what the first job saved: it is complete."""
    place = tmp_path / "p" / "other" / ".." / "data" / "clean.json"
    model = f"model:\n  type: json.JSONDataset\n  filepath: {place}\n  versioned: true\n"
    project = write_versioned_project(tmp_path / "p", catalog=versioned_catalog(model=model))
    (project / "other").mkdir()
    version = begun(project, service)
    ended = on(service, "cancel", "r", cwd=project)
    assert ended.code == 0, ended.err
    assert f"clean/{version}" in saved(project)
    assert "Removed" not in ended.err
    assert "Left the outputs of make_model, which may be complete" in ended.err
    assert "another job saves in the same place" in ended.err


def test_cancel_does_not_load_the_project_where_nothing_can_be_torn(tmp_path, service):
    broken = "raise RuntimeError('loaded')\n"
    project = write_versioned_project(tmp_path / "p")
    begun(project, service)
    (project / "conf/base/catalog.yml").write_text(entry("clean") + entry("model"))
    (project / "src/a_project/settings.py").write_text(broken)
    ended = on(service, "cancel", "r", cwd=project)
    assert (ended.code, "loaded" in ended.err) == (0, False), ended.err
    # Versioned, and no job has started.
    (project / "conf/base/catalog.yml").write_text(versioned_catalog())
    service.configure(slots=0)
    assert on(service, "apply", "plan.yaml", "--run-id", "s", "--detach", "-q", cwd=project).code == 0
    ended = on(service, "cancel", "s", cwd=project)
    assert (ended.code, "loaded" in ended.err) == (0, False), ended.err
    assert "loaded" in on(service, "cancel", "r", cwd=project).err


@pytest.mark.parametrize("where", ["another folder", "a link in conf"])
def test_cancel_finds_versioned_datasets_that_a_file_outside_of_conf_names(tmp_path, service, where):
    project = write_versioned_project(tmp_path / "p")
    options = project / "conf"
    words = ("--conf-source", "other_conf") if where == "another folder" else ()
    if words:
        shutil.copytree(options, project / "other_conf")
    else:
        (options / "base").rename(project / "shared")
        (options / "base").symlink_to(project / "shared")
    assert kedro_batch("compile", "-q", "-o", "plan.yaml", *words, cwd=project).code == 0
    if words:
        (options / "base" / "catalog.yml").write_text(entry("clean"))
    version = begun(project, service)
    ended = on(service, "cancel", "r", cwd=project)
    assert ended.code == 0, ended.err
    assert "Removed 1 output" in ended.err
    assert saved(project) == {f"clean/{version}"}
